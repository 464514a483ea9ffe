"""The command line, as people and scripts use it."""

import csv
import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tinygrad_scalar import cli, slopes
from tinygrad_scalar.cli import train
from tinygrad_scalar.data import diabetes, iris
from tinygrad_scalar.training.lessons import Lesson
from tinygrad_scalar.training.models import load


def run(capsys, *argv):
    code = cli.main(argv)
    return code, *capsys.readouterr()


def test_train_digits_shows_the_agreement_trains_tests_and_writes(capsys, tmp_path):
    code, out, err = run(capsys, "train", "digits", "--out", str(tmp_path / "run"))
    assert (code, err) == (0, "")
    assert "1347 examples to train on, 450 held out" in out
    assert "scalar, replay, matrix agree" in out
    assert float(re.search(r"held-out accuracy ([\d.]+)", out)[1]) >= 0.95
    table = out.split("true \\ predicted")[1].splitlines()[1:11]
    assert sum(int(cell) for row in table for cell in row.split()[1:] if cell != "·") == 450
    root = ET.parse(tmp_path / "run" / "loss.svg").getroot()
    assert root.tag.endswith("svg")
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 42
    assert load(tmp_path / "run" / "model.npz").network.W[1].shape == (32, 64)


def test_the_same_seed_repeats_to_the_bit(capsys, tmp_path):
    for name in ("a", "b"):
        run(capsys, "train", "moons", "--epochs", "3", "--seed", "5", "--out", str(tmp_path / name))
    for file in ("history.csv", "loss.svg"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    one, two = (load(tmp_path / name / "model.npz").network.theta for name in ("a", "b"))
    assert np.array_equal(one, two)


def test_the_scalar_route_really_trains_and_walks_the_matrix_routes_path(capsys, tmp_path):
    thetas = []
    for route in ("scalar", "matrix"):
        code, out, _ = run(
            capsys, "train", "moons", "--epochs", "2", "--hidden", "4", "--route", route, "--out", str(tmp_path / route)
        )
        assert code == 0
        assert f"trained by the {route} route" in out
        thetas.append(load(tmp_path / route / "model.npz").network.theta)
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-10)


