"""Stop a training anywhere, go on, and nothing tells that it was stopped."""

import functools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tinygrad_scalar import MLP
from tinygrad_scalar import optimizers as all_optimizers
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.optimizers import (
    IDBD,
    Adam,
    AdamW,
    Clipped,
    GradientDescent,
    LevenbergMarquardt,
    Momentum,
    Newton,
    OnlineLBFGS,
    RMSProp,
    RProp,
    SciPy,
    cosine,
)
from tinygrad_scalar.training import Checkpoint, History, fingerprints, fit

ROOT = Path(__file__).parent.parent.parent
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(22, 3)), np.eye(2)[RNG.integers(2, size=22)]
OPTIMIZERS = {
    "GradientDescent": (lambda: GradientDescent(0.3), 5),
    "Momentum": (lambda: Momentum(0.1, 0.9, nesterov=True), 5),
    "a schedule": (lambda: Momentum(cosine(0.1, 40), 0.9), 5),
    "RMSProp": (RMSProp, 5),
    "Adam": (Adam, 5),
    "AdamW": (AdamW, 5),
    "Clipped": (lambda: Clipped(Adam(0.1), 0.01), 5),
    "RProp": (RProp, None),
    "OnlineLBFGS": (OnlineLBFGS, 5),
    "IDBD": (IDBD, 5),
    "Newton": (Newton, None),
    "LevenbergMarquardt": (LevenbergMarquardt, None),
}
SQUARES = {"LevenbergMarquardt": {"loss": "half_squared_error"}}  # it needs residuals


def train(path=None, epochs=8, optimizer="Momentum", resume=True, every=1, **how):
    """θ and the history of a training, with a checkpoint if there is a path."""
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    make, batch_size = OPTIMIZERS[optimizer]
    checkpoint = None if path is None else Checkpoint(path, every=every, resume=resume)
    how = {"loss": "cross_entropy", "batch_size": batch_size, "rng": 1, "l2": 0.1} | how
    history = fit(mlp, X, Y, optimizer=make(), epochs=epochs, checkpoint=checkpoint, **how)
    return mlp.theta, history


class Stop(Exception):
    pass


BY_MATRICES_ALONE = {"IDBD", "Newton", "LevenbergMarquardt"}  # the matrix route alone gives what they need


@pytest.mark.parametrize(
    ("route", "optimizer"),
    [("matrix", name) for name in OPTIMIZERS]
    + [("scalar", name) for name in OPTIMIZERS if name not in BY_MATRICES_ALONE],
)
def test_a_training_that_was_stopped_after_some_epochs_goes_on_bit_for_bit(tmp_path, optimizer, route):
    how = {"route": route} | SQUARES.get(optimizer, {})
    whole = train(optimizer=optimizer, epochs=5, **how)
    for epochs in (1, 3, 5):
        resumed = train(tmp_path / "run.npz", epochs, optimizer, **how)
    assert whole[1].E[-1] < whole[1].E[0]
    assert np.array_equal(resumed[0], whole[0])
    assert resumed[1] == whole[1]


def interrupting(after):
    """The history's callback cannot stop inside an epoch, so the objective does: after so many calls."""
    from tinygrad_scalar.objective import Objective

    calls, call = iter(range(after)), Objective.__call__

    def counted(self, theta):
        if next(calls, None) is None:
            raise Stop
        return call(self, theta)

    return counted


@pytest.mark.parametrize("optimizer", ["Momentum", "Adam", "OnlineLBFGS"])
def test_a_training_that_was_stopped_inside_an_epoch_goes_on_bit_for_bit(tmp_path, monkeypatch, optimizer):
    from tinygrad_scalar.objective import Objective

    whole = train(optimizer=optimizer)
    for stop in (2, 5, 9, 14, 23):
        with monkeypatch.context() as patch:
            patch.setattr(Objective, "__call__", interrupting(stop))
            path = tmp_path / f"{stop}.npz"
            mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
            with pytest.raises(Stop):
                fit(mlp, X, Y, optimizer=OPTIMIZERS[optimizer][0](), epochs=8, loss="cross_entropy", batch_size=5, rng=1,
                    l2=0.1, checkpoint=Checkpoint(path, every=None, seconds=1e-9))  # fmt: skip
        resumed = train(path, optimizer=optimizer)
        assert np.array_equal(resumed[0], whole[0])
        assert resumed[1] == whole[1]


