"""Files that commands write: never over others unasked; and options that are refused before anything is done."""

import os
import re
import sys

import pytest

from tinygrad_scalar import cli
from tinygrad_scalar.data import DATA_SETS


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder: exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(line):
        code = cli.main(line.split())
        return code, *capsys.readouterr()

    return run


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("train moons --epochs 1 --out a", "loss.svg, gradients.svg, history.csv, model.npz and checkpoint.npz"),
        ("race rosenbrock --gradients 2 --out a", "race.svg and race.csv"),
        ("draw --what neuron --out a.svg", "a.svg"),
        ("play --out a.html", "a.html"),
        ("check --plot a.svg", "a.svg"),
        pytest.param("tour --out a", "graph.svg, network.svg, backprop.svg and backprop.html", marks=pytest.mark.slow),
    ],
)
def test_what_is_there_stays_unless_it_may_be_replaced_and_all_files_are_named(run, tmp_path, line, taken):
    code, out, err = run(line)
    assert (code, err) == (0, "")
    before = contents(tmp_path)
    for path in before:
        assert path.name in out[out.rindex("To see it" if "tour" in line else "wrote ") :]
    code, out, err = run(line)
    assert code == 2
    assert "wrote" not in out
    assert re.match(f"tinygrad-scalar: {re.escape(taken)} (is|are) there already", err)
    assert "--overwrite replaces" in err
    assert contents(tmp_path) == before
    assert run(f"{line} --overwrite")[0] == 0
    assert contents(tmp_path).keys() == before.keys()


def test_a_folder_with_other_files_is_no_reason_to_refuse(run, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert run("train moons --epochs 1 --out .")[0] == 0
    code, _, err = run("train moons --epochs 1 --out .")
    assert code == 2
    assert "--resume goes on from the checkpoint" in err
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_predictions_never_take_the_place_of_the_data(run, tmp_path):
    (tmp_path / "f.csv").write_text("x,y\n" + "\n".join(f"{k},{k % 2}" for k in range(20)))
    run("train f.csv --epochs 1 --out m")
    before = contents(tmp_path)
    code, _, err = run("predict m/model.npz f.csv --out f.csv")
    assert code == 2
    assert "f.csv is there already: --overwrite replaces it, --out names another place" in err
    assert contents(tmp_path) == before


def test_a_training_that_fails_leaves_no_empty_folder(run, tmp_path):
    assert run("train moons --learning-rate 1e300 --activation identity")[0] == 1
    assert run("train moons --learning-rate 1e300 --activation identity --out a/b")[0] == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("train iris --optimizer adam --momentum 0.5", "adam takes no momentum"),
        ("train iris --l2 -1", "l2 is a number that is not negative, not -1.0"),
        ("train iris --learning-rate nan", "learning_rate is a positive number, not nan"),
        ("train iris --target 1", "--target, --task"),
        ("train iris --resume", "--resume goes on from a folder: name it with --out"),
        ("train iris --resume --overwrite --out a", "--resume goes on with what is there, --overwrite starts anew"),
        ("train iris --out file", "file is a file; --out names a folder here"),
        ("train iris --balance --task regression", "--balance makes classes count alike, --task regression has none"),
        ("check iris --sizes 3", "--sizes takes two numbers at least"),
        (
            "check iris --loss cross_entropy --output relu",
            "cross_entropy takes the logarithm of outputs between 0 and 1",
        ),
        ("check iris iris", "iris is data, and the model comes first"),
        ("check iris --plot file", "file is there already"),
        (
            "check m.npz iris --sizes 3,2 --loss huber",
            "--sizes and --loss would make a random network, and m.npz brings",
        ),
        ("check --task regression", "--target, --task"),
        ("draw iris --out a.gif", "a picture is saved as .svg"),
        ("draw iris --detail node --what network", "--detail is for --what graph"),
        ("draw iris --out no/a.svg", "there is no folder"),
        ("play iris --out file", "file is there already"),
        ("predict m.npz iris --no-header", "--header and --encoding are for CSV files"),
    ],
)
def test_what_does_not_go_together_is_refused_before_data_are_read(run, monkeypatch, tmp_path, line, says):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setitem(DATA_SETS, "iris", lambda: pytest.fail("the data were read"))
    code, out, err = run(line)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert contents(tmp_path).keys() == {(tmp_path / "file").relative_to(tmp_path)}


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("output", ["identity", "tanh", "relu", "softplus"])
def test_an_output_that_the_logarithm_of_a_loss_cannot_take_is_refused_and_no_disagreement(run, loss, output):
    code, out, err = run(f"check --sizes 3,4,2 --loss {loss} --output {output}")
    assert (code, out) == (2, "")
    assert f"--loss {loss} and --output {output}: {loss} takes the logarithm of outputs between 0 and 1" in err
    code, _, err = run(f"check --sizes 3,4,1 --loss {loss} --output softmax")
    assert code == 2
    assert "a softmax of one output is 1" in err
    assert run(f"check --sizes 3,4,2 --loss {loss} --output logistic")[0] == 0


