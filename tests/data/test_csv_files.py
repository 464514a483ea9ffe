"""CSV files as people have them: what is read, what is guessed, and what is refused with the line and the column."""

import contextlib
import csv
import io
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tinygrad_scalar.data import iris
from tinygrad_scalar.data.csv_files import read


@pytest.fixture
def file(tmp_path):
    """Write text or bytes to a file, and give its path."""

    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def data_of(path, header=None, **how):
    return read(path, header).data_set(**how)


PLAIN = "width,height,kind\n1.5,2,b\n-3e-1,.5,a\n0,1.,b\n+7,4,a\n"
X, LABELS = [[1.5, 2.0], [-0.3, 0.5], [0.0, 1.0], [7.0, 4.0]], [1, 0, 1, 0]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace("\n", "\n\n"),
        PLAIN.replace("\n", "\n , ,\n"),
        PLAIN.rstrip(),
        PLAIN.replace(",", ", "),
        PLAIN.replace(",", " ,\t"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", ";").replace(".", ","),
        PLAIN.replace(",", "\t").replace(".", ","),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in PLAIN.split()),
        PLAIN.replace("width", '"width"').replace("a\n", '"a"\n'),
        "sep=,\n" + PLAIN,
        "\ufeffsep=;\r\n" + PLAIN.replace(",", ";").replace(".", ",").replace("\n", "\r\n"),
        "SEP=\t\r" + PLAIN.replace(",", "\t").replace("\n", "\r"),
        '# measured in May, by "A\n' + PLAIN,
        PLAIN.replace("\n", "\n  # 1;2;3\n#\n"),
        "sep=;\n#,,,\n" + PLAIN.replace(",", ";"),
        PLAIN.replace(",", " "),
        PLAIN.replace(",", "   "),
        PLAIN.replace(",", " \t "),
        "  " + PLAIN.replace(",", "  ").replace("\n", " \n   "),
        PLAIN.replace(",", " ").replace(".", ","),
        "# x y\n" + PLAIN.replace("width", '"width"').replace("a\n", '"a"\n').replace(",", " "),
    ],
)
def test_the_same_table_however_it_is_written(file, content):
    data = data_of(file(content))
    assert data.X.tolist() == X
    assert (data.labels.tolist(), data.classes) == (LABELS, ("a", "b"))
    assert (data.columns, data.target, data.name) == (("width", "height"), "kind", "file")


def test_without_a_header_columns_go_by_numbers(file):
    path = file(PLAIN.split("\n", 1)[1])
    data = data_of(path)
    assert data.X.tolist() == X
    assert (data.columns, data.target, data.classes) == ((), "3", ("a", "b"))
    data = data_of(file("1,2\n3,4\n5,6\n"), target="1")
    assert data.targets.tolist() == [1.0, 3.0, 5.0]
    assert data.target == "1"


def test_a_header_of_numbers_has_to_be_announced(file):
    path = file("2019,2020,kind\n1,2,a\n3,4,b\n5,6,a\n7,8,b\n")
    with pytest.raises(ValueError, match=r"column 3 is 'kind' in one row only"):
        data_of(path)
    data = data_of(path, header=True)
    assert (data.columns, data.X.tolist()) == (("2019", "2020"), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])


def test_a_first_row_can_be_kept_from_being_a_header(file):
    table = read(file("a,b\n1,2\n"), header=False)
    assert (table.header, len(table.rows)) == ((), 2)


@pytest.mark.parametrize("target", ["kind", "3"])
def test_the_target_goes_by_name_or_number(file, target):
    assert data_of(file(PLAIN), target=target).classes == ("a", "b")


def test_a_name_comes_before_a_number(file):
    data = data_of(file("2,1\na,0\nb,1\na,2\nb,3\n"), header=True, target="2")
    assert (data.target, data.classes) == ("2", ("a", "b"))


def test_quoted_cells_may_hold_the_delimiter_quotes_and_lines_and_lines_are_counted_right(file):
    content = 'x,kind\n1,"a, or ""b"""\n2,"two\nlines"\n3,"a, or ""b"""\n4,"two\nlines"\nn.a.,c\n'
    with pytest.raises(ValueError, match=r"line 8, column 1 \(x\): 'n.a.' is no number"):
        read(file(content)).numbers([0])
    data = data_of(file(content.replace("n.a.,c\n", "")))
    assert data.classes == ('a, or "b"', "two\nlines")


