"""Columns as people have them: what becomes numbers or categories, what is missing, and what is refused, all at once."""

from pathlib import Path

import numpy as np
import pytest

from tinygrad_scalar.data.csv_files import read

FILES = Path(__file__).parent / "files"


@pytest.fixture
def table(tmp_path):
    """Read a table of one column x, given by its cells, and a target of two classes."""

    def write(cells, name="x"):
        path = tmp_path / "file.csv"
        rows = "".join('"{}",{}\n'.format(cell.replace('"', '""'), "ab"[m % 2]) for m, cell in enumerate(cells))
        path.write_text(f"{name},kind\n{rows}", encoding="utf-8")
        return read(path, True)

    return write


def test_numbers_categories_yes_and_no_and_gaps_are_read_side_by_side():
    data = read(FILES / "missing.csv").data_set()
    assert data.columns == ("age", "colour", "member", "asked", "spent")
    assert data.levels == ((), ("blue", "green", "red"), (), (), ())
    assert len(data.X) == 58
    assert np.isnan(data.X).sum(axis=0).tolist() == [5, 2, 0, 0, 1]
    assert data.X[:3].tolist() == [[72, 0, 0, 0, 87.7], [43, 0, 0, 1, 30.1], [50, 2, 0, 0, 69.3]]
    assert "left out: 2 rows without column 6 (comes)" in data.notes
    assert "yes and true are 1, no and false 0: column 3 (member), column 4 (asked)" in data.notes


def test_a_german_export_in_cp1252_holds_the_same_numbers():
    ours, theirs = (
        read(FILES / "missing.csv").data_set(),
        read(FILES / "excel_german.csv", encoding="cp1252").data_set(),
    )
    assert theirs.columns == ("Alter", "Farbe", "Größe")
    assert theirs.levels[1] == ("blau", "grün", "rot")
    assert np.array_equal(theirs.X, ours.X[:, [0, 1, 4]], equal_nan=True)
    with pytest.raises(ValueError, match="line 1 is not written in UTF-8; .* try --encoding cp1252"):
        read(FILES / "excel_german.csv")
    with pytest.raises(ValueError, match="there is no encoding 'klingon'; utf-8, cp1252 and utf-16 are such names"):
        read(FILES / "excel_german.csv", encoding="klingon")


def test_a_byte_order_mark_and_lines_within_cells_are_no_trouble():
    data = read(FILES / "bom_and_newlines.csv").data_set()
    assert data.columns == ("n", "remark")
    assert data.levels[1] == ('first line\nsecond "line"', "one; line")
    assert data.notes == ("column 1 (n) counts the rows: --drop it, unless it is a time",)


def test_all_that_is_wrong_with_columns_is_said_at_once_and_how_to_do_without():
    with pytest.raises(ValueError, match="9 columns cannot be used as they are") as refused:
        read(FILES / "refused.csv").data_set()
    head, *lines, advice = str(refused.value).splitlines()
    assert head.endswith("refused.csv, 9 columns cannot be used as they are:")
    for line, says in zip(
        lines,
        [
            "column 1 (customer_id) is another whole number in each row: it names the rows",
            "column 2 (name) holds another text in each row, such as 'Ada': it names the rows",
            "column 3 (since) holds dates, such as '2020-01-01': write what may matter of it as numbers",
            "column 4 (income) holds numbers with thousands separators, such as '72,568': write thousands like 1000",
            "column 5 (share) holds numbers with a sign for their unit, such as '0%': write the number alone",
            "column 6 (height) holds numbers with a decimal comma, such as '1,70': write decimals like 1.5",
            "column 7 (parts) is empty",
            "column 8 (when) holds times, such as '8:30': write what may matter of it as one number",
            "line 6, column 9 (weight): 'x1' is no number; write a number, or nothing",
        ],
        strict=True,
    ):
        assert line.startswith(f"  {says}")
    assert advice.startswith("--drop customer_id,name,since,income,share,height,parts,when,weight leaves out")


def test_what_the_advice_says_can_be_done(tmp_path):
    text = (FILES / "refused.csv").read_text(encoding="utf-8").replace("x1", "64")
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    table = read(tmp_path / "file.csv")
    dropped = table.data_set(drop="customer_id,name,since,income,share,height,parts,when")
    assert dropped.columns == ("weight",)
    for how in ({"columns": "weight"}, {"columns": ["9"]}, {"columns": ("weight",), "target": "10"}):
        assert np.array_equal(table.data_set(**how).X, dropped.X)


