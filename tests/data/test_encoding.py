"""One-hot and medians, by the rows to train on alone: as scikit-learn has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from tinygrad_scalar.data.encoding import Encoding

NUMBERS = st.one_of(st.just(np.nan), st.floats(-1e300, 1e300))
COLOURS = ("blue", "green", "red")
nan = np.nan


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=9), st.lists(NUMBERS, min_size=1, max_size=5))
def test_numbers_are_scikit_learns_simple_imputer_with_an_indicator(train, new):
    train, new = np.array(train)[:, None], np.array(new)[:, None]
    if np.isnan(train).all():
        with pytest.raises(ValueError, match=r"column 1 has no number in the \d rows to train on"):
            Encoding.of(train)
        return
    theirs = SimpleImputer(strategy="median", add_indicator=True).fit(train)
    ours = Encoding.of(train)
    for X in (train, new):
        np.testing.assert_array_equal(ours(X), theirs.transform(X))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([nan, 0.0, 1.0, 2.0]), min_size=1, max_size=9),
    st.lists(st.sampled_from([nan, 0.0, 1.0, 2.0]), min_size=1, max_size=9),
)
def test_texts_are_scikit_learns_one_hot_encoder_with_a_gap_as_one_of_them(train, new):
    def texts(column):
        return np.array([["~ missing" if np.isnan(k) else COLOURS[int(k)]] for k in column])

    if np.isnan(train).all():
        with pytest.raises(ValueError, match=r"column 1 has no text in the \d rows to train on"):
            Encoding.of(np.array(train)[:, None], (COLOURS,))
        return
    theirs = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(texts(train))
    encoding = Encoding.of(np.array(train)[:, None], (COLOURS,))
    for column in (train, new):
        ours = encoding(encoding.recoded(np.array(column)[:, None], (COLOURS,)))
        np.testing.assert_array_equal(ours, theirs.transform(texts(column)))


def test_a_column_of_several_kinds_keeps_its_parts_together_and_names_them():
    X = np.array([[1.0, 2.0, nan], [nan, 0.0, 5.0], [3.0, nan, 7.0]])
    encoding = Encoding.of(X, ((), COLOURS, ()))
    assert encoding.levels == ((), ("blue", "red"), ())
    assert encoding.names(("a", "b", "c")) == ("a", "a missing", "b = blue", "b = red", "b missing", "c", "c missing")
    assert sum(encoding.widths) == 7
    ours = encoding(encoding.recoded(X, ((), COLOURS, ())))
    assert ours.tolist() == [[1, 0, 0, 1, 0, 6, 1], [2, 1, 1, 0, 0, 5, 0], [3, 0, 0, 0, 1, 7, 0]]


def test_numbers_without_gaps_stay_the_same_array():
    X = np.random.default_rng(0).normal(size=(5, 3))
    encoding = Encoding.of(X)
    assert encoding(X) is X
    assert (encoding.levels, encoding.names(())) == (((), (), ()), ())


def test_a_text_unknown_to_the_rows_to_train_on_is_all_zeros_and_counted():
    encoding = Encoding.of(np.array([[0.0], [2.0]]), (COLOURS,))
    X = encoding.recoded(np.array([[1.0], [2.0], [nan]]), (("red", "pink", "blue"),))
    assert encoding(X).tolist() == [[0, 0], [1, 0], [0, 0]]
    assert encoding.notes(X, ("colour",)) == [
        "missing cells: colour 1 (0 for each of its texts)",
        "texts that no row to train on has, so 0 for each that one has: colour 1",
    ]


def test_the_summary_says_what_became_of_the_columns():
    X = np.array([[1.0, 0.0], [nan, 1.0], [3.0, 0.0]])
    assert Encoding.of(X, ((), ("no way", "way"))).summary(X, ("age", "way")) == [
        "one-hot: way (2 texts)",
        "missing cells: age 1 (now the median, 2)",
        "an input more, that is 1 where a cell is missing, for each of: age",
    ]


def test_what_does_not_fit_is_refused():
    plain = Encoding.plain(2)
    with pytest.raises(ValueError, match=r"takes 2 columns, got shape \(1, 3\)"):
        plain(np.ones((1, 3)))
    with pytest.raises(ValueError, match="row 2 has no number in column 1, and the model does not know the median"):
        plain(np.array([[1.0, 2.0], [nan, 2.0]]))
    with pytest.raises(ValueError, match="column 1 holds texts, the model was trained with numbers there"):
        plain.recoded(np.zeros((1, 2)), (("a",), ()))


def test_the_median_of_the_largest_numbers_does_not_overflow():
    assert Encoding.of(np.array([[1.7e308], [1.6e308]]))(np.array([[nan]]))[0, 0] == pytest.approx(1.65e308, rel=1e-15)