def test_with_a_validation_set_the_best_theta_and_patience_survive(tmp_path):
    held_out = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
    whole = train(epochs=60, validation=held_out, patience=5)
    assert len(whole[1]) < 60
    for epochs in (2, 7, 60):
        resumed = train(tmp_path / "run.npz", epochs, validation=held_out, patience=5)
    assert np.array_equal(resumed[0], whole[0])
    assert resumed[1] == whole[1]


def test_a_finished_training_is_not_trained_again(tmp_path):
    first = train(tmp_path / "run.npz", 3)
    again = train(tmp_path / "run.npz", 3)
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    anew = train(tmp_path / "run.npz", 2, resume=False)
    assert len(anew[1]) == 2


def test_checkpoints_come_every_n_epochs_and_at_the_end(tmp_path, monkeypatch):
    from tinygrad_scalar.training.checkpoints import Keeper

    written, write = [], Keeper.write
    monkeypatch.setattr(Keeper, "write", lambda self, run: written.append(len(run.history)) or write(self, run))
    train(tmp_path / "run.npz", 7, every=3)
    assert written == [3, 6, 7]
    train(tmp_path / "run.npz", 9, every=3)
    assert written == [3, 6, 7, 9]  # once, though it is due and the end
    train(tmp_path / "run.npz", 9, every=3)
    assert written == [3, 6, 7, 9]  # nothing was learned


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"batch_size": 4}, "its batch size is 5, here it is 4"),
        ({"l2": 0.2}, r"its penalties is l1=0.0, l2=0.1, here it is l1=0.0, l2=0.2"),
        ({"optimizer": "Adam"}, r"its optimizer is Momentum\(learning_rate=0.1.*, here it is Adam\("),
        ({"route": "scalar"}, "its route is replay, here it is scalar"),
        ({"sample_weight": np.full(22, 0.5)}, "its data is [0-9a-f]+, here it is [0-9a-f]+"),
        ({"validation": (X[:3], Y[:3])}, "its data is"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused_and_changes_nothing(tmp_path, change, says):
    train(tmp_path / "run.npz", 2)
    before = (tmp_path / "run.npz").read_bytes()
    with pytest.raises(ValueError, match=f"is the checkpoint of another training: {says}"):
        train(tmp_path / "run.npz", 4, **change)
    assert (tmp_path / "run.npz").read_bytes() == before


def scaled(k):
    """A loss of one's own, of which only a closed-over number differs."""

    def loss(y, a):
        return sum((a_i - y_i) * (a_i - y_i) for y_i, a_i in zip(y, a, strict=True)) * k

    return loss


def doubled(y, a):
    return scaled(1.0)(y, a) * FACTOR


FACTOR = 2.0


DIFFERENT = {
    "a schedule's code": ({"optimizer": GradientDescent(lambda t: 0.1)}, {"optimizer": GradientDescent(lambda t: 0.2)}),
    "a schedule's default": (
        {"optimizer": GradientDescent(lambda t, eta=0.1: eta)},
        {"optimizer": GradientDescent(lambda t, eta=0.2: eta)},
    ),
    "a long array": (
        {"optimizer": AdamW(0.1, weight_decay=np.zeros(2000))},
        {"optimizer": AdamW(0.1, weight_decay=np.r_[np.zeros(1000), 1.0, np.zeros(999)])},
    ),
    "a loss's closure": ({"loss": scaled(1.0)}, {"loss": scaled(2.0)}),
    "a loss under our name": ({"loss": "half_squared_error"}, {"loss": lambda y, a: scaled(1.0)(y, a)}),
}


@pytest.mark.parametrize("what", DIFFERENT)
def test_settings_that_look_alike_and_differ_are_told_apart(what):
    one, other = ({"optimizer": Momentum(), "loss": "huber"} | how for how in DIFFERENT[what])
    assert [fingerprints.of_setting(one[k]) for k in one] != [fingerprints.of_setting(other[k]) for k in other]


def test_a_resumed_training_with_another_function_or_other_frozen_numbers_is_refused(tmp_path):
    def go(epochs, seed=0, k=1.0, eta=0.1):
        mlp = MLP(3, [4, 2], "tanh", "softmax", rng=seed)
        mlp.freeze(1)
        fit(mlp, X, Y, loss=scaled(k), optimizer=GradientDescent(lambda t: eta), epochs=epochs, batch_size=11, rng=1,
            route="replay", checkpoint=Checkpoint(tmp_path / "run.npz", resume=True))  # fmt: skip
        return mlp.theta

    go(2)
    for change, what in (({"seed": 3}, "frozen layers"), ({"k": 2.0}, "loss"), ({"eta": 0.2}, "optimizer")):
        with pytest.raises(ValueError, match=f"another training: its {what} is"):
            go(4, **change)
    resumed = go(4)  # its functions are made anew, and the same
    (tmp_path / "run.npz").unlink()
    assert np.array_equal(resumed, go(4))


def test_a_function_is_known_by_the_variables_of_its_module_that_it_reads(monkeypatch):
    before = fingerprints.of_setting(doubled)
    assert fingerprints.of_setting(doubled) == before
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert fingerprints.of_setting(doubled) != before


class Falling:
    def __init__(self, eta):
        self.eta = eta

    def __call__(self, t):
        return self.eta / (1 + t)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (GradientDescent(0.1), GradientDescent(np.float64(0.1)), True),
        (GradientDescent(1), GradientDescent(1.0), True),
        (GradientDescent(Falling(0.1)), GradientDescent(Falling(0.1)), True),
        (GradientDescent(Falling(0.1)), GradientDescent(Falling(0.2)), False),
        (GradientDescent(functools.partial(pow, 0.5)), GradientDescent(functools.partial(pow, 0.6)), False),
        (GradientDescent(Falling(0.1).__call__), GradientDescent(Falling(0.2).__call__), False),
        (Clipped(Adam(0.1), 1.0), Clipped(Adam(0.2), 1.0), False),
        (SciPy("CG", options={"gtol": 1e-3}), SciPy("CG", options={"gtol": 1e-4}), False),
        (Momentum(cosine(0.1, 40)), Momentum(cosine(0.1, 40)), True),
        (Momentum(nesterov=True), Momentum(nesterov=np.True_), True),
    ],
)
def test_a_setting_is_what_it_does(one, other, same):
    assert (fingerprints.of_setting(one) == fingerprints.of_setting(other)) is same