def test_names_with_commas_and_names_that_stand_twice_are_dropped_by_name_or_number(tmp_path):
    (tmp_path / "file.csv").write_text(
        ',"a, b",c,c,kind\n' + "".join(f"{m + 5 * (m % 3)},t{m},1,{m * m},{'xy'[m % 2]}\n" for m in range(9))
    )
    table = read(tmp_path / "file.csv")
    with pytest.raises(ValueError, match="3 columns cannot be used") as refused:
        table.data_set()
    assert str(refused.value).endswith("--drop 1,2,4 leaves out what is not the target")
    assert table.data_set(drop="1,2,4").columns == ("c",)
    assert table.data_set(drop='1,"a, b",3').X.ravel().tolist() == [m * m for m in range(9)]
    with pytest.raises(ValueError, match="columns 3 and 4 are both called 'c'; give the number"):
        table.data_set(drop="c")
    assert table.find_all("a, b") == [1]


def test_an_excel_column_of_thousands_is_no_151_classes():
    with pytest.raises(
        ValueError, match=r"column 2 \(price\) holds numbers with thousands separators, such as '40,100'"
    ):
        read(FILES / "thousands.csv").data_set()


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["31.12.2020", "1.1.2021", "2.1.2021"], "dates"),
        (["12/31/20", "1/1/21", "1/2/21"], "dates"),
        (["2020-01-31 12:30", "2020-02-01T08:15:07.5Z", "2020-02-02"], "dates"),
        (["2020-01", "2020-02", "2020-01"], "dates"),
        (["12:30", "8:15:07.5", "23:59"], "times"),
        (["1.234,5", "2.345,6", "1.234.567"], "numbers with thousands separators"),
        (["1,234.5", "22,345.6", "1,234,567"], "numbers with thousands separators"),
        (["1 234", "22 345", "1'234"], "numbers with thousands separators"),
        (["3,5", "12,25", "-0,5"], "numbers with a decimal comma"),
        (["$3.50", "$ 1,200", "€4"], "numbers with a sign for their unit"),
        (["3 %", "4.5%", "12€"], "numbers with a sign for their unit"),
    ],
)
def test_what_many_would_call_a_number_is_no_category(table, cells, what):
    with pytest.raises(ValueError, match=f"column 1 \\(x\\) holds {what}, such as '.*; --drop x leaves it out"):
        table(cells * 4).data_set()


@pytest.mark.parametrize(
    "cells",
    [
        ["10-19", "20-29", "30-39"],
        ["4wd", "fwd", "rwd"],
        ["Na", "Cl", "K"],
        ["1st", "2nd", "3rd"],
        ["y", "n", "n"],
        ["3", "a", "b"],
    ],
)
def test_what_only_begins_like_a_number_is_a_category(table, cells):
    data = table(cells * 4).data_set()
    assert data.levels == (tuple(sorted(set(cells))),)
    assert [data.levels[0][int(k)] for k in data.X[:, 0]] == cells * 4


@pytest.mark.parametrize(
    "name", ["id", "ID", "PassengerId", "customer_id", "index", "Nr", "row", "patient-id", "user.id"]
)
def test_a_column_of_ids_is_refused_by_its_name_and_its_numbers(table, name):
    ids = [str(1000 + 7 * m) for m in range(20)]
    with pytest.raises(ValueError, match="is another whole number in each row: it names the rows"):
        table(ids, name).data_set()
    assert table([*ids[:10], *ids[:10]], name).data_set().X.shape == (20, 1)
    assert table(ids, "humid").data_set().X[0, 0] == 1000.0
    assert table([f"{x}.5" for x in ids], name).data_set().X[0, 0] == 1000.5


def test_a_category_has_50_texts_at_most(table):
    cells = [f"t{m % 50}" for m in range(150)]
    assert len(table(cells).data_set().levels[0]) == 50
    with pytest.raises(ValueError, match="holds 51 different texts, such as 't0', and categories are 50 at most: put"):
        table([*cells, "u", "u"]).data_set()


