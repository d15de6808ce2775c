"""cohort.csv: every wrong row is named by line and value."""

import pytest

from pylayers.cohort.cohort import read_cohort, read_rows, store_path, write_rows
from pylayers.errors import CohortError, UsageError

HEADER = "scan_id,subject_id,split,ve,fev1fvc,fev1pp,site\n"


def cohort_of(folder, *lines):
    (folder / "cohort.csv").write_text(HEADER + "".join(line + "\n" for line in lines))
    return read_cohort(folder)


def test_rows_are_read_in_order_with_the_labels_that_are_known(tmp_path):
    cohort = cohort_of(tmp_path, "b,s1,train,2.5,,88,X", "a,,val,,0.61,,Y")
    assert [s.scan_id for s in cohort.scans] == ["b", "a"]
    assert [s.subject_id for s in cohort.scans] == ["s1", "a"]
    assert [s.labels for s in cohort.scans] == [{"ve": 2.5, "fev1pp": 88.0}, {"fev1fvc": 0.61}]
    assert cohort.scans[1].row["site"] == "Y"
    assert cohort.store_path(cohort.scans[0]) == tmp_path / "scans" / "b.h5"


def test_a_table_written_by_a_spreadsheet_is_read(tmp_path):
    text = HEADER.strip() + "\r\n b , s1,train, 1 ,0.5,50,Ö\r\n"
    (tmp_path / "cohort.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (scan,) = read_cohort(tmp_path).scans
    assert (scan.scan_id, scan.subject_id, scan.row["site"]) == ("b", "s1", "Ö")
    assert scan.labels == {"ve": 1.0, "fev1fvc": 0.5, "fev1pp": 50.0}


def test_labelled_gives_the_scans_of_a_split_that_have_the_label(tmp_path):
    cohort = cohort_of(tmp_path, "a,,train,1,,,", "b,,train,,,,", "c,,val,2,,,", "d,,train,0,,,")
    assert [s.scan_id for s in cohort.labelled("train", "ve")] == ["a", "d"]
    with pytest.raises(CohortError, match="split 'val' with a label fev1pp"):
        cohort.labelled("val", "fev1pp")
    with pytest.raises(CohortError, match="'dev' is not one of train, val, test"):
        cohort.labelled("dev", "ve")
    with pytest.raises(UsageError, match="'VE' is not known"):
        cohort.labelled("train", "VE")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("a,,train,5.1,,,", ["ve 5.1", "0..5"]),
        ("a,,train,-0.1,,,", ["ve -0.1", "0..5"]),
        ("a,,train,nan,,,", ["ve nan"]),
        ("a,,train,inf,,,", ["ve inf"]),
        ("a,,train,two,,,", ["ve 'two'", "not a number"]),
        ("a,,train,,61,,", ["fev1fvc 61", "0.05..1"]),
        ("a,,train,,,0.88,", ["fev1pp 0.88", "3..200 percent"]),
        ("a,,dev,1,,,", ["split 'dev'"]),
        (",,train,1,,,", ["scan_id ''"]),
        ("../x,,train,1,,,", ["scan_id '../x'"]),
        ("a/b,,train,1,,,", ["scan_id 'a/b'"]),
        (".hidden,,train,1,,,", ["scan_id '.hidden'"]),
    ],
)
def test_a_wrong_row_is_named_by_line_and_value(line, parts, tmp_path):
    with pytest.raises(CohortError) as caught:
        cohort_of(tmp_path, "good,,train,1,,,", line)
    assert all(part in str(caught.value) for part in ["cohort.csv line 3", *parts])


@pytest.mark.parametrize("edge", ["a,,train,0,0.05,3,", "a,,train,5,1,200,"])
def test_the_ends_of_each_range_are_allowed(edge, tmp_path):
    assert len(cohort_of(tmp_path, edge).scans[0].labels) == 3


def test_a_scan_may_occur_once_only(tmp_path):
    with pytest.raises(CohortError, match="line 3: scan_id 'a' occurs twice"):
        cohort_of(tmp_path, "a,,train,1,,,", "a,,val,1,,,")


def test_a_missing_empty_or_binary_table_is_said_so(tmp_path):
    with pytest.raises(CohortError, match="there is no"):
        read_cohort(tmp_path)
    with pytest.raises(CohortError, match="has no scans"):
        cohort_of(tmp_path)
    (tmp_path / "cohort.csv").write_bytes(b"scan_id\n\xff\xfe\n")
    with pytest.raises(CohortError, match="not a UTF-8 CSV"):
        read_cohort(tmp_path)


def test_the_hash_follows_the_table(tmp_path):
    first = cohort_of(tmp_path, "a,,train,1,,,").sha256()
    assert cohort_of(tmp_path, "a,,train,1,,,").sha256() == first
    assert cohort_of(tmp_path, "a,,train,1.5,,,").sha256() != first


def test_what_is_written_is_read_back(tmp_path):
    rows = [{"scan_id": "a", "note": 'said "x", then\nleft'}, {"scan_id": "b", "note": ""}]
    write_rows(tmp_path / "t.csv", rows)
    assert [row for _, row in read_rows(tmp_path / "t.csv")] == rows


def test_a_failing_write_leaves_the_old_table_and_nothing_else(tmp_path):
    write_rows(tmp_path / "t.csv", [{"scan_id": "old"}])
    with pytest.raises(ValueError):
        write_rows(tmp_path / "t.csv", [{"scan_id": "new"}, {"scan_id": "new", "more": 1}])
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]
    assert read_rows(tmp_path / "t.csv")[0][1] == {"scan_id": "old"}


def test_a_store_lies_in_the_folder_of_scans(tmp_path):
    assert store_path(tmp_path, "x1") == tmp_path / "scans" / "x1.h5"
