"""Names at hand: what tab completion shows, what help can be read, and what other names for a thing lead to it."""

import ast
import importlib
import inspect
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tinygrad_scalar
from tinygrad_scalar import MLP, drawing, losses, optimizers, training
from tinygrad_scalar.arguments import kindly
from tinygrad_scalar.matrix import MatrixMLP
from tinygrad_scalar.objective import Objective
from tinygrad_scalar.training import fit, predict

ROOT = tinygrad_scalar
HERE = Path(tinygrad_scalar.__path__[0])
FILES = [path.relative_to(HERE.parent).with_suffix("") for path in HERE.rglob("*.py") if path.stem != "__main__"]
MODULES = sorted(".".join(path.parts).removesuffix(".__init__") for path in FILES)
FOLDERS = sorted({".".join(path.parent.parts) for path in FILES} - {*MODULES})  # without a face


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_what_it_defines_and_nothing_that_it_imports(name):
    module = importlib.import_module(name)
    shown = dir(module)
    assert not [word for word in shown if word.startswith("_")]
    assert {"np", "Any", "sys"}.isdisjoint(shown)
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert node.name in shown
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "__all__" not in vars(module):
            taken = {alias.asname or alias.name for alias in node.names}
            assert not taken & set(shown) or name.endswith(".value")  # whose rows are functions of its own names
    for word in shown:
        thing = getattr(module, word)
        assert not isinstance(thing, ModuleType) or thing.__name__ == f"{name}.{word}"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_without_a_face_shows_its_modules_and_has_no_other_names(name):
    inside = [module for module in MODULES if module.rpartition(".")[0] == name]
    for module in inside:
        importlib.import_module(module)
    assert dir(importlib.import_module(name)) == sorted(module.rpartition(".")[2] for module in inside)
    with pytest.raises(ImportError, match="cannot import name 'pink'"):
        exec(f"from {name} import pink")


def test_a_package_shows_its_face_and_the_modules_in_it_that_are_loaded():
    assert {"fit", "predict", "models"} <= set(dir(training))
    assert {"MLP", "Value", "losses", "training"} <= set(dir(tinygrad_scalar))


def test_a_star_takes_what_a_module_defines():
    names = {}
    exec("from tinygrad_scalar.losses import *", names)
    assert names["huber"] is losses.huber
    assert not {"Any", "FACTS", "np"} & names.keys()


@pytest.mark.parametrize(
    "f",
    [
        fit,
        predict,
        Objective,
        losses.huber,
        optimizers.Adam,
        MLP,
        training.r_squared,
        drawing.draw_confusion,
        drawing.play,
    ],
)
def test_a_signature_can_be_read(f):
    text = str(inspect.signature(f))
    assert "numpy." not in text
    assert len(text) < 600


def test_the_arguments_of_fit_are_named_as_in_its_source():
    assert "(network: 'MLP | MatrixMLP', X: 'ArrayLike', Y: 'ArrayLike', *, loss: 'str | Loss'" in str(
        inspect.signature(fit)
    )


