"""What commands say, in every width, in every encoding, and when they are stopped."""

import io
import os
import re
import sys

import pytest

from tests.helpers.terminals import in_a_pipe, in_a_terminal, interrupted
from tinygrad_scalar import __main__ as module
from tinygrad_scalar import cli
from tinygrad_scalar.cli import check, draw, play, predict, race, reports, terminal, tour, train
from tinygrad_scalar.training import History

pytest.importorskip("termios")


def words(text):
    """All words, without the rules of tables and the marks where the tour waits."""
    return [word for word in text.split() if set(word) not in ({"─"}, {"⏎"})]


@pytest.mark.parametrize("columns", [80, *(pytest.param(n, marks=pytest.mark.slow) for n in (40, 200))])
def test_the_tour_fits_the_terminal_and_breaks_no_word(tmp_path, columns):
    code, shown = in_a_terminal(columns, "tour", "--out", "seen", cwd=tmp_path)
    assert code == 0
    assert max(map(len, shown.splitlines())) < columns
    piped = in_a_pipe("utf-8", "tour", "--out", "seen", "--overwrite", cwd=tmp_path)[1]
    assert words(shown) == words(piped)


@pytest.mark.parametrize("columns", [80, 40])
def test_the_header_and_the_bar_of_a_training_fit_the_terminal(tmp_path, columns):
    code, shown = in_a_terminal(columns, "train", "moons", "--epochs", "3", cwd=tmp_path)
    assert code == 0
    lines = re.split(r"[\r\n]", re.sub(r"\x1b\[\w+", "", shown))
    assert max(map(len, lines)) <= columns
    bars = [line for line in lines if line.startswith("epoch 3/3, E 0.")]
    assert bars
    for line in bars:
        assert ("accuracy" in line) == (columns == 80)
        assert len(line.split("|")[1]) >= (20 if columns == 80 else 3)
        assert re.search(r"\d\d:\d\d<\d\d:\d\d$", line)
    assert (
        " ".join(words(shown)).count("μ = 0.9, batches of 32, 3 epochs; E = the mean cross_entropy + (λ/2M) Σ w²") == 1
    )


def test_lines_break_at_blanks_alone_and_keep_the_columns_of_a_table():
    row = "  matrix : scalar  0.0e+00  2.6e-17  agrees"
    assert terminal.in_lines(row, 50) == row
    assert terminal.in_lines(row, 30) == "  matrix : scalar  0.0e+00\n    2.6e-17  agrees"
    assert terminal.in_lines("a-hyphen and averyveryverylongword", 12) == "a-hyphen and\n  averyveryverylongword"
    assert terminal.in_lines("─" * 90 + "\n\nend", 20) == "─" * 20 + "\n\nend"