def test_data_alone_are_checked_drawn_and_played_on_a_network_with_random_weights(run, tmp_path):
    code, out, err = run("check iris")
    assert (code, err) == (0, "")
    assert "MLP(4, [32, 3], ['tanh'], output='softmax'), random weights, cross_entropy, 5 examples of iris\n" in out
    assert run("check diabetes --sizes 10,3,1 --loss huber --examples 1")[1].startswith(
        "MLP(10, [3, 1], ['tanh'], output='identity'), random weights, huber, 1 example of diabetes\n"
    )
    assert run("play iris --sizes 4,2,3")[0] == 0
    code, _, err = run("draw iris --sizes 5,2,3")
    assert code == 2
    assert "iris has 4 inputs and 3 outputs: --sizes 4,…,3, not 5,2,3" in err
    (tmp_path / "f.csv").write_text("x,y\n" + "\n".join(f"{k},{k % 2}" for k in range(20)))
    code, out, _ = run("check f.csv --examples 3")
    assert code == 0
    assert "3 examples of f\n" in out


def test_a_model_predicts_the_bundled_data_that_it_comes_from(run):
    run("train iris --epochs 5 --out a")
    code, out, err = run("predict a/model.npz iris")
    assert (code, err) == (0, "")
    header, *rows = out.splitlines()
    assert header == "prediction,probability of setosa,probability of versicolor,probability of virginica"
    assert len(rows) == 150
    code, _, err = run("predict a/model.npz wine")
    assert code == 2
    assert "the model needs columns that are missing" in err


def test_one_thing_is_counted_as_one(run, tmp_path):
    (tmp_path / "f.csv").write_text("# a note\nx,y\n" + "\n".join(f"{k},{k % 2}" for k in range(20)))
    out = run("train f.csv --epochs 1 --batch-size 1 --out a")[1]
    assert ", 1 comment left out" in out
    assert ", 1 epoch; E = " in out
    (tmp_path / "one.csv").write_text("x\n3\n")
    _, out, err = run("predict a/model.npz one.csv")
    assert "1 row of 1 column" in err
    assert run("predict a/model.npz one.csv --out p.csv")[1] == "wrote 1 prediction to p.csv\n"
    assert "1 random example\n" in run("check --examples 1")[1]
    assert ", 1 gradient each" in run("race rosenbrock --gradients 1")[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("", "momentum, η = 0.05, μ = 0.9, batches of 32, 2 epochs; E = the mean cross_entropy + (λ/2M) Σ w², λ = 1\n"),
        ("--optimizer adam --l2 0", "adam, η = 0.001, batches of 32, 2 epochs; E = the mean cross_entropy, λ = 0\n"),
        (
            "--optimizer l-bfgs --l2 3",
            "l-bfgs, all 114 examples at once, 2 epochs; E = the mean cross_entropy + (λ/2M) Σ",
        ),
        ("--batch-size 7 --momentum 0.5 --learning-rate 1e-3", "momentum, η = 0.001, μ = 0.5, batches of 7, 2 epochs;"),
        ("--balance", "E = the weighted mean cross_entropy"),
    ],
)
def test_the_header_says_how_the_training_is_done_and_what_e_is(run, options, says):
    code, out, _ = run(f"train iris --epochs 2 {options}")
    assert code == 0
    assert says in out.split("on 20 real examples")[0]
    assert ("E, penalty included, " in out) == ("--l2 0" not in options)


# A bare wheel, without what the extra `train` brings.


@pytest.fixture
def bare(monkeypatch):
    for name in ("matplotlib", "scipy", "tqdm"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("bare")
def test_a_bare_wheel_trains_and_says_before_what_will_be_missing(run, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)  # where a bar would be
    code, out, err = run("train moons --epochs 2 --out a")
    assert (code, err) == (0, "")
    note = "matplotlib is not installed, so loss.svg and gradients.svg will not be drawn; pip install"
    assert 0 < out.index(note) < out.index("epoch    1/2")
    assert out.endswith("wrote history.csv, model.npz and checkpoint.npz to a\n")
    assert sorted(os.listdir(tmp_path / "a")) == ["checkpoint.npz", "history.csv", "model.npz"]


@pytest.mark.usefixtures("bare")
def test_a_bare_wheel_refuses_what_it_cannot_do_before_it_begins(run, tmp_path):
    for line, says in (
        ("check --plot a.svg", "--plot needs matplotlib"),
        ("train moons --optimizer cg", "are SciPy's"),
    ):
        code, out, err = run(line)
        assert (code, out) == (2, "")
        assert says in err
        assert "pip install 'tinygrad_scalar[train]'" in err
    assert os.listdir(tmp_path) == []


@pytest.mark.usefixtures("bare")
def test_a_race_on_a_bare_wheel_says_who_is_missing_and_draws_nothing(run):
    code, out, err = run("race rosenbrock --gradients 5 --out a")
    assert (code, err) == (0, "")
    assert "L-BFGS is missing: these methods are SciPy's: pip install 'tinygrad_scalar[train]'" in out
    assert out.endswith("\nwrote race.csv to a\n")


def test_a_race_tells_each_method_as_it_finishes_and_what_the_search_cost(run):
    _, out, _ = run("race quadratic --gradients 20 --out a")
    head, told, table, remarks, _ = out.split("\n\n")
    assert "of a method with a learning rate, 8 rates have a lap each, and the best counts" in head
    lines = told.splitlines()
    assert re.fullmatch(r"gradient descent, rate [\d.]+: E \d\.\d\de[+-]\d\d \(\d+\.\d s\)", lines[0])
    assert lines[-2:] == ["Newton: missing", "Levenberg–Marquardt: missing"]
    assert len(lines) == 15
    assert len(table.splitlines()) == 14
    assert (
        "rate: the best of 8 from 0.003 to 10, by E at the end. Each had 20 gradients: the search cost 160" in remarks
    )
    assert "Newton is missing: one Hessian costs 50 gradients, and there are 20" in remarks
    assert re.search("Levenberg–Marquardt is missing: .*residuals", remarks)