@pytest.mark.parametrize(
    ("cells", "classes", "labels"),
    [
        ("10 9 10 9", ("9", "10"), [1, 0, 1, 0]),
        ("b a B a b B", ("B", "a", "b"), [2, 1, 0, 1, 2, 0]),
        ("1 1.0 2 2", ("1", "2"), [0, 0, 1, 1]),
        ("2.0 1.0 2.0 1.0", ("1.0", "2.0"), [1, 0, 1, 0]),
        ("-1 1 1 -1", ("-1", "1"), [0, 1, 1, 0]),
        ("x 10 9 x 10 9", ("9", "10", "x"), [2, 1, 0, 2, 1, 0]),
        ("inf -inf inf -inf", ("-inf", "inf"), [1, 0, 1, 0]),
        ("9007199254740992 9007199254740993 9007199254740992 9007199254740993", ("9007199254740992", "9007199254740993"), [0, 1, 0, 1]),
        ("Ä ß Ä ß", ("Ä", "ß"), [0, 1, 0, 1]),
        ("\u00c4 ß A\u0308 ß", ("Ä", "ß"), [0, 1, 0, 1]),
    ],
)  # fmt: skip
def test_classes_keep_their_text_and_are_ordered_as_numbers_then_as_text(file, cells, classes, labels):
    data = data_of(file("".join(f"{m},{cell}\n" for m, cell in enumerate(cells.split()))))
    assert (data.classes, data.labels.tolist()) == (classes, labels)


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        (["a", "b"] * 5, "classification"),
        (["0", "1"] * 5, "classification"),
        ([str(k % 20) for k in range(40)], "classification"),
        ([str(k % 21) for k in range(42)], "regression"),
        (["0", "1", "2", "3"], "regression"),
        (["0.5", "1"] * 5, "regression"),
        (["1", "2", "n.a."] * 4, "classification"),
        ([str(k % 30) for k in range(90)] + ["n.a."], "regression"),
        (["0.5", "1.5", "n.a."] * 4, "regression"),
    ],
)
def test_the_task_is_guessed_from_the_target(file, cells, task):
    path = file("x,y\n" + "".join(f"{m},{cell}\n" for m, cell in enumerate(cells)))
    if task == "regression" and "n.a." in cells:
        with pytest.raises(ValueError, match=r"column 2 \(y\): 'n.a.' is no number"):
            data_of(path)
    else:
        assert data_of(path).task == task


def test_the_task_can_be_given(file):
    path = file("x,y\n1,0\n2,1\n3,0\n4,1\n")
    assert data_of(path).task == "classification"
    data = data_of(path, task="regression")
    assert (data.task, data.targets.tolist(), data.classes) == ("regression", [0.0, 1.0, 0.0, 1.0], ())
    with pytest.raises(ValueError, match="the task is classification or regression, not 'ranking'"):
        data_of(path, task="ranking")


NO_NUMBERS = ["n.a.", "none", "-", "inf", "-inf", "infinity", "1_000", "١٢", "1,5", "1.000,5", "0x10", "1e", "--1", "−1",
              "1 000", "½", "1e999", "True", "1.5.2", "1f", "²"]  # fmt: skip


@pytest.mark.parametrize("cell", NO_NUMBERS)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_cell_that_is_no_number_is_named_by_line_and_column(file, cell, delimiter):
    if (delimiter, cell) == (";", "1,5"):
        cell = "1,5,"
    quoted = f'"{cell}"' if "," in cell else cell
    path = file("a,petal width,kind\n1.5,2.5,x\n3.5,{},y\n5.5,6.5,x\n7,8,y\n".replace(",", delimiter).format(quoted))
    with pytest.raises(ValueError, match=r"file\.csv, line 3, column 2 \(petal width\): ") as refused:
        data_of(path)
    assert repr(cell)[1:-1] in str(refused.value)