def test_help_tears_no_name_apart(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    told = set(re.split(r"[\s,;()]+", capsys.readouterr().out))
    assert {"breast-cancer", "gradient-descent", "online-l-bfgs", "newton-cg"} <= told


COMMANDS = [
    "tour",
    "train moons --epochs 1",
    "race rosenbrock --gradients 3",
    "check",
    "check --loss cross_entropy --output tanh",
    "draw --what neuron",
    "play",
    "--help",
    "train --help",
    "check --loss mse",
]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("argv", COMMANDS)
def test_a_pipe_that_lacks_letters_gets_readable_ones(monkeypatch, tmp_path, encoding, argv):
    monkeypatch.chdir(tmp_path)

    def run(encoding):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        try:
            code = cli.main([*argv.split(), *(["--overwrite"] if argv in ("play", "draw --what neuron") else [])])
        except SystemExit as stopped:
            code = stopped.code
        assert out.errors == "strict"  # as it was found
        return code, [s.flush() or s.buffer.getvalue().decode(encoding) for s in (out, err)]

    expected = run("utf-8")
    code, told = run(encoding)
    assert code == expected[0]
    assert [text.count("\n") for text in told] == [text.count("\n") for text in expected[1]]
    lacking = {letter for text in expected[1] for letter in text if terminal.lacks(sys.stdout, letter)}
    assert not lacking & set("".join(told))
    assert "\\u" not in "".join(told)


def test_a_pipe_of_ones_own_system_is_such_a_pipe():
    code, out, err = in_a_pipe("cp1252:strict", "check", "--seed", "3")
    assert (code, err) == (0, "")
    assert re.search(r"^delta scalar : matrix ", out, re.M)
    code, out, err = in_a_pipe("ascii", "train", "--help")
    assert (code, err) == (0, "")
    assert "--learning-rate eta   step size" in out
    assert "adds (lambda/2M) Sum w^2 to E" in out


def test_predictions_whose_names_have_other_letters_say_so_and_a_file_keeps_them(tmp_path):
    rows = [["größe", "名"], *([k, ["Ärger", "目"][k % 2]] for k in range(20))]
    (tmp_path / "f.csv").write_text("\n".join(f"{a},{b}" for a, b in rows), encoding="utf-8")
    assert in_a_pipe("utf-8", "train", "f.csv", "--epochs", "1", "--out", "m", cwd=tmp_path)[0] == 0
    code, out, err = in_a_pipe("cp1252", "predict", "m/model.npz", "f.csv", cwd=tmp_path)
    assert code == 0
    assert out.splitlines()[0] == "prediction,probability of Ärger,probability of ?"
    assert "cp1252 lacks letters of the names, they are replaced: --out keeps them" in err
    assert in_a_pipe("ascii", "predict", "m/model.npz", "f.csv", "--out", "p.csv", cwd=tmp_path)[0] == 0
    assert "目" in (tmp_path / "p.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("E", "said"),
    [(0.0812345, "0.0812"), (0.0, "0.0000"), (1e35, "1.00e+35"), (-3e230, "-3.00e+230"), (2e-9, "2.00e-09")],
)
def test_no_number_has_more_digits_than_are_read(capsys, E, said):
    report = reports.plain_progress(1)
    report(History(E=[E, E], accuracy=[0.5, 0.5]))
    assert capsys.readouterr().out == f"epoch    1/1  E {said}  accuracy 0.5000\n"


# Ctrl-C.


def test_ctrl_c_in_a_training_is_one_sentence_that_says_how_to_go_on(tmp_path):
    argv = ["train", "moons", "--epochs", "1000", "--save-every", "1"]
    code, err = interrupted("epoch  100/", *argv, cwd=tmp_path)
    assert code == 130
    assert re.fullmatch(
        r"tinygrad-scalar: stopped after (\d+) epochs and \d+ examples?; the checkpoint is \S+; "
        r"the same command with --resume --out runs.moons-001 goes on from epoch \1\n",
        err,
    )
    assert os.listdir(tmp_path / "runs" / "moons-001") == ["checkpoint.npz"]


def test_ctrl_c_in_a_race_is_one_sentence_and_leaves_no_folder(tmp_path):
    argv = ["race", "quadratic", "--gradients", "10000"]
    assert interrupted("gradient descent, rate", *argv, cwd=tmp_path) == (130, "tinygrad-scalar: stopped\n")
    assert os.listdir(tmp_path) == []


def test_ctrl_c_where_the_tour_waits_is_a_sentence_on_a_line_of_its_own(tmp_path):
    code, shown = in_a_terminal(80, "tour", cwd=tmp_path, interrupt=True)
    assert code == 130
    assert shown.endswith("⏎ \ntinygrad-scalar: stopped\n")
    assert os.listdir(tmp_path) == []


def stop(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("room", "name", "argv"),
    [
        (check, "compare_gradients", "check"),
        (draw, "passes", "draw"),
        (play, "network_and_examples", "play --out p.html"),
        (predict, "load", "predict m.npz iris --out p.csv"),
        (race, "Race", "race rosenbrock"),
        (race, "write_csv", "race rosenbrock --gradients 2 --out a/b"),
        (tour, "pictures", "tour"),
        (train, "data_and_recipe", "train moons"),
        (train, "learn", "train moons --out a/b"),
        (terminal, "columns", "--help"),
    ],
)
def test_ctrl_c_ends_every_command_alike(capsys, monkeypatch, tmp_path, room, name, argv):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, name, stop)
    if room is race and name == "write_csv":
        monkeypatch.setitem(sys.modules, "matplotlib", None)
    if room is terminal:
        monkeypatch.setattr(cli.program.argparse.ArgumentParser, "print_help", stop)
    assert cli.main(argv.split()) == 130
    assert capsys.readouterr().err == "tinygrad-scalar: stopped\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["verdict", "save"])
def test_ctrl_c_after_the_last_epoch_says_how_to_go_on_too(capsys, monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(train, name, stop)
        assert cli.main(["train", "iris", "--epochs", "2", "--out", "a"]) == 130
    said = "tinygrad-scalar: stopped; the same command with --resume --out a goes on from epoch 2\n"
    assert capsys.readouterr().err == said
    assert cli.main(["train", "iris", "--epochs", "2", "--out", "a", "--resume"]) == 0
    assert (tmp_path / "a" / "model.npz").exists()


def test_ctrl_c_while_the_modules_are_loaded_is_the_same_sentence(capsys, monkeypatch):
    monkeypatch.setattr(cli, "main", stop)
    assert module.main() == 130
    assert capsys.readouterr().err == "tinygrad-scalar: stopped\n"
