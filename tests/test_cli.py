"""The command line, as people and scripts use it."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tinygrad_scalar import cli, slopes
from tinygrad_scalar.models import load


def run(capsys, *argv):
    code = cli.main(argv)
    return code, *capsys.readouterr()


def test_train_digits_shows_the_agreement_trains_tests_and_writes(capsys, tmp_path):
    code, out, err = run(capsys, "train", "digits", "--out", str(tmp_path / "run"))
    assert (code, err) == (0, "")
    assert "1347 examples to train on, 450 held out" in out
    assert "scalar, matrix agree" in out
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
    assert "epoch 5, E " in err
    assert re.search(r"\d\d:\d\d<\d\d:\d\d", err)
    assert "epoch " not in out


@pytest.mark.parametrize("loss", ["cross_entropy", "half_squared_error", "max_margin", "binary_cross_entropy"])
def test_check_says_yes_with_exit_code_0(capsys, loss):
    code, out, _ = run(capsys, "check", "--sizes", "3,4,2", "--activation", "relu", "--loss", loss)
    assert code == 0
    assert re.search(r"^scalar, matrix, central(, jax)? agree; complex(, jax)? skipped$", out, re.M)


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
        (),
        ("train",),
        ("train", "mnist"),
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


@pytest.mark.parametrize("command", [[], ["train"], ["check"]])
def test_help_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command, "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "exit codes: 0 all is well" in text
    assert "(default: None)" not in text