@pytest.mark.parametrize("gap", ["", "NA", "N/A", "n/a", "#N/A", "?", "nan", "NaN"])
def test_a_gap_is_missing_in_numbers_texts_truths_and_targets(table, gap, tmp_path):
    for cells in (["1", "2", gap, "4"], ["red", "blue", gap, "red"], ["yes", "no", gap, "yes"]):
        assert np.isnan(table(cells * 3).data_set().X[:, 0]).tolist() == [False, False, True, False] * 3
    (tmp_path / "target.csv").write_text(f"x,y\n1,a\n2,b\n3,{gap}\n4,a\n5,b\n")
    data = read(tmp_path / "target.csv").data_set()
    assert (data.X.ravel().tolist(), data.classes) == ([1, 2, 4, 5], ("a", "b"))
    assert data.notes == ("left out: 1 row without column 2 (y)",)


def test_true_and_false_yes_and_no_are_1_and_0_however_they_are_written(table):
    for cells in (["True", "False", "true", "TRUE"], ["YES", "no", "Yes", "yes"]):
        data = table(cells).data_set()
        assert (data.X.ravel().tolist(), data.levels) == ([1.0, 0.0, 1.0, 1.0], ())
    assert table(["yes", "no", "maybe"] * 2).data_set().levels == (("maybe", "no", "yes"),)


def test_as_a_target_yes_and_no_stay_classes_and_are_numbers_if_a_regression_is_asked_for(tmp_path):
    (tmp_path / "file.csv").write_text("x,y\n1,yes\n2,no\n3,yes\n4,no\n")
    table = read(tmp_path / "file.csv")
    assert table.data_set().classes == ("no", "yes")
    assert table.data_set(task="regression").targets.tolist() == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"columns": "age", "drop": "spent"}, "either columns are chosen or some are dropped"),
        ({"columns": "age,comes"}, r"column 6 \(comes\) is the target, it cannot be an input or dropped too"),
        ({"target": "age", "drop": "age"}, r"column 1 \(age\) is the target"),
        ({"drop": "ages"}, "has no column 'ages', but columns 1 to 6: age, colour"),
        ({"drop": "1,2,3,4,5"}, r"has no input left: there is nothing to learn column 6 \(comes\) from"),
        ({"drop": "1,2,3,4,5,6"}, "every column is dropped; one is the target, and another an input"),
        ({"columns": ""}, "has no input left"),
        ({"columns": "age,spent,1"}, r"column 1 \(age\) is chosen twice as an input; once is enough"),
    ],
)
def test_columns_that_are_not_there_or_contradict_each_other_are_refused(how, says):
    with pytest.raises(ValueError, match=says):
        read(FILES / "missing.csv").data_set(**how)


def test_if_the_last_column_is_dropped_the_one_before_is_the_target():
    data = read(FILES / "missing.csv").data_set(drop="comes")
    assert (data.target, data.task) == ("spent", "regression")


@pytest.mark.parametrize(
    ("name", "says"),
    [("one_class.csv", r"column 2 \(kind\) is 'a' in every row"), ("junk.csv", "has one column: there is nothing")],
)
def test_what_cannot_be_learned_is_refused(name, says):
    with pytest.raises(ValueError, match=says):
        read(FILES / name).data_set()


def test_decimal_commas_that_may_be_thousands_are_shown_as_they_are_read(tmp_path):
    (tmp_path / "file.csv").write_text("a\tb\n72,568\t1\n1,250\t2\n")
    assert str(read(tmp_path / "file.csv")).endswith("decimals written with a comma: 72,568 is 72.568")
    (tmp_path / "file.csv").write_text("a\tb\n72,568\t1\n0,5\t2\n")
    assert str(read(tmp_path / "file.csv")).endswith("decimals written 1,5")


def test_with_the_levels_of_a_model_texts_are_its_numbers_and_others_are_minus_one(tmp_path):
    (tmp_path / "file.csv").write_text("a,b\nred,yes\nblue,1\npink,0\n,?\n")
    X = read(tmp_path / "file.csv", True).numbers([0], [("blue", "red")])
    assert np.array_equal(X, [[1.0], [0.0], [-1.0], [np.nan]], equal_nan=True)
    with pytest.raises(ValueError, match=r"line 2, column 2 \(b\): 'yes' is no number"):
        read(tmp_path / "file.csv", True).numbers([0, 1], [("blue", "red"), ()])
