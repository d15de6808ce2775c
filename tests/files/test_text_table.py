"""Text tables of any make give the same rows; what is none is a CohortError, nothing else."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.errors import CohortError
from pylayers.files.text_table import number, read_text_table

COLUMNS = ["sid", "Ratio", "note"]
CELL = st.text("ab9µé -#", max_size=6).map(str.strip)
ROW = st.tuples(st.from_regex(r"[0-9]{5}[A-Z]", fullmatch=True), CELL, CELL)
CHAOS = st.text('\t,;\n\r"#a9\0\ufeff', max_size=60).map(str.encode)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """A function that reads bytes as a table."""
    path = tmp_path_factory.mktemp("tables") / "t.txt"

    def read_bytes(content):
        path.write_bytes(content)
        return read_text_table(path)

    return read_bytes


@given(
    rows=st.lists(ROW, min_size=1, max_size=8),
    order=st.permutations(range(3)),
    sep=st.sampled_from("\t,;"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_cells_survive_every_way_of_writing_them(read, rows, order, sep, end, encoding, quoting):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sep, lineterminator=end, quoting=quoting)
    writer.writerow([COLUMNS[i] for i in order])
    writer.writerows([row[i] for i in order] for row in rows)
    table = read(text.getvalue().encode(encoding))
    assert table.misfits == []
    names = ("sid", "ratio", "note")
    assert [tuple(cells[name] for name in names) for _, cells in table.rows] == rows


@given(content=st.binary(max_size=200) | CHAOS)
def test_any_bytes_are_a_table_or_a_cohort_error(read, content):
    try:
        table = read(content)
    except CohortError:
        return
    assert table.rows and all(set(row) == set(table.columns) for _, row in table.rows)


def test_lines_are_counted_from_the_top_of_the_file(read):
    table = read(b"# a comment\n\nsid\tx\n\n1\t2\n3\t4\t5\n6\n")
    assert table.rows == [(5, {"sid": "1", "x": "2"}), (7, {"sid": "6", "x": ""})]
    assert table.misfits == [6]


def test_a_quote_that_is_never_closed_swallows_no_row(read):
    table = read(b'sid\tnote\n1\t"tall 70"\n2\t"open\n3\tx\n')
    assert [cells["note"] for _, cells in table.rows] == ["tall 70", '"open', "x"]


def test_only_the_columns_asked_for_are_kept(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'"SID", x,y ,x\n1, "a, ""b""",3,4\n')
    table = read_text_table(path, ["sid", "Y", "z"])
    assert table.rows == [(2, {"sid": "1", "y": "3"})]
    assert (table.column("Sid"), table.column("z"), table.column("x")) == ("sid", None, None)
    table = read_text_table(path)
    with pytest.raises(CohortError, match=r"t.csv has two columns named x"):
        table.column("X")


@pytest.mark.parametrize("mark", [";", "\t"])
def test_decimal_commas_are_points_where_commas_separate_no_cells(mark, read):
    table = read(f"sid{mark}x\n1{mark}0,64\n2{mark}-71,5\n3{mark}1,2,3\n4{mark},5\n".encode())
    assert [cells["x"] for _, cells in table.rows] == ["0.64", "-71.5", "1,2,3", ",5"]
    assert read(b'sid,x\n1,"0,64"\n').rows[0][1]["x"] == "0,64"


def test_words_for_unknown_are_blank(read):
    table = read(b"sid,x\n" + b"".join(b"a,%s\n" % w for w in (b"NA", b"n/a", b".", b"NaN", b" ")))
    assert {cells["x"] for _, cells in table.rows} == {""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows below a header"),
        (b"sid\tx\n", "no rows below a header"),
        (b"sid\tx\n1\t2\t3\n", "more cells than its header"),
        (b'#\nsid,x\n1,"2\n', "t.txt line 3: unexpected end"),
        (b"PK\x03\x04\0", "not text"),
        (b"sid,x\n1," + b"2" * 200_000, "line 2: field larger"),
    ],
)
def test_what_is_no_table_is_refused(read, content, said):
    with pytest.raises(CohortError, match=said):
        read(content)


@pytest.mark.parametrize(
    "text", ["", "1_0", "inf", "nan", "1,5", "٣", "0x1", "1e9999", "--1", "1 2"]
)
def test_only_decimal_numbers_are_numbers(text):
    with pytest.raises(ValueError):
        number(text)


@given(value=st.floats(-1e9, 1e9))
def test_numbers_are_read_as_they_are_printed(value):
    assert number(str(value)) == value
    assert number(f"{value:+.3E}") == pytest.approx(value, rel=1e-3)