def test_fingerprints_are_the_same_in_another_process():
    program = (
        "from tests.training.test_checkpoints import doubled, scaled, OPTIMIZERS\n"
        "from tinygrad_scalar.training import fingerprints\n"
        "print([fingerprints.of_setting(x) for x in (doubled, scaled(2.0), *(m() for m, _ in OPTIMIZERS.values()))])"
    )
    ours = [fingerprints.of_setting(x) for x in (doubled, scaled(2.0), *(m() for m, _ in OPTIMIZERS.values()))]
    theirs = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert theirs.stdout.strip() == str(ours)


def test_a_missing_folder_is_named_before_anything_is_learned(tmp_path):
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    theta = mlp.theta
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere for run\.npz; make it first"):
        fit(mlp, X, Y, loss="cross_entropy", checkpoint=tmp_path / "nowhere" / "run.npz")
    assert np.array_equal(mlp.theta, theta)


def test_a_truncated_foreign_or_damaged_checkpoint_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "run.npz"
    train(path, 2)
    whole = path.read_bytes()
    for n in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match="is no checkpoint"):
            train(path, 4)
    path.write_bytes(whole)
    for change, says in (
        ({"theta": np.zeros(3)}, "it has 3 and 26 parameters"),
        ({"random": np.zeros(3, dtype=np.int64)}, "damaged"),
        ({"optimizer_v": np.zeros((2, 26))}, "the state of Momentum is"),
        ({"optimizer_v": np.zeros(25)}, "it remembers v for 25 parameters, there are 26"),
        ({"theta": np.full(26, np.nan)}, "its parameters are not all finite numbers"),
        ({"order": np.zeros(22, dtype=np.int64)}, "its order is not one of 22 examples"),
        ({"order": np.arange(21)}, "its order is not one of 22 examples"),
        ({"order": np.arange(22), "seen": np.array(23)}, "it has seen 23 of 22 examples in order"),
        ({"seen": np.array(-1)}, "it has seen -1 of 0 examples in order"),
        ({"seen": np.array(1)}, "it has seen 1 of 0 examples in order"),
        ({"walked": np.array(np.nan)}, "it has walked nan, which is no length"),
        ({"history_E": np.zeros(9)}, r"the history of .* has shape \(3,.*\), not \(9,"),
        ({"history_accuracy": np.zeros(0)}, r"the history of accuracy has shape \(0,\), not \(3,\)"),
        ({"settings": np.array("[1, 2]")}, "damaged"),
        ({"settings": np.array("{")}, "damaged"),
        ({"history_foo": np.zeros(2)}, "damaged"),
        ({"format": np.array("tinygrad_scalar model 2")}, "does not say"),
    ):
        with np.load(path) as file:
            arrays = dict(file) | change
        np.savez(tmp_path / "other.npz", **arrays)
        optimizer, rng = Momentum(0.1, 0.9, nesterov=True), random.Random(1)
        mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
        theta, state = mlp.theta, rng.getstate()
        with pytest.raises(ValueError, match=says):
            fit(mlp, X, Y, loss="cross_entropy", optimizer=optimizer, epochs=4, batch_size=5, l2=0.1, rng=rng,
                checkpoint=Checkpoint(tmp_path / "other.npz", resume=True))  # fmt: skip
        assert (optimizer.state, rng.getstate()) == ({}, state)
        assert np.array_equal(mlp.theta, theta)
    with np.load(path) as file:
        arrays = {name: array for name, array in file.items() if name != "theta"}
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(ValueError, match="damaged checkpoint: it has no 'theta'"):
        train(tmp_path / "other.npz", 4)