def test_a_decimal_comma_among_decimal_points_is_refused_too(file):
    path = file("a;b;kind\n1.5;2.5;x\n2.5;3,5;y\n1.0;2.0;x\n1.0;2.0;y\n")
    with pytest.raises(
        ValueError, match=r"line 3, column 2 \(b\): '3,5' is no number; this file has decimals like 1\.5"
    ):
        data_of(path)


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("share,weight,kind\n5%,2 kg,a\n6%,3 kg,b\n", ("share", "weight", "kind")),
        ("when,kind\n2020-01-01,a\nNA,b\n2020-01-02,a\n", ("when", "kind")),
        ("price,kind\n$ 5,a\n-$6,b\n", ("price", "kind")),
        ("5%,a\n6%,b\n", ()),
        ("share,kind\n5%,a\nmany,b\n", ()),
        ("share,kind\nNA,a\n?,b\n", ()),
    ],
)
def test_names_above_numbers_with_units_are_a_header(file, content, header):
    assert read(file(content)).header == header


def test_a_line_break_in_a_name_becomes_a_blank(file):
    table = read(file('a,"c \r\nd"\n1,2\n3,4\n'))
    assert table.header == ("a", "c d")
    assert table.name(1) == "column 2 (c d)"
    assert table.find("c\nd") == table.find("c d") == 1


def test_without_any_number_there_is_no_header(file):
    table = read(file("a,b\nc,d\n"))
    assert (table.header, table.rows, table.lines) == ((), [["a", "b"], ["c", "d"]], [1, 2])


def test_a_decimal_point_among_decimal_commas_is_refused(file):
    path = file("a;b;kind\n1,5;2,5;x\n2,5;3.5;y\n1,0;2,0;x\n1,0;2,0;y\n")
    with pytest.raises(
        ValueError, match=r"line 3, column 2 \(b\): '3\.5' is no number; this file has decimals like 1,5"
    ):
        data_of(path)


REFUSED = [
    ("", "file.csv is empty"),
    ("\n \n\r\n", "file.csv is empty"),
    (b"\xef\xbb\xbf", "file.csv is empty"),
    ("a,b\n", "file.csv has a header and no rows: a, b"),
    ("# a,b\n", "file.csv is empty, but for its comments"),
    ("sep=;\n", "file.csv is empty"),
    ("sep=:\n1:2\n", "line 1 says 'sep=:'; cells may stand between commas, semicolons, tabs, bars, blanks"),
    ("sep=;\n1,2\n", "has one column: there is nothing to learn"),
    ("# note\na,b\n#\n1,2\n1\n", "line 5 has 1 cells, line 2 has 2"),
    ("e\u0301t\u00e9,\u00e9t\u00e9\n1,2\n", "columns 1 and 2 are both called 'été'"),
    ("petal width kind\n1.5 a\n", "line 2 has 2 cells, line 1 has 3"),
    ("a,b,c\n1,2\n", "line 2 has 2 cells, line 1 has 3"),
    ("1,2,3\n4,5,6\n7,8,9,10\n", "line 3 has 4 cells, line 1 has 3"),
    ("a,b,a\n1,2,3\n", "columns 1 and 3 are both called 'a'"),
    (",b,c\n0,2,3\n", "column 1 has no name"),
    ("y\n1\n2\n", "has one column: there is nothing to learn column 1 \\(y\\) from"),
    ("x,y\n1,a\n2,a\n", "column 2 \\(y\\) is 'a' in every row"),
    ("x,y\n1,.5\n2,0.5\n", "column 2 \\(y\\) is '.5' in every row"),
    ("x,y\n1,a\n2,a\n3,b\n4,c\n5,c\n", "column 2 \\(y\\) is 'b' in one row only"),
    ("x,y\n" + "".join(f"{m},id{m // 2 if m < 8 else m}\n" for m in range(16)), "has 12 values in 16 rows, too many"),
    ("x,y\n" + "".join(f"{m},id{m // 2}\n" for m in range(2002)), "has 1001 values in 2002 rows, too many"),
    ("x,y\n1,a\n2,a\n3,b\n4,c\n5,d\n", "has 4 values in 5 rows, too many for classes"),
    ("x,y\n1,\n2,?\n", "column 2 \\(y\\) is empty, and it is the target"),
    ('a,b\n1,"2\n3,4\n', "line 2: unexpected end of data"),
    ('a,b\n1,2\n"3"x,4\n', "line 3: ',' expected after"),
    ("a,b\n1," + "2" * 200_000 + "\n", "line 2: field larger than field limit"),
    ("a,b\n1," + "2" * 100_000 + "\n", "line 2, column 2 \\(b\\): .* is too large for a 64-bit float|in every row"),
    (b"a,b\n1,caf\xe9\n", "line 2 is not written in UTF-8; save the file as CSV in UTF-8"),
    ("a,b\n1,2\n".encode("utf-16"), "line 1 is not written in UTF-8"),
    ("a,b\n1,2\n".encode("utf-16-le"), "holds zero bytes"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1 is not written in UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "says"), REFUSED)
