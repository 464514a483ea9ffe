"""From a data set to a tested model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, r2_score

from tinygrad_scalar.checking import compare_gradients
from tinygrad_scalar.cli.reports import verdict
from tinygrad_scalar.data import DATA_SETS, DataSet, Standardisation, diabetes, iris, moons
from tinygrad_scalar.optimizers import OPTIMIZERS, Momentum
from tinygrad_scalar.training import DivergenceError
from tinygrad_scalar.training.lessons import RECIPES, Recipe, learn, prepare

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_set_can_be_learned_and_its_routes_agree_first(name):
    lesson = prepare(DATA_SETS[name](), Recipe(epochs=2), rng=0)
    assert lesson.agreement().agree
    history = learn(lesson, progress=False)
    assert history.E[-1] < history.E[0]
    assert len(history) == 2


def test_the_training_rows_alone_decide_the_normalisation_and_the_held_out_ones_alone_the_score():
    data = diabetes()
    lesson = prepare(data, rng=3)
    assert sorted([*lesson.rows, *lesson.held_out]) == list(range(442))
    expected = Standardisation.of(data.X[lesson.rows])
    assert np.array_equal(lesson.model.standardisation.mean, expected.mean)
    np.testing.assert_allclose(lesson.Y[lesson.rows].mean(), 0.0, atol=1e-14)
    np.testing.assert_allclose(lesson.Y[lesson.rows].std(), 1.0, rtol=1e-14)
    learn(lesson, progress=False)
    answers = lesson.model.answers(lesson.model.outputs(data.X[lesson.held_out]))
    assert lesson.score() == pytest.approx(r2_score(data.targets[lesson.held_out], answers), rel=1e-12)


def test_a_regression_without_hidden_layers_is_least_squares():
    X = RNG.normal(3.0, [1.0, 10.0, 0.1], size=(80, 3))
    data = DataSet("plane", X, X @ [2.0, -0.3, 40.0] + 1000.0 + RNG.normal(size=80))
    lesson = prepare(data, Recipe(hidden=(), epochs=1500, batch_size=60, learning_rate=0.1, l2=0.0), rng=0)
    learn(lesson, progress=False)
    exact = LinearRegression().fit(X[lesson.rows], data.targets[lesson.rows]).predict(X)
    np.testing.assert_allclose(lesson.model.answers(lesson.model.outputs(X)), exact, rtol=1e-10)


def test_a_classification_without_hidden_layers_is_logistic_regression_with_the_same_weights():
    data = moons(300, rng=1)
    rare = np.r_[np.arange(150), np.arange(150, 180)]
    data = DataSet("moons", data.X[rare], data.targets[rare], data.classes)
    for balance in (False, True):
        recipe = Recipe(hidden=(), epochs=3000, batch_size=10_000, learning_rate=0.5, l2=1.0)
        lesson = prepare(data, recipe, balance=balance, rng=0)
        learn(lesson, progress=False)
        # theirs is C Σ s ℒ + ½‖w‖² with a weight per class for two classes: the softmax of ours with w_1 = −w_0 = w/2
        theirs = LogisticRegression(C=2.0, tol=1e-12, max_iter=10_000, class_weight="balanced" if balance else None)
        theirs.fit(lesson.X[lesson.rows], data.labels[lesson.rows])
        np.testing.assert_allclose(lesson.model.outputs(data.X), theirs.predict_proba(lesson.X), atol=1e-6)


def test_balancing_finds_more_of_a_rare_class_and_its_gradients_agree_too():
    data = moons(2000, noise=0.5, rng=0)
    rows = np.r_[np.arange(1000), np.arange(1000, 1060)]
    data = DataSet("rare moons", data.X[rows], data.targets[rows], data.classes)
    found = []
    for balance in (False, True):
        lesson = prepare(data, balance=balance, rng=0)
        assert lesson.agreement().agree
        learn(lesson, progress=False)
        found.append(balanced_accuracy_score(data.labels[lesson.held_out], lesson.answers()))
    assert found[1] > found[0] + 0.1


def test_the_agreement_is_that_of_the_weighted_gradients():
    lesson = prepare(DATA_SETS["breast-cancer"](), balance=True, rng=0)
    ours = lesson.agreement(5)
    rows = lesson.rows[:5]
    weighted = compare_gradients(
        lesson.model.network, lesson.X[rows], lesson.Y[rows], "cross_entropy", ("scalar", "replay", "matrix"),
        l2=lesson.recipe.l2, sample_weight=lesson.sample_weight[:5],
    )  # fmt: skip
    assert np.array_equal(ours.witnesses[0].gradient, weighted.witnesses[0].gradient)
    assert set(np.unique(lesson.sample_weight)) == {427 / (2 * 159), 427 / (2 * 268)}


def test_constant_columns_stay_finite_and_change_nothing():
    data = iris()
    wider = DataSet("wider", np.column_stack([data.X, np.full(150, 0.1), np.zeros(150)]), data.targets, data.classes)
    lesson = prepare(wider, rng=0)
    learn(lesson, progress=False)
    assert lesson.score() > 0.9
    assert np.isfinite(lesson.model.network.theta).all()
    assert (lesson.X[:, 4:] == 0.0).all()


def test_the_score_of_classes_is_the_accuracy_and_the_seed_decides_everything():
    lessons = [prepare(iris(), rng=seed) for seed in (5, 5, 6)]
    for lesson in lessons:
        learn(lesson, progress=False)
        assert lesson.score() == accuracy_score(lesson.data.labels[lesson.held_out], lesson.answers())
    one, same, other = (lesson.model.network.theta for lesson in lessons)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_recipe_is_the_sets_own_if_none_is_given():
    assert prepare(moons(), rng=0).recipe == RECIPES["moons"].but(batch_size=32)
    assert prepare(iris(), rng=0).recipe == Recipe(batch_size=32)


def test_many_rows_are_learned_in_batches_of_which_an_epoch_has_300():
    rng = np.random.default_rng(0)
    data = DataSet("many", rng.normal(size=(16_000, 2)), rng.integers(2, size=16_000), ("a", "b"))
    lesson = prepare(data, rng=0)
    assert (len(lesson.rows), lesson.recipe.batch_size) == (12_000, 40)
    assert prepare(data, Recipe(batch_size=32), rng=0).recipe.batch_size == 32
    assert prepare(data, Recipe(optimizer="rprop"), rng=0).recipe.batch_size is None


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_recipe_gives_an_optimizer_what_it_takes_as_it_is_and_refuses_the_rest(name):
    """A rate of 0.01 is a rate of 0.01; without one it is the optimiser's own, also after another optimiser's."""
    takes, own = OPTIMIZERS[name].takes, OPTIMIZERS[name].make()
    for setting, value in {"learning_rate": 0.01, "momentum": 0.5, "batch_size": 7}.items():
        if setting not in takes:
            with pytest.raises(ValueError, match=f"{name} takes no {setting}.*; that is for .*momentum"):
                Recipe(optimizer=name, **{setting: value})
            continue
        recipe = Recipe(optimizer=name, **{setting: value})
        assert getattr(recipe, setting) == value
        assert setting == "batch_size" or getattr(recipe.make_optimizer(), setting) == value
    recipe = Recipe(learning_rate=0.3, momentum=0.2, l2=3.0).but(optimizer=name)
    assert repr(recipe.make_optimizer()) == repr(own if name != "momentum" else Momentum(0.3, 0.2))
    assert recipe.l2 == 3.0
    assert recipe.for_rows(100).batch_size == (32 if "batch_size" in takes else None)
    assert recipe.but(l2=1.0) == Recipe(optimizer=name, learning_rate=recipe.learning_rate, momentum=recipe.momentum)


def test_an_unknown_optimizer_is_refused_with_the_names_of_all():
    with pytest.raises(
        ValueError,
        match="unknown optimizer 'sgd'; did you mean gradient-descent. There are gradient-descent, momentum, nesterov",
    ):
        Recipe(optimizer="sgd")


NUMBERS = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([0.0, 1.0, 1e308, -1e308, 5e-324, 1e-200, 1e200]))


@settings(deadline=None)
@given(npst.arrays(np.float64, st.tuples(st.integers(4, 12), st.integers(1, 3)), elements=NUMBERS), st.booleans())
def test_numbers_of_any_size_are_learned_or_refused_with_the_reason(X, classes):
    data = DataSet("any", X, np.arange(len(X)) % 2, ("a", "b")) if classes else DataSet("any", X, X[:, 0])
    try:
        lesson = prepare(data, Recipe(hidden=(2,), epochs=2), rng=0)
        learn(lesson, progress=False)
        verdict(lesson)
    except (ValueError, DivergenceError) as error:
        reason = str(error)
    else:
        reason = ""
    assert np.isfinite(lesson.model.network.theta).all() if not reason else "finite" in reason


def test_numbers_have_no_classes_to_balance():
    with pytest.raises(ValueError, match="diabetes is a regression: it has no classes to balance"):
        prepare(diabetes(), balance=True)