CHILD = """
import sys
import numpy as np
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.optimizers import Adam
from tinygrad_scalar.training import Checkpoint, fit

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(400, 20)), np.eye(3)[rng.integers(3, size=400)]
network = MatrixMLP([rng.normal(size=(30, 20)), rng.normal(size=(3, 30))], [np.zeros(30), np.zeros(3)], ["tanh", "softmax"])
checkpoint = Checkpoint(sys.argv[1], every=1, seconds=0.003, resume=True)


def wait(history):  # after each epoch, until the parent says go
    print(len(history), flush=True)
    sys.stdin.readline()


history = fit(network, X, Y, loss="cross_entropy", optimizer=Adam(), epochs=60, batch_size=16, checkpoint=checkpoint,
              callbacks=[wait], rng=1)
np.save(sys.argv[2], network.theta)
"""


def start(tmp_path, name):
    command = [sys.executable, "-c", CHILD, str(tmp_path / f"{name}.npz"), str(tmp_path / f"{name}.npy")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def kill_and_resume(tmp_path, times):
    """Kill a training `times` times in the middle of an epoch, resume it each time, and compare with one that ran
    through.
    """
    out, err = start(tmp_path, "whole").communicate("\n" * 60)
    assert out.split()[-1:] == ["60"], err
    rng, epoch = random.Random(0), 0
    for _ in range(times):
        run, last = start(tmp_path, "killed"), epoch + rng.randint(1, 2)
        while epoch < last:
            epoch = int(run.stdout.readline())
            run.stdin.write("\n")
            run.stdin.flush()
        time.sleep(rng.uniform(0.0, 0.01))  # it is somewhere in the next epoch, and cannot come further
        run.send_signal(signal.SIGKILL)
        run.communicate()
        epoch = last
    out, err = start(tmp_path, "killed").communicate("\n" * 60)
    assert out.split()[-1:] == ["60"], err
    assert int(out.split()[0]) > 1  # it went on, and did not begin again
    assert np.array_equal(np.load(tmp_path / "killed.npy"), np.load(tmp_path / "whole.npy"))


def test_a_training_killed_at_random_moments_ends_at_the_same_theta(tmp_path):
    kill_and_resume(tmp_path, 3)


@pytest.mark.slow
def test_a_training_killed_twenty_times_ends_at_the_same_theta(tmp_path):
    kill_and_resume(tmp_path, 20)


@pytest.fixture
def ctrl_c():
    """Ctrl-C as Python hears it, also where the tests were started in the background and it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_death_in_the_middle_of_writing_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    whole = train()
    train(tmp_path / "run.npz", 3)
    before = (tmp_path / "run.npz").read_bytes()

    def half(file, **arrays):
        file.write(before[: len(before) // 2])
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", half)
        with pytest.raises(Stop):
            train(tmp_path / "run.npz", 5)
    assert (tmp_path / "run.npz").read_bytes() == before
    resumed = train(tmp_path / "run.npz")
    assert np.array_equal(resumed[0], whole[0])


def test_ctrl_c_finishes_the_step_saves_and_says_where(tmp_path, ctrl_c):
    whole, path = train(epochs=6), tmp_path / "run.npz"

    def press(history):
        if len(history) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match=r"stopped after 2 epochs and 5 examples; the checkpoint is .*run\.npz"):
        train(path, 6, every=None, callbacks=[press])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    resumed = train(path, 6)
    assert np.array_equal(resumed[0], whole[0])
    assert resumed[1] == whole[1]


@pytest.mark.parametrize("optimizer", [Momentum(), SciPy("L-BFGS-B")])
@pytest.mark.parametrize("more", [lambda h: None, lambda h: True])
def test_ctrl_c_in_the_last_epoch_is_heard(ctrl_c, optimizer, more):
    def press(history):
        os.kill(os.getpid(), signal.SIGINT)
        return more(history)

    with pytest.raises(KeyboardInterrupt, match="stopped after 1 epoch and 0 examples"):
        fit(MLP(3, [4, 2], "tanh", "softmax", rng=0), X, Y, loss="cross_entropy", optimizer=optimizer, epochs=1,
            batch_size=None, callbacks=[press])  # fmt: skip


def test_ctrl_c_without_a_checkpoint_keeps_what_was_learned(ctrl_c):
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    start = mlp.theta
    with pytest.raises(KeyboardInterrupt, match="stopped after 1 epoch and 22 examples"):
        fit(mlp, X, Y, loss="cross_entropy", batch_size=None, rng=0,
            callbacks=[lambda history: os.kill(os.getpid(), signal.SIGINT) if len(history) == 1 else None])  # fmt: skip
    assert not np.array_equal(mlp.theta, start)


def test_a_callback_that_says_true_ends_the_training():
    seen = []
    _, history = train(callbacks=[lambda h: seen.append(len(h)), lambda h: len(h) == 3])
    assert len(history) == 3
    assert len(train(callbacks=[lambda h: np.float64(len(h)) == 3])[1]) == 3  # NumPy's True
    assert len(train(callbacks=[lambda h: 1])[1]) == 8  # a number is no answer
    assert seen == [1, 2, 3]


def test_patience_stops_early_and_keeps_the_best():
    held_out = RNG.normal(size=(6, 3)), np.eye(2)[RNG.integers(2, size=6)]
    _, history = train(epochs=500, validation=held_out, patience=3)
    assert len(history) < 500
    assert len(history) - int(np.argmin(history.validation_E)) == 3
    with pytest.raises(ValueError, match="patience counts epochs on a validation set, and there is none"):
        train(patience=3)


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "CG"])
def test_a_scipy_method_is_one_minimisation_with_history_callbacks_and_checkpoints(tmp_path, method):
    import scipy.optimize

    from tinygrad_scalar.objective import Objective

    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    objective = Objective(mlp, X, Y, "cross_entropy", l2=0.1)
    expected = scipy.optimize.minimize(objective, mlp.theta, jac=True, method=method, options={"maxiter": 12})
    history = fit(mlp, X, Y, loss="cross_entropy", l2=0.1, optimizer=SciPy(method), epochs=12, batch_size=None,
                  checkpoint=tmp_path / "run.npz")  # fmt: skip
    np.testing.assert_allclose(mlp.theta, expected.x, rtol=1e-12)
    assert len(history) == 12
    assert history.E[-1] == pytest.approx(expected.fun, rel=1e-12)
    with pytest.warns(UserWarning, match=f"{method} goes on from θ with a fresh memory"):
        more = fit(MLP(3, [4, 2], "tanh", "softmax", rng=0), X, Y, loss="cross_entropy", l2=0.1, optimizer=SciPy(method),
                   epochs=15, batch_size=None, checkpoint=Checkpoint(tmp_path / "run.npz", resume=True))  # fmt: skip
    assert len(more) == 15
    assert more.E[:13] == history.E
    with pytest.raises(ValueError, match="needs all examples at once; write batch_size=None"):
        fit(mlp, X, Y, loss="cross_entropy", optimizer=SciPy(method), batch_size=5)


def test_gradient_norms_by_layer_are_those_of_the_gradient():
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    mlp.freeze(1)
    history = fit(mlp, X, Y, loss="cross_entropy", epochs=2, rng=0)
    assert [norms[0] for norms in history.gradient_norms] == [0.0, 0.0, 0.0]
    _, dW, db = MatrixMLP.from_scalar(mlp).gradients(X.T, Y.T, "cross_entropy")
    assert history.gradient_norms[-1][1] == pytest.approx(np.sqrt((dW[2] ** 2).sum() + (db[2] ** 2).sum()), rel=1e-12)
    assert history.arrays()["gradient_norms"].shape == (3, 2)
    assert History.of_arrays(history.arrays()) == history


def test_step_sizes_are_the_mean_length_of_the_steps():
    mlp = MLP(3, [4, 2], "tanh", "softmax", rng=0)
    before = mlp.theta
    history = fit(mlp, X, Y, loss="cross_entropy", optimizer=GradientDescent(0.1), epochs=1, batch_size=None)
    assert history.step_sizes == [0.0, pytest.approx(np.linalg.norm(mlp.theta - before), rel=1e-12)]


def test_every_optimiser_of_ours_is_resumed_here():
    ours = {name for name in all_optimizers.__all__ if name[0].isupper()}
    tested = {type(make()).__name__ for make, _ in OPTIMIZERS.values()}
    assert ours - {"OPTIMIZERS", "Array", "Optimizer", "State", "Rate", "Schedule", "SciPy"} <= tested


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"every": 0}, "every is a whole number from 1, not 0"),
        ({"seconds": 0.0}, "seconds is a positive number, not 0.0"),
    ],
)
def test_senseless_checkpoints_are_refused(how, says):
    with pytest.raises(ValueError, match=says):
        Checkpoint("run.npz", **how)
