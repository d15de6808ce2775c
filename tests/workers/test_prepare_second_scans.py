"""Second scans in prepare_cohort: stored beside the first, checked alike, kept."""

import csv
import shutil

import pytest
from chest import make_chest, write_scan
from paired_cohort import ALONE

from pylayers.cohort.cohort import read_cohort, write_rows
from pylayers.cohort.store import read_crop
from pylayers.errors import CohortError
from tools import prepare_cohort
from tools.scan_lists.scan_table import checked_table, job_of, source_key


def prepare(table, *more):
    cohort = table.parent / "cohort"
    assert prepare_cohort.main([str(table), "--out", str(cohort), "--quiet", *more]) == 0
    return cohort


def times(cohort):
    return {path.name: path.stat().st_mtime_ns for path in (cohort / "scans").iterdir()}


@pytest.fixture
def table(tmp_path):
    """Two subjects, the first with an expiration."""
    for name, seed in (("a", 1), ("a_exp", 2), ("b", 3)):
        chest = make_chest(seed=seed, size=0.9 if name == "a_exp" else 1.0)
        write_scan(tmp_path / f"{name}.mhd", chest.hu, chest.spacing_mm)
    (tmp_path / "table.csv").write_text(
        "scan_id,path,Expiration,fev1fvc\na,a.mhd,a_exp.mhd,.6\nb,b.mhd,NA,.7\n"
    )
    return tmp_path / "table.csv"


def test_the_second_crop_lies_beside_the_first(paired_cohort):
    cohort = read_cohort(paired_cohort)
    for scan in cohort.scans:
        for kind in ("expiration", "earlier"):
            stored = cohort.store_path(scan, kind).exists()
            assert stored == bool(scan.row[f"{kind}_sha256"])
            assert stored == ((scan.scan_id, kind) != (ALONE, "expiration"))
            assert kind not in scan.row  # a path says nothing in the cohort
    assert not (paired_cohort / "rejected.csv").exists()


def test_the_first_crops_are_those_of_a_table_without_seconds(paired_cohort, tiny_cohort):
    ours, usual = (
        {s.scan_id: s.row for s in read_cohort(c).scans} for c in (paired_cohort, tiny_cohort)
    )
    for scan_id, row in usual.items():
        assert row["warnings"] in ours[scan_id]["warnings"]
        row["warnings"] = ours[scan_id]["warnings"]  # those of the second scans follow
        assert {k: v for k, v in ours[scan_id].items() if k in row} == row


def test_what_is_stored_is_kept_and_what_is_gone_or_changed_is_made_again(table):
    cohort = prepare(table, "--workers", "2")
    first, text = times(cohort), (cohort / "cohort.csv").read_bytes()
    assert set(first) == {"a.h5", "a+expiration.h5", "b.h5"}
    prepare(table)
    assert times(cohort) == first
    (cohort / "scans" / "a+expiration.h5").unlink()
    prepare(table)
    second = times(cohort)
    assert (cohort / "cohort.csv").read_bytes() == text
    assert second.pop("a+expiration.h5") != first.pop("a+expiration.h5")
    assert second == first
    other = make_chest(seed=9)
    write_scan(table.parent / "a_exp.mhd", other.hu, other.spacing_mm)
    prepare(table)
    assert times(cohort)["a.h5"] == first["a.h5"]
    assert (cohort / "cohort.csv").read_bytes() != text


def rejected(cohort):
    with (cohort / "rejected.csv").open(newline="") as file:
        return {row["scan_id"]: (row["reason"], row["sentence"]) for row in csv.DictReader(file)}


def test_a_refused_second_scan_refuses_the_row_and_is_named(table):
    (table.parent / "a_exp.raw").write_bytes(b"0" * 1000)
    slug, sentence = rejected(prepare(table))["a"]
    assert slug == "truncated" and sentence.startswith("expiration: ")


def test_the_first_scan_again_is_refused(table):
    for kind in (".mhd", ".raw"):
        shutil.copy(table.parent / f"a{kind}", table.parent / f"copy{kind}")
    text = (table.parent / "copy.mhd").read_text().replace("a.raw", "copy.raw")
    (table.parent / "copy.mhd").write_text(text)
    table.write_text(table.read_text().replace("a_exp", "copy"))
    assert rejected(prepare(table))["a"][0] == "second-scan-same"


def test_an_expiration_with_the_larger_lungs_is_noted(table):
    table.write_text(table.read_text().replace("a.mhd,a_exp.mhd", "a_exp.mhd,a.mhd"))
    row = read_cohort(prepare(table)).scans[0].row
    assert "expiration: its lungs hold" in row["warnings"]


def test_a_second_scan_is_in_no_store_of_another_scan(tmp_path):
    """`+`, which tells the stores of second scans, is in no scan_id."""
    write_rows(tmp_path / "t.csv", [{"scan_id": "a+expiration", "path": "a.mhd"}])
    with pytest.raises(CohortError, match=r"'a\+expiration' must be letters, digits"):
        checked_table(tmp_path / "t.csv")


def test_a_second_scan_counts_as_a_source_of_the_scan(table):
    rows = checked_table(table)
    with_second, without = (job_of(row, table.parent) for row in rows)
    assert [kind for kind, _ in with_second.seconds] == ["expiration"] and not without.seconds
    before = source_key(with_second)
    (table.parent / "a_exp.raw").write_bytes(b"0")
    assert source_key(with_second) != before


def test_a_stored_crop_of_a_second_scan_can_be_read(paired_cohort):
    cohort = read_cohort(paired_cohort)
    scan = cohort.labelled("train", "fev1pp", "expiration")[0]
    crop = read_crop(cohort.store_path(scan, "expiration"))
    assert crop.hu.ndim == 3 and not crop.mask_given