def test_without_out_each_run_gets_a_new_folder_under_runs(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        run(capsys, "train", "moons", "--epochs", "1")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["moons-001", "moons-002"]


def test_in_a_pipe_progress_is_plain_lines(capsys, tmp_path):
    _, out, err = run(capsys, "train", "moons", "--epochs", "20", "--out", str(tmp_path))
    assert err == ""
    assert len(re.findall(r"^epoch +\d+/20  E [\d.]+  accuracy [\d.]+$", out, re.M)) == 10
    assert "\r" not in out
    assert "\x1b" not in out


def test_on_a_terminal_progress_is_a_bar_with_e_accuracy_and_time_left(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _, out, err = run(capsys, "train", "moons", "--epochs", "5", "--out", str(tmp_path))
    assert "epoch 5/5, E " in err
    assert re.search(r"\d\d:\d\d<\d\d:\d\d", err)
    assert "epoch " not in out


def write(path, rows, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return str(path)


def flowers(path, delimiter=","):
    data = iris()
    rows = [[*x, data.classes[label]] for x, label in zip(data.X.tolist(), data.labels, strict=True)]
    return write(path, [[*data.columns, "species"], *rows], delimiter)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with iris.csv and model.npz, trained on it."""
    folder = tmp_path_factory.mktemp("trained")
    assert cli.main(["train", flowers(folder / "iris.csv"), "--out", str(folder)]) == 0
    return folder


def test_train_on_a_file_says_what_it_guessed_and_writes_what_it_learned(capsys, tmp_path):
    code, out, err = run(capsys, "train", flowers(tmp_path / "iris.csv", ";"), "--out", str(tmp_path / "run"))
    assert (code, err) == (0, "")
    assert "iris.csv: 150 rows of 5 columns between semicolons, with a header\n" in out
    assert "classification of column 5 (species): setosa, versicolor, virginica\n" in out
    assert "scalar, replay, matrix agree" in out
    assert float(re.search(r"held-out accuracy ([\d.]+)", out)[1]) >= 0.9
    model = load(tmp_path / "run" / "model.npz")
    assert (model.classes, model.columns, model.target) == (iris().classes, iris().columns, "species")


def test_a_file_and_the_bundled_set_of_the_same_numbers_give_the_same_network(capsys, tmp_path, trained):
    run(capsys, "train", "iris", "--out", str(tmp_path))
    assert np.array_equal(load(tmp_path / "model.npz").network.theta, load(trained / "model.npz").network.theta)


def test_a_regression_reports_r_squared_in_the_units_of_the_data(capsys, tmp_path):
    code, out, _ = run(capsys, "train", "diabetes", "--out", str(tmp_path))
    assert code == 0
    found = re.search(r"held-out R² ([\d.]+), root mean squared error ([\d.]+) \(progression\)", out)
    assert float(found[1]) > 0.4
    assert 50 < float(found[2]) < 65
    assert "accuracy" not in out
    assert "true \\ predicted" not in out
    model, data = load(tmp_path / "model.npz"), diabetes()
    answers = model.answers(model.outputs(data.X))
    assert abs(answers.mean() - data.targets.mean()) < 5
    assert "accuracy" not in (tmp_path / "loss.svg").read_text(encoding="utf-8")


def test_r_squared_of_one_example_is_said_to_be_undefined(capsys, tmp_path):
    path = write(tmp_path / "f.csv", [[1, 2], [1, 3], [2, 4], [2, 5]])
    _, out, _ = run(capsys, "train", path, "--out", str(tmp_path))
    assert "held-out R² undefined for equal targets, root mean squared error" in out


def test_a_file_may_be_called_anything(capsys, tmp_path):
    path = write(tmp_path / "数据 $x^$ <b>.csv", [["名", "目"], *([k, k % 2] for k in range(10))])
    code, out, err = run(capsys, "train", path, "--out", str(tmp_path))
    assert (code, err) == (0, "")
    assert "classification of column 2 (目): 0, 1" in out
    title = "数据 $x^$ <b>, 130 parameters"
    assert title in "".join(ET.parse(tmp_path / "loss.svg").getroot().itertext())


def test_target_and_task_can_be_given(capsys, tmp_path):
    path = write(tmp_path / "f.csv", [["y", "x"], *([k % 2, k] for k in range(40))])
    _, out, _ = run(capsys, "train", path, "--target", "y", "--out", str(tmp_path / "1"), "--epochs", "2")
    assert "classification of column 1 (y): 0, 1\n" in out
    _, out, _ = run(
        capsys, "train", path, "--target", "1", "--task", "regression", "--out", str(tmp_path / "2"), "--epochs", "2"
    )
    assert "regression of column 1 (y), 0 to 1\n" in out
    _, out, _ = run(capsys, "train", path, "--out", str(tmp_path / "3"), "--epochs", "2")
    assert "regression of column 2 (x), 0 to 39\n" in out


def test_unequal_classes_are_reported_and_can_be_balanced(capsys, tmp_path):
    rng = np.random.default_rng(0)
    rows = [[*rng.normal(k % 8 == 0, 1.0, size=2), "rare" if k % 8 == 0 else "common"] for k in range(400)]
    path = write(tmp_path / "f.csv", rows)
    shares = []
    for extra in ((), ("--balance",)):
        code, out, _ = run(capsys, "train", path, "--out", str(tmp_path / "run"), "--overwrite", *extra)
        assert code == 0
        found = re.search(r"balanced accuracy ([\d.]+), .*: common ([\d.]+), rare ([\d.]+)", out)
        total, *parts = map(float, found.groups())
        assert abs(total - sum(parts) / 2) < 1e-4
        shares.append(total)
        assert ("--balance makes them count alike" in out) == (not extra)
        assert bool(re.search(r"means with sample weights, 0\.57\d+ to [34]\.\d+\n", out)) == bool(extra)
    assert shares[1] > shares[0]
    assert "balanced" not in run(capsys, "train", "iris", "--epochs", "1", "--out", str(tmp_path / "iris"))[1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b,kind\n1,2,x\n3,n.a.,y\n5,6,x\n7,8,y\n", "line 3, column 2 (b): 'n.a.' is no number"),
        ("a,b,kind\n1,,x\n3,,y\n5,,x\n7,?,y\n", "column 2 (b) is empty; --drop b leaves it out"),
        ("a,b,kind\n1,2,x\n3,4\n", "line 3 has 2 cells, line 1 has 3"),
        ("", "f.csv is empty"),
    ],
)
def test_a_bad_file_is_exit_code_2_and_changes_nothing(capsys, tmp_path, monkeypatch, content, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(content)
    code, _, err = run(capsys, "train", "f.csv")
    assert code == 2
    assert err.startswith("tinygrad-scalar: ")
    assert err.count("\n") == 1
    assert says in err
    assert os.listdir(tmp_path) == ["f.csv"]


@pytest.mark.parametrize(
    "option", [("--target", "1"), ("--task", "regression"), ("--no-header",), ("--drop", "1"), ("--columns", "1")]
)
def test_options_of_files_are_refused_for_bundled_sets(capsys, option):
    code, _, err = run(capsys, "train", "iris", *option)
    assert code == 2
    assert (
        "--target, --task, --columns, --drop, --encoding and --header are for CSV files; iris needs none of them" in err
    )


def test_predict_writes_a_row_for_each_row_that_reads_back_as_the_models_numbers(capsys, trained):
    code, out, err = run(capsys, "predict", str(trained / "model.npz"), str(trained / "iris.csv"))
    assert code == 0
    assert "150 rows of 5 columns" in err
    header, *rows = csv.reader(out.splitlines())
    model, data = load(trained / "model.npz"), iris()
    assert header == ["prediction", *(f"probability of {name}" for name in data.classes)]
    assert np.array_equal(np.array([row[1:] for row in rows], dtype=float), model.outputs(data.X))
    assert np.mean([row[0] == data.classes[k] for row, k in zip(rows, data.labels, strict=True)]) > 0.9


def test_predict_finds_columns_by_name_in_any_order_or_by_position(capsys, tmp_path, trained):
    data, model = iris(), str(trained / "model.npz")
    _, expected, _ = run(capsys, "predict", model, str(trained / "iris.csv"))
    shuffled = [["note", *data.columns[::-1]], *(["text", *x[::-1]] for x in data.X.tolist())]
    assert run(capsys, "predict", model, write(tmp_path / "a.csv", shuffled, "\t"))[1] == expected
    assert run(capsys, "predict", model, write(tmp_path / "b.csv", data.X.tolist()))[1] == expected
    code, _, err = run(capsys, "predict", model, write(tmp_path / "c.csv", [row[1:] for row in shuffled[1:]][:3]))
    assert code == 0  # four columns in the wrong order and without names: nobody can know
    code, out, err = run(capsys, "predict", model, write(tmp_path / "d.csv", [row[:-1] for row in shuffled]))
    assert (code, out) == (2, "")
    assert "the model needs columns that are missing: sepal length (cm)" in err
    code, out, err = run(capsys, "predict", model, write(tmp_path / "e.csv", [row[:3] for row in data.X.tolist()]))
    assert (code, out) == (2, "")
    assert "the model takes 4 columns, got 3" in err


def test_predict_of_a_regression_is_in_the_units_of_its_target(capsys, tmp_path):
    rows = [[f"{k / 10}".replace(".", ","), f"{1000 + 5 * k}"] for k in range(200)]
    path = write(tmp_path / "f.csv", rows, ";")
    run(capsys, "train", path, "--out", str(tmp_path), "--l2", "0.001", "--epochs", "100")
    model, expected = str(tmp_path / "model.npz"), 1000 + 5 * np.arange(50, 150)
    points, commas = [["x"], *([k / 10] for k in range(50, 150))], [row[:1] for row in rows[50:150]]
    for inputs in (points, commas):  # the commas are quoted: they are no delimiters
        code, out, _ = run(capsys, "predict", model, write(tmp_path / "x.csv", inputs))
        header, *answers = out.splitlines()
        assert (code, header) == (0, "prediction")
        np.testing.assert_allclose(np.array(answers, dtype=float), expected, atol=20)
    (tmp_path / "x.csv").write_text("5,1\n5,2\n")
    code, _, err = run(capsys, "predict", model, str(tmp_path / "x.csv"))
    assert code == 2
    assert "the model takes 1 column, got 2" in err


def test_a_table_with_gaps_and_categories_is_learned_told_of_and_predicted(capsys, tmp_path):
    files = Path(__file__).parent.parent / "data" / "files"
    code, out, _ = run(capsys, "train", str(files / "missing.csv"), "--out", str(tmp_path), "--epochs", "5")
    assert code == 0
    for says in (
        "left out: 2 rows without column 6 (comes)",
        "yes and true are 1, no and false 0: column 3 (member), column 4 (asked)",
        "one-hot: colour (3 texts)",
        "missing cells: age 3 (now the median, 43), spent 1 (now the median, 67.2)",
        "an input more, that is 1 where a cell is missing, for each of: age, spent",
        "held out, missing cells: age 2 (now the median, 43), colour 2 (0 for each of its texts)",
        "scalar, replay, matrix agree",
    ):
        assert says in out
    model, new = str(tmp_path / "model.npz"), tmp_path / "new.csv"
    new.write_text("spent,colour,member,asked,age\n,pink,yes,True,?\n50,red,no,False,33\n")
    code, out, err = run(capsys, "predict", model, str(new))
    assert (code, out.count("\n")) == (0, 3)
    assert "missing cells: age 1 (now the median, 43), spent 1 (now the median, 67.2)\n" in err
    assert "texts that no row to train on has, so 0 for each that one has: colour 1\n" in err
    new.write_text("age,colour,member,asked,spent\n,pink,yes,True,?\n")  # a header above nothing that is a number
    assert run(capsys, "predict", model, str(new))[1].count("\n") == 2
    new.write_text("age,colour,member,asked,spent,comes,note\n1,red,yes,no,50,again,x\n2,,no,no,60,never,y\n")
    code, out, _ = run(capsys, "check", model, str(new))
    assert code == 0
    assert "2 examples of" in out


@pytest.mark.parametrize("trained_before", [True, False])
def test_rows_left_out_and_cells_filled_are_told_of_by_every_command_that_reads_them(capsys, tmp_path, trained_before):
    path = str(Path(__file__).parent.parent / "data" / "files" / "missing.csv")
    run(capsys, "train", path, "--out", str(tmp_path), "--epochs", "1")
    data = [str(tmp_path / "model.npz"), path] if trained_before else [path]
    for command in (["check"], ["play", "--out", str(tmp_path / "p.html")]):
        code, out, err = run(capsys, *command, *data)
        assert (code, err) == (0, "")
        assert out.count("left out: 2 rows without column 6 (comes)\n") == 1
        assert re.search(r"\nmissing cells: age \d \(now the median, 43\), .*spent 1 \(now the median, 67.2\)", out)


def test_a_german_export_is_learned_and_predicted_in_its_own_encoding(capsys, tmp_path):
    path = str(Path(__file__).parent.parent / "data" / "files" / "excel_german.csv")
    assert run(capsys, "train", path)[0] == 2
    how = ("--encoding", "cp1252", "--columns", "Alter,Größe", "--target", "kommt")
    code, out, _ = run(capsys, "train", path, *how, "--out", str(tmp_path), "--epochs", "5")
    assert code == 0
    assert "decimals written 1,5" in out
    assert load(tmp_path / "model.npz").columns == ("Alter", "Größe")
    code, out, _ = run(capsys, "predict", str(tmp_path / "model.npz"), path, "--encoding", "cp1252")
    assert (code, out.count("\n")) == (0, 61)


def test_predict_to_a_file_is_all_or_nothing(capsys, tmp_path, trained):
    model, out = str(trained / "model.npz"), tmp_path / "out.csv"
    out.write_text("old")
    (tmp_path / "bad.csv").write_text("1,2,3,4\n1,2,3,x\n")
    assert run(capsys, "predict", model, str(tmp_path / "bad.csv"), "--out", str(out), "--overwrite")[0] == 2
    assert out.read_text() == "old"
    code, said, _ = run(capsys, "predict", model, str(trained / "iris.csv"), "--out", str(out), "--overwrite")
    assert (code, said) == (0, f"wrote 150 predictions to {out}\n")
    assert out.read_text().count("\n") == 151
    assert sorted(os.listdir(tmp_path)) == ["bad.csv", "out.csv"]


def test_names_with_commas_and_quotes_are_quoted_in_predictions(capsys, tmp_path):
    rows = [["x, in m", 'kind "of"'], *([k, ['a, "b"', "c\nd"][k % 2]] for k in range(20))]
    path = write(tmp_path / "f.csv", rows)
    assert run(capsys, "train", path, "--out", str(tmp_path), "--epochs", "1")[0] == 0
    _, out, _ = run(capsys, "predict", str(tmp_path / "model.npz"), path)
    header, *predictions = csv.reader(out.splitlines(keepends=True))
    assert header[1:] == ['probability of a, "b"', "probability of c\nd"]
    assert {row[0] for row in predictions} <= {'a, "b"', "c\nd"}
    assert len(predictions) == 20


def test_a_file_that_is_no_model_is_exit_code_2(capsys, trained):
    code, out, err = run(capsys, "predict", str(trained / "iris.csv"), str(trained / "iris.csv"))
    assert (code, out) == (2, "")
    assert "iris.csv is no model file" in err


def test_a_reader_that_stops_early_is_no_error(trained, tmp_path):
    path = write(tmp_path / "many.csv", iris().X.tolist() * 100)
    command = [sys.executable, "-m", "tinygrad_scalar", "predict", str(trained / "model.npz"), path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"prediction,")
        process.stdout.close()
        assert process.wait() == 141
        assert b"Error" not in process.stderr.read()


def test_a_warning_becomes_a_sentence(capsys, monkeypatch, tmp_path):
    def warn(*settings, **more):
        warnings.warn("the loss does not fit", stacklevel=1)
        return 1 / 0

    monkeypatch.setattr(train, "learn", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(ZeroDivisionError):
            cli.main(["train", "moons", "--out", str(tmp_path)])
    assert capsys.readouterr().err == "tinygrad-scalar: note: the loss does not fit\n"


@pytest.mark.parametrize(("hidden", "alone"), [("32", True), ("20000", False)])
def test_small_products_are_left_to_one_thread_while_a_network_learns(capsys, monkeypatch, tmp_path, hidden, alone):
    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    def look(*settings, **more):
        seen.extend(threads())
        raise ValueError("enough")

    monkeypatch.setattr(train, "learn", look)
    monkeypatch.setattr(Lesson, "agreement", lambda lesson: SimpleNamespace(agree=True))  # of 80,000 scalars or more
    with threadpool_limits(2, "blas"):
        before, seen = threads(), []
        assert run(capsys, "train", "moons", "--hidden", hidden, "--out", str(tmp_path))[0] == 2
        assert threads() == before
    assert set(before) == {2}
    assert seen == ([1] * len(before) if alone else before)


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error", "max_margin", "binary_cross_entropy"])
def test_check_says_yes_with_exit_code_0(capsys, loss):
    code, out, _ = run(capsys, "check", "--sizes", "3,4,2", "--activation", "relu", "--loss", loss)
    assert code == 0
    assert re.search(r"^scalar, replay, matrix, central(, jax)? agree; complex(, jax)? skipped$", out, re.M)


def test_check_says_no_with_exit_code_1_and_train_stops_there(capsys, monkeypatch, tmp_path):
    sigma, _ = slopes.ACTIVATIONS["tanh"]
    monkeypatch.setitem(slopes.ACTIVATIONS, "tanh", (sigma, lambda xp, Z, A: 1.0 - A))
    code, out, _ = run(capsys, "check")
    assert code == 1
    assert "do not agree: matrix differs at" in out
    assert run(capsys, "train", "moons", "--out", str(tmp_path / "no"))[0] == 1
    assert not (tmp_path / "no").exists()


def test_divergence_is_exit_code_1_with_a_sentence(capsys, tmp_path):
    code, _, err = run(
        capsys, "train", "moons", "--activation", "identity", "--learning-rate", "1e300", "--out", str(tmp_path)
    )
    assert code == 1
    assert err.startswith("tinygrad-scalar: training diverged: layer ")


@pytest.mark.parametrize(
    "argv",
    [
        ("train",),
        ("train", "mnist"),
        ("train", "iris", "--task", "ranking"),
        ("predict", "model.npz"),
        ("train", "digits", "--hidden", "0"),
        ("train", "digits", "--hidden", "3,x"),
        ("train", "digits", "--epochs", "-1"),
        ("check", "--loss", "mse"),
    ],
)
def test_a_wrong_command_is_exit_code_2(capsys, argv):
    with pytest.raises(SystemExit) as stopped:
        cli.main(argv)
    assert stopped.value.code == 2
    assert "usage: tinygrad-scalar" in capsys.readouterr().err


def test_what_cannot_be_done_is_exit_code_2_with_a_sentence(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    code, _, err = run(capsys, "train", "moons", "--epochs", "1", "--out", str(tmp_path / "file"))
    assert code == 2
    assert err.startswith("tinygrad-scalar: ")
    assert run(capsys, "check", "--sizes", "3")[0] == 2
    assert run(capsys, "train", "moons", "--learning-rate", "-1")[0] == 2


@pytest.mark.parametrize("command", [[], ["train"], ["predict"], ["check"]])
def test_help_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command, "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "exit codes: 0 all is well" in text
    assert "(default: None)" not in text


@pytest.mark.slow
def test_check_takes_a_saved_model_with_real_or_random_examples_and_draws_the_v(capsys, tmp_path):
    run(capsys, "train", "iris", "--epochs", "2", "--out", str(tmp_path))
    model = str(tmp_path / "model.npz")
    code, out, _ = run(capsys, "check", model, "iris", "--examples", "20", "--plot", str(tmp_path / "v.svg"))
    assert code == 0
    assert "MLP(4, [32, 3], ['tanh'], output='softmax'), cross_entropy, 20 examples of iris" in out
    assert re.search(r"^scalar, replay, matrix, central, complex(, jax)? agree(; jax skipped)?$", out, re.M)
    assert ET.parse(tmp_path / "v.svg").getroot().tag.endswith("svg")
    code, out, _ = run(capsys, "check", model)
    assert code == 0
    assert "5 random examples" in out
    code, _, err = run(capsys, "check", model, "wine")
    assert code == 2
    assert "the model needs columns that are missing" in err


@pytest.mark.slow
def test_check_on_a_model_says_no_where_a_slip_is(capsys, tmp_path, monkeypatch):
    run(capsys, "train", "iris", "--epochs", "1", "--out", str(tmp_path))
    sigma, _ = slopes.ACTIVATIONS["tanh"]
    monkeypatch.setitem(slopes.ACTIVATIONS, "tanh", (sigma, lambda xp, Z, A: xp.ones_like(Z)))
    code, out, _ = run(capsys, "check", str(tmp_path / "model.npz"), "iris")
    assert code == 1
    assert "it looks like this: σ′ is missing in δ^(1)" in out


QUICK, SLOW = ("adam", "cg"), ("gradient-descent", "nesterov", "rmsprop", "rprop", "online-l-bfgs", "l-bfgs")


@pytest.mark.parametrize("optimizer", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_train_by_any_optimizer(capsys, tmp_path, optimizer):
    code, out, _ = run(capsys, "train", "iris", "--optimizer", optimizer, "--epochs", "30", "--out", str(tmp_path))
    assert code == 0
    assert float(re.search(r"held-out accuracy ([\d.]+)", out)[1]) > 0.8


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ("--optimizer rprop --learning-rate 0.01", "rprop takes no learning_rate; that is for gradient-descent, mom"),
        ("--optimizer l-bfgs --batch-size 10", "l-bfgs takes no batch_size: it needs all examples at once; that is f"),
        ("--optimizer adam --momentum 0.5", "adam takes no momentum; that is for momentum, nesterov"),
        ("--learning-rate -1", "learning_rate is a positive number, not -1.0"),
    ],
)
def test_what_an_optimizer_does_not_take_is_refused_before_anything_is_written(capsys, tmp_path, argv, says):
    code, _, err = run(capsys, "train", "iris", *argv.split(), "--out", str(tmp_path / "no"))
    assert code == 2
    assert says in err
    assert not (tmp_path / "no").exists()


def test_a_training_is_resumed_to_the_bit(capsys, tmp_path):
    whole, parts = str(tmp_path / "whole"), str(tmp_path / "parts")
    run(capsys, "train", "moons", "--epochs", "12", "--out", whole)
    run(capsys, "train", "moons", "--epochs", "5", "--save-every", "2", "--out", parts)
    code, out, _ = run(capsys, "train", "moons", "--epochs", "12", "--resume", "--out", parts)
    assert code == 0
    assert "goes on from epoch 5\n" in out  # there is a checkpoint at the end
    for file in ("history.csv", "loss.svg", "gradients.svg"):
        assert (tmp_path / "parts" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    code, out, err = run(capsys, "train", "moons", "--epochs", "12", "--l2", "3", "--resume", "--out", parts)
    assert (code, out) == (2, "")
    assert "is the checkpoint of another training: its penalties is l1=0.0, l2=1.0" in err
    code, _, err = run(capsys, "train", "moons", "--resume")
    assert code == 2
    assert "--resume goes on from a folder: name it with --out" in err


def test_resume_with_nothing_to_resume_is_refused_and_makes_no_folder(capsys, tmp_path):
    code, _, err = run(capsys, "train", "moons", "--resume", "--out", str(tmp_path / "new"))
    assert code == 2
    assert re.search(r"there is no checkpoint\.npz in .*new to go on from; start anew without --resume", err)
    assert not (tmp_path / "new").exists()


def test_a_training_that_is_done_leaves_its_files_alone_and_says_so(capsys, tmp_path):
    run(capsys, "train", "moons", "--epochs", "2", "--out", str(tmp_path))
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()}
    code, out, _ = run(capsys, "train", "moons", "--epochs", "2", "--resume", "--out", str(tmp_path))
    assert code == 0
    assert "no epoch was trained: the checkpoint is after epoch 2, --epochs asks for 2" in out
    assert f"the files in {tmp_path} stay as they are" in out
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in tmp_path.iterdir()} == before
    (tmp_path / "model.npz").unlink()  # it was stopped after the last checkpoint, and before its files were written
    run(capsys, "train", "moons", "--epochs", "2", "--resume", "--out", str(tmp_path))
    assert np.array_equal(load(tmp_path / "model.npz").network.theta, model_theta(before["model.npz"][1], tmp_path))


def model_theta(content, folder):
    (folder / "before.npz").write_bytes(content)
    return load(folder / "before.npz").network.theta


def test_race_prints_a_table_and_writes_a_picture_and_a_csv(capsys, tmp_path):
    code, out, _ = run(capsys, "race", "rosenbrock", "--gradients", "30", "--out", str(tmp_path))
    assert code == 0
    assert "rosenbrock: 2 parameters, E = 12.1 at the start, 30 gradients each" in out
    assert ET.parse(tmp_path / "race.svg").getroot().tag.endswith("svg")
    lines = (tmp_path / "race.csv").read_text().splitlines()
    assert len(lines) == 32
    assert lines[0].startswith("gradients,gradient descent,momentum")


@pytest.mark.slow
@pytest.mark.parametrize("argv", [(), ("tour",)])
def test_the_tour_shows_what_there_is_and_writes_pictures(capsys, tmp_path, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *argv)
    assert (code, err) == (0, "")
    for said in (
        "1. A derivative",
        "dz/dt = t.grad = -5.554313566586",
        "scalar, replay, matrix, central, complex",
        "it looks like this: σ′ is missing in δ^(1)",
        "Z1 = W1 @ X[0:2] + b1",
        "6. It learns",
    ):
        assert said in out
    folder = tmp_path / "runs" / "tour-001"
    for name in ("graph.svg", "network.svg", "backprop.svg"):
        assert ET.parse(folder / name).getroot().tag.endswith("svg")
    assert "<html" in (folder / "backprop.html").read_text()


# Pictures.


@pytest.mark.parametrize("what", ["graph", "network", "neuron", "backprop"])
def test_draw_writes_each_kind_of_picture(capsys, tmp_path, monkeypatch, what):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "draw", "--what", what, "--sizes", "3,2,2", "--loss", "cross_entropy")
    assert (code, err) == (0, "")
    assert out.endswith(f"wrote {what}.svg\n")
    assert ET.parse(tmp_path / f"{what}.svg").getroot().tag.endswith("svg")


def test_draw_shows_the_neuron_and_the_detail_that_are_asked_for(capsys, tmp_path):
    path = tmp_path / "picture.svg"
    run(capsys, "draw", "--what", "neuron", "--layer", "1", "--neuron", "2", "--out", str(path))
    assert "neuron 2 of layer 1" in path.read_text(encoding="utf-8")
    run(capsys, "draw", "--detail", "layer", "--out", str(path), "--overwrite")
    assert "by layer" in path.read_text(encoding="utf-8")


def test_draw_on_a_trained_model_shows_the_first_example_of_its_data(capsys, tmp_path, trained):
    model = load(trained / "model.npz")
    path = tmp_path / "iris.svg"
    code, out, _ = run(capsys, "draw", str(trained / "model.npz"), "iris", "--what", "neuron", "--out", str(path))
    assert code == 0
    assert "example 1 of iris" in out
    x = model.examples(iris())[0][0]
    text = path.read_text(encoding="utf-8")
    assert all(repr(float(number)) in text for number in x)


def test_play_writes_a_page_of_its_own_random_network_and_the_same_seed_gives_the_same(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "play")
    assert (code, err) == (0, "")
    assert "wrote backprop.html: 27 nodes; open it in a browser\n" in out
    run(capsys, "play", "--out", "again.html")
    run(capsys, "play", "--seed", "1", "--out", "other.html")
    pages = [(tmp_path / name).read_text(encoding="utf-8") for name in ("backprop.html", "again.html", "other.html")]
    assert pages[0] == pages[1] != pages[2]


def test_worksheet_writes_thirty_sheets_of_one_network_in_one_file(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "worksheet")
    assert (code, err) == (0, "")
    assert "wrote worksheet.html: a sheet and solutions; open it in a browser and print it\n" in out
    assert "['relu']" in out
    code, out, _ = run(
        capsys, "worksheet", "--count", "30", "--paper", "letter", "--activation", "tanh", "--out", "30.html"
    )
    assert "wrote 30.html: 30 sheets and solutions" in out
    text = (tmp_path / "30.html").read_text(encoding="utf-8")
    assert "size: letter landscape" in text
    assert text.count("backpropagation through E, sheet ") == 31  # and the title


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["worksheet", "--sizes", "9,9,9"], "too much for a sheet of paper, the limit is 150"),
        (["worksheet", "--no-tidy", "--count", "2"], "without tidy=True the graph keeps its own"),
        (["worksheet", "--out", "a.pdf"], "saved as .html"),
        (["play", "--sizes", "64,100,10"], "is too large for a page, the limit is 12,000"),
        (["play", "--out", "a.svg"], "saved as .html"),
        (["play", "--sizes", "2"], "--sizes takes two numbers at least"),
        (["draw", "--out", "a.gif"], "saved as .svg, .png, .pdf or .dot"),
        (["draw", "--what", "network", "--detail", "node"], "--detail is for --what graph"),
        (["draw", "--layer", "2"], "--layer and --neuron are for --what neuron or backprop"),
        (["draw", "--what", "neuron", "--layer", "7"], "there is no layer 7"),
        (["draw", "missing.npz"], "missing.npz"),
    ],
)
def test_what_cannot_be_drawn_or_played_is_a_sentence_and_code_2(capsys, tmp_path, monkeypatch, argv, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *argv)
    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_dot_the_command_says_what_to_install(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGRAD_SCALAR_DOT", "no-such-program")
    code, _, err = run(capsys, "play", "--out", str(tmp_path / "a.html"))
    assert code == 2
    assert "names 'no-such-program', which is no program" in err


def test_a_training_that_leaves_all_bounds_ends_in_a_sentence_and_writes_no_model(capsys, tmp_path):
    code, _, err = run(capsys, "train", "iris", "--learning-rate", "1000", "--out", str(tmp_path))
    assert code == 1
    assert "training diverged: E is " in err
    assert "such as 1e+02" in err
    assert not (tmp_path / "model.npz").exists()


def test_a_training_says_that_e_was_still_falling(capsys, tmp_path):
    code, out, _ = run(capsys, "train", "iris", "--epochs", "3", "--out", str(tmp_path))
    assert code == 0
    assert "E was still falling when the training ended: more --epochs may help\n" in out


@pytest.fixture(scope="module")
def of_flowers(tmp_path_factory):
    """A model of named columns, some with a common prefix, and named classes; and the table it has learned."""
    folder = tmp_path_factory.mktemp("flowers")
    rows = ["petal.length,petal.width,stem {cm},kind"]
    rng = np.random.default_rng(0)
    for k in range(30):
        a, b, c = rng.normal(size=3) + k % 3
        rows.append(f"{a:.3f},{b:.3f},{c:.3f},{('rose', 'tulip', 'lily of the valley')[k % 3]}")
    (folder / "flowers.csv").write_text("\n".join(rows) + "\n")
    cli.main(["train", str(folder / "flowers.csv"), "--hidden", "3", "--epochs", "2", "--out", str(folder / "run")])
    return folder / "run" / "model.npz", folder / "flowers.csv"


def test_a_models_columns_and_classes_are_named_in_its_pictures(capsys, tmp_path, of_flowers):
    inputs, said = ("petal.length", "petal.width", "stem {cm}"), {}
    for what in ("graph", "network"):
        path = tmp_path / f"{what}.svg"
        code, _, err = run(capsys, "draw", *map(str, of_flowers), "--what", what, "--out", str(path))
        assert (code, err) == (0, "")
        said[what] = ["".join(text.itertext()) for text in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]
        assert set(inputs) <= set(said[what])
    assert {"yrose", "ytulip", "y of lily of the valley", "layer 1", "layer 2"} <= set(said["graph"])
    assert "petal" not in said["graph"], "columns of one prefix are no group"
    assert {"rose", "tulip", "lily of the valley"} <= set(said["network"])
    path = tmp_path / "page.html"
    assert run(capsys, "play", *map(str, of_flowers), "--out", str(path))[0] == 0
    page = path.read_text(encoding="utf-8")
    assert all(name in page for name in (*inputs, "tulip", "y of lily of the valley"))


def test_the_example_that_is_asked_for_goes_through_the_network(capsys, tmp_path, of_flowers):
    model = load(of_flowers[0])
    data = np.loadtxt(of_flowers[1], delimiter=",", skiprows=1, usecols=(0, 1, 2))
    for n in (1, 17, 30):
        path = tmp_path / f"{n}.svg"
        code, out, _ = run(capsys, "draw", *map(str, of_flowers), "--example", str(n), "--out", str(path))
        assert code == 0
        assert f"example {n} of {of_flowers[1]}" in out
        told = "".join(title.text or "" for title in ET.parse(path).iter("{http://www.w3.org/2000/svg}title"))
        for x in model.standardisation(data[n - 1 : n])[0].tolist():
            assert f"value {x!r}" in told
    for command, name in (("draw", "no.svg"), ("play", "no.html")):
        code, _, err = run(capsys, command, *map(str, of_flowers), "--example", "31", "--out", str(tmp_path / name))
        assert code == 2
        assert "there is no example 31: " in err
        assert "flowers.csv has 30 examples" in err
        assert not (tmp_path / name).exists()
    for n in (1, 17):
        path = tmp_path / f"{n}.html"
        assert run(capsys, "play", *map(str, of_flowers), "--example", str(n), "--out", str(path))[0] == 0
        first = model.standardisation(data[n - 1 : n])[0].tolist()
        assert f'"X":[[{",".join(map(repr, first))}]' in path.read_text(encoding="utf-8"), "it is the first of the page"


def test_a_worksheet_of_a_trained_model_has_the_models_numbers(capsys, tmp_path):
    rng = np.random.default_rng(0)
    path = write(
        tmp_path / "a.csv",
        [["x", "y", "kind"], *([*rng.normal(k % 2, size=2), ("no", "yes")[k % 2]] for k in range(20))],
    )
    run(capsys, "train", path, "--hidden", "2", "--epochs", "1", "--out", str(tmp_path))
    model = str(tmp_path / "model.npz")
    code, out, err = run(capsys, "worksheet", model, path, "--out", str(tmp_path / "sheet.html"))
    assert (code, err) == (0, "")
    assert f"{model}: MLP(2, [2, 2], ['tanh'], output='softmax'), cross_entropy, example 1 of {path}" in out
    page = (tmp_path / "sheet.html").read_text(encoding="utf-8")
    assert all(repr(w) in page for w in load(model).network.W[1].ravel().tolist())
    code, _, err = run(capsys, "worksheet", model, path, "--activation", "relu", "--out", str(tmp_path / "no.html"))
    assert code == 2
    assert "--activation would make a random network" in err


def test_data_without_a_model_are_data_from_the_beginning(capsys, tmp_path):
    code, out, _ = run(capsys, "play", "iris", "--out", str(tmp_path / "play.html"))
    assert code == 0
    assert "150 examples of iris" in out, "all three species"
    code, out, _ = run(capsys, "worksheet", "moons", "--sizes", "2,2,2", "--out", str(tmp_path / "sheet.html"))
    assert code == 0
    assert "sheet 1" in (tmp_path / "sheet.html").read_text(encoding="utf-8"), "of tidy numbers, which have a seed"
    for command in ("draw", "play", "worksheet", "check"):
        code, _, err = run(capsys, command, "missing.csv")
        assert code == 2
        assert "'missing.csv' is no file, and none of the data sets breast-cancer, " in err


@pytest.fixture
def points(tmp_path):
    """A table of three columns, with a gap in the second, and a row without its class."""
    rng = np.random.default_rng(0)
    rows = [[*rng.normal(k % 2, size=3).round(2), ("no", "yes")[k % 2]] for k in range(20)]
    rows[3][1], rows[5][3] = "", ""
    return write(tmp_path / "points.csv", [["a", "b", "c", "kind"], *rows])


@pytest.mark.parametrize(("columns", "shown"), [("b,c", "b and c"), ("1,3", "a and c")])
def test_a_playground_shows_the_columns_of_a_file_that_are_asked_for(capsys, tmp_path, points, columns, shown):
    out = tmp_path / "page.html"
    code, told, err = run(capsys, "playground", points, "--columns", columns, "--out", str(out))
    assert (code, err) == (0, "")
    assert f"\npoints: {shown}, shifted and scaled" in told
    assert "left out: 1 row without column 4 (kind)\n" in told
    assert ("missing cells: b 1 (now the median, " in told) == ("b" in columns)
    assert out.exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (
            ["points.csv"],
            "points has 3 columns to learn from, the page shows two: choose them with --columns, of a, b, c",
        ),
        (["points.csv", "--columns", "a,a"], "column 1 (a) is chosen twice as an input"),
        (["iris", "--columns", "1,1"], "--columns 1,1 names a column twice"),
        (["iris", "--columns", "1,9"], "iris has no column '9'"),
    ],
)
@pytest.mark.usefixtures("points")
def test_columns_that_a_playground_cannot_show_are_refused(capsys, tmp_path, monkeypatch, argv, says):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "playground", *argv)
    assert code == 2
    assert says in err


def test_random_examples_are_counted_too(capsys, tmp_path):
    told = {}
    for n in ("1", "2"):
        _, out, _ = run(capsys, "draw", "--example", n, "--out", str(tmp_path / f"{n}.svg"))
        assert f"random example {n}" in out
        told[n] = (tmp_path / f"{n}.svg").read_text(encoding="utf-8")
    assert told["1"] != told["2"]
    _, out, _ = run(capsys, "check", "--examples", "1")
    assert "1 random example\n" in out


def test_several_targets_are_y_with_their_numbers(capsys, tmp_path):
    run(capsys, "draw", "--sizes", "2,2,2", "--loss", "cross_entropy", "--out", str(tmp_path / "graph.svg"))
    said = [
        "".join(text.itertext()) for text in ET.parse(tmp_path / "graph.svg").iter("{http://www.w3.org/2000/svg}text")
    ]
    assert {"y1", "y2", "x1", "x2"} <= set(said)


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        (["train", "iris", "--optimizer", "sgd"], "gradient-descent"),
        (["train", "iris", "--activation", "sigmoid"], "logistic"),
        (["check", "--loss", "mse"], "squared_error"),
        (["draw", "--what", "grahp"], "graph"),
        (["trian", "iris"], "train"),
        (["train", "iris", "--lr", "0.1"], "--learning-rate"),
        (["train", "--optimiser=adam", "iris"], "--optimizer"),
        (["check", "--rng", "3"], "--seed"),
    ],
)
def test_a_name_from_elsewhere_or_misspelt_leads_to_ours(capsys, command, ours):
    with pytest.raises(SystemExit) as stopped:
        cli.main(command)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith(f"; did you mean {ours}?\n")


def test_an_option_of_another_command_is_refused_with_the_usage_of_this_one(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["train", "--loss", "mse", "iris"])
    assert stopped.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("usage: tinygrad-scalar train ")
    assert err.endswith("tinygrad-scalar train: error: there is no option --loss here\n")


def test_an_option_may_be_shortened_and_after_two_hyphens_none_is_looked_for(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "train", "--epo", "1", "--out=a", "iris")[0] == 0
    with pytest.raises(SystemExit):
        cli.main(["train", "--", "--lr"])
    assert "'--lr' is no file" in capsys.readouterr().err