def test_what_is_no_table_to_learn_from_is_refused_with_the_reason(file, content, says):
    with pytest.raises(ValueError, match=says):
        data_of(file(content))


@pytest.mark.parametrize("target", ["", "0", "-1", "4", "kinds", "1.0", "١", "9" * 5000, "0000000015"])
def test_a_target_that_is_not_there_is_refused_with_the_names(file, target):
    with pytest.raises(ValueError, match="has no column .*, but columns 1 to 3: width, height, kind"):
        data_of(file(PLAIN), target=target)


def test_numbers_that_are_no_whole_ones_are_no_classes(file):
    with pytest.raises(ValueError, match=r"line 3, column 2: '0\.5' is no class: .* the task is regression"):
        data_of(file("1,1\n2,1\n4,0.5\n5,2\n6,0.5\n"), task="classification")


def test_with_the_classes_of_a_model_rows_may_be_few_but_not_of_another_class(file):
    data = data_of(file("x,y\n1,b\n"), target="y", task="classification", classes=("c", "b", "a"))
    assert (data.labels.tolist(), data.classes) == ([1], ("c", "b", "a"))
    with pytest.raises(ValueError, match=r"line 2, column 2 \(y\): 'd' is none of the classes c, b, a"):
        data_of(file("x,y\n1,d\n"), target="y", task="classification", classes=("c", "b", "a"))
    assert data_of(file("x,y\n1,5\n"), task="regression", classes=()).targets.tolist() == [5.0]


def test_a_table_describes_what_was_guessed(file):
    assert str(read(file(PLAIN))).endswith("file.csv: 4 rows of 3 columns between commas, with a header")
    german = PLAIN.split("\n", 1)[1].replace(",", ";").replace(".", ",")
    assert str(read(file(german))).endswith(
        "4 rows of 3 columns between semicolons, without a header, decimals written 1,5"
    )


def test_what_is_no_comment_and_no_blank_between_cells_stays(file):
    data = data_of(file('x,kind\n1,"two\n# lines  apart"\n2,#b\n3,"two\n# lines  apart"\n"4",#b\n'))
    assert data.classes == ("#b", "two\n# lines  apart")
    assert data_of(file('"#1" 1 5\n"#2" 2 4\n"#1" 3 7\n"#2" 4 8\n'), target="1").classes == ("#1", "#2")
    assert data_of(file('1 "a  b"\n2 c\n3 "a  b"\n4 c\n')).classes == ("a  b", "c")
    assert read(file("\t#1\n2\t3\n"), header=False).rows == [["", "#1"], ["2", "3"]]
    assert read(file("Iris setosa, 1 2\nIris virginica, 3 4\n")).delimiter == ","


def test_comments_left_out_are_counted(file):
    table = read(file("# from the lab\n" + PLAIN.replace(",", " ") + "#1 2 a\n"))
    assert str(table).endswith("4 rows of 3 columns between blanks, with a header, 2 comments left out")


def test_a_class_or_a_column_spelt_in_other_unicode_is_the_same(file):
    path = file("gr\u00f6\u00dfe,y\n1,\u00e4\n2,o\u0308\n")
    data = data_of(path, classes=("a\u0308", "\u00f6"), task="classification")
    assert data.labels.tolist() == [0, 1]
    assert read(path).find("gro\u0308\u00dfe") == 0