X, Y = [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0]


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda: ROOT.sigmoid, AttributeError, "has no attribute 'sigmoid'; did you mean logistic?"),
        (lambda: ROOT.Vlaue, AttributeError, "did you mean Value?"),
        (lambda: optimizers.SGD, AttributeError, "did you mean GradientDescent?"),
        (lambda: losses.mse, AttributeError, "did you mean squared_error?"),
        (lambda: training.pink, AttributeError, "module 'tinygrad_scalar.training' has no attribute 'pink'$"),
        (lambda: MLP(2, [3, 1], "sigmoid"), ValueError, "unknown activation 'sigmoid'; it is called logistic here"),
        (lambda: MLP(2, [3, 1], "leaky-ReLU"), ValueError, "it is called leaky_relu here"),
        (lambda: losses.find("MSE"), ValueError, "unknown loss 'MSE'; did you mean squared_error?"),
        (lambda: losses.find("BCE"), ValueError, "did you mean binary_cross_entropy?"),
        (lambda: losses.find("crossentropy"), ValueError, "did you mean cross_entropy?"),
        (lambda: losses.find("pink"), ValueError, "unknown loss 'pink'; there are half_squared_error"),
        (lambda: optimizers.named("SGD"), ValueError, "unknown optimizer 'SGD'; did you mean gradient-descent?"),
        (lambda: optimizers.named("Adam"), ValueError, "did you mean adam?"),
        (lambda: optimizers.named("adam", lr=0.1), ValueError, "adam takes no lr; did you mean learning_rate?"),
        (lambda: optimizers.Adam(lr=0.1), TypeError, "Adam has no argument 'lr'; did you mean learning_rate?"),
        (lambda: optimizers.SciPy(maxiter=9), TypeError, "did you mean max_iterations?"),
        (lambda: optimizers.Adam(eps=0.1), TypeError, "did you mean epsilon?"),
        (lambda: optimizers.Adam(pink=0.1), TypeError, "unexpected keyword argument 'pink'"),
        (lambda: MLP(2, [3, 1], seed=0), TypeError, "MLP has no argument 'seed'; did you mean rng?"),
        (
            lambda: fit(MLP(2, [1]), X, Y, loss="huber", seed=0),
            TypeError,
            "fit has no argument 'seed'; did you mean rng?",
        ),
        (lambda: fit(MLP(2, [1]), X, Y, loss="huber", n_epochs=1), TypeError, "did you mean epochs?"),
        (
            lambda: fit(MLP(2, [1]), X, Y, loss="huber", lr=1),
            TypeError,
            "what is called learning_rate here is a setting of optimizers such as Adam",
        ),
        (lambda: MLP(2, [1], lr=1), TypeError, "learning_rate here is a setting of optimizers such as Adam"),
        (lambda: optimizers.Adam(weight_decay=0.1), TypeError, "what is called l2 here is an argument of fit"),
        (lambda: optimizers.Adam(seed=0), TypeError, "what is called rng here is an argument of MLP and fit"),
        (lambda: optimizers.GradientDescent(eps=1), TypeError, "epsilon here is a setting of optimizers such as Adam"),
        (lambda: fit(MLP(2, [1]), X, Y, loss="huber", sigmoid=1), TypeError, "unexpected keyword argument 'sigmoid'"),
    ],
)
def test_a_name_that_others_have_leads_to_ours(wrong, error, says):
    with pytest.raises(error, match=says.replace("?", r"\?")):
        wrong()


def test_a_function_that_helps_with_keywords_is_the_same_function_otherwise():
    @kindly
    def f(a, *, rng=None):
        """About."""
        return a, rng

    assert (f(1), f(a=1, rng=2), f.__doc__, str(inspect.signature(f))) == (
        (1, None),
        (1, 2),
        "About.",
        "(a, *, rng=None)",
    )


POINTS = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0], [3.0]])


@pytest.mark.parametrize("matrix", [False, True])
@pytest.mark.parametrize(
    ("outputs", "output", "loss", "names"),
    [
        (3, "softmax", "cross_entropy", ["ice", "water", "water", "water", "steam", "steam"]),
        (1, "logistic", "binary_cross_entropy", ["no", "no", "no", "yes", "yes", "yes"]),
        (2, "identity", "max_margin", ["no", "no", "no", "yes", "yes", "yes"]),
        (1, "identity", "max_margin", ["no", "no", "no", "yes", "yes", "yes"]),
        (1, "identity", "half_squared_error", ["cafe\u0301", "caf\u00e9", "bar", "bar", "bar", "bar"]),
    ],
)
def test_labels_that_are_texts_come_back_as_these_texts(matrix, outputs, output, loss, names):
    network = MLP(1, [8, outputs], output=output, rng=0)
    network = MatrixMLP.from_scalar(network) if matrix else network
    history = fit(network, POINTS, names, loss=loss, epochs=300, validation=(POINTS[:2], names[:2]), rng=0)
    assert len(history.validation_E) == 301
    answers = predict(network, POINTS)
    assert answers.tolist() == [name.replace("e\u0301", "\u00e9") for name in names]
    assert predict(network, POINTS, outputs=True).shape == (6, outputs)


def test_after_numbers_answers_are_numbers_again_and_texts_that_do_not_fit_are_refused():
    network = MLP(1, [1], output="logistic", rng=0)
    fit(network, POINTS, ["a", "b"] * 3, loss="binary_cross_entropy", epochs=1, rng=0)
    assert set(predict(network, POINTS)) <= {"a", "b"}
    fit(network, POINTS, [0, 1] * 3, loss="binary_cross_entropy", epochs=1, rng=0)
    assert predict(network, POINTS).shape == (6, 1)
    with pytest.raises(
        ValueError, match=r"Y has 3 classes, \['a', 'b', 'c'\], and the network 1 output: it takes one for"
    ):
        fit(network, POINTS, ["a", "b", "c"] * 2, loss="binary_cross_entropy")
    with pytest.raises(ValueError, match="'c' is none of the classes a, b"):
        fit(network, POINTS, ["a", "b"] * 3, loss="binary_cross_entropy", validation=(POINTS[:1], ["c"]))