def test_iris_written_by_a_spreadsheet_of_either_habit_is_iris(file):
    data = iris()
    for delimiter, decimal in ((",", "."), (";", ","), ("\t", ","), ("\t", ".")):
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter)
        writer.writerow([*data.columns, "species"])
        for x, label in zip(data.X.tolist(), data.labels, strict=True):
            writer.writerow([*(str(v).replace(".", decimal) for v in x), data.classes[label]])
        back = data_of(file(text.getvalue()))
        assert np.array_equal(back.X, data.X)
        assert np.array_equal(back.labels, data.labels)
        assert (back.columns, back.classes) == (data.columns, data.classes)


@pytest.mark.slow
def test_long_cells_and_large_files_are_read(file):
    with pytest.raises(ValueError, match="is no number"):
        read(file("x,y\n1,2\n" + "1" * 130_000 + "x,2\n")).numbers([0])
    assert read(file("a,b\n" + "1.5,2.5\n" * 100_000)).numbers([0, 1]).shape == (100_000, 2)


# Hypothesis: what is written comes back, whatever else is a sentence.

TEXT = st.text(st.characters(exclude_characters="\0\r\n,;\t|\"#", exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=6)  # fmt: skip
NAMES = TEXT.filter(lambda s: not any(ch.isdigit() for ch in s))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False)), min_size=1, max_size=8),
    st.lists(NAMES, min_size=2, max_size=2, unique_by=lambda name: unicodedata.normalize("NFC", name)),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", ","), ("|", ".")]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_every_float_comes_back_to_the_bit(tmp_path_factory, numbers, names, dialect, header, end):
    delimiter, decimal = dialect
    rows = [[repr(x).replace(".", decimal) for x in row] for row in numbers]
    text = "".join(delimiter.join(row) + end for row in ([names] if header else []) + rows)
    path = tmp_path_factory.getbasetemp() / "floats.csv"
    path.write_text(text, encoding="utf-8", newline="")
    table = read(path)
    assert table.header == (tuple(unicodedata.normalize("NFC", name) for name in names) if header else ())
    assert table.numbers([0, 1]).tobytes() == np.array(numbers).tobytes()


def is_float(word):
    with contextlib.suppress(ValueError):
        float(word)
        return True
    return False


def refused_or_right(path):
    """Read a file as people would; whatever is read must be what a plain reading of its text gives."""
    refused = None
    try:
        data = data_of(path)
    except ValueError as error:
        refused = error
    if refused:
        assert type(refused) is ValueError
        assert str(refused).startswith(str(path))
        return None
    assert not np.isinf(data.X).any()
    assert len(data.X) == len(data.targets) >= 1
    if data.classes:
        assert set(data.labels.tolist()) == set(range(len(data.classes)))
    return data


@settings(deadline=None)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf\xef\xbb\xbf1,2\n")
@example(b'"')
@example(b"1;2,3\n4;5")
def test_random_bytes_are_refused_or_read_never_another_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    refused_or_right(path)


@settings(deadline=None)
@given(st.text(alphabet='0123456789.,;\t|"\n\r abe-+_#', max_size=60))
def test_random_tables_are_refused_or_read_never_another_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "text.csv"
    path.write_bytes(content.encode())
    refused_or_right(path)


VALID = b"a,b,kind\n1.5,2,x\n3,4e2,y\n5,6,x\n7,8,y\n"


@settings(deadline=None)
@given(st.integers(0, len(VALID) - 1), st.integers(0, 3), st.binary(max_size=3))
def test_a_damaged_table_never_gives_a_number_that_is_not_in_its_text(tmp_path_factory, at, length, new):
    content = VALID[:at] + new + VALID[at + length :]
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(content)
    data = refused_or_right(path)
    if data is not None:
        text = content.decode("utf-8-sig").replace('"', " ")
        for mark in ",;\t|\r\n":
            text = text.replace(mark, " ")
        there = {float(word) for word in text.split() if set(word) <= set("0123456789.eE+-") and is_float(word)}
        numbers = data.X[:, [j for j in range(data.X.shape[1]) if not (data.levels and data.levels[j])]]
        assert set(numbers[~np.isnan(numbers)].tolist()) <= there
