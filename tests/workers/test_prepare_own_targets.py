"""Preparing a table that declares targets: its columns are labels, carried into the cohort."""

import shutil

import pytest
from chest import make_chest, write_scan

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.own_targets import read_targets
from pylayers.command_line.exit_codes import BAD_COHORT, run
from tools import prepare_cohort, split_cohort

NAMES = ("a", "b", "c", "d")
DECLARED = "name,title,unit,min,max\npack_years,Pack-years,years,0,200\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with four chests, a table that declares pack_years, and the cohort of it."""
    folder = tmp_path_factory.mktemp("prepared")
    for seed, name in enumerate(NAMES):
        write_scan(folder / f"{name}.nrrd", make_chest(seed=seed).hu)
    write_table(folder, ("10", "20,5", "NA", "0"))
    (folder / "targets.csv").write_text(DECLARED)
    assert prepare(folder) == 0
    return folder


def write_table(folder, values):
    rows = [f"{name};{name}.nrrd;{value}" for name, value in zip(NAMES, values, strict=True)]
    (folder / "scans.csv").write_text("\n".join(["scan_id;path;Pack years", *rows]) + "\n")


def prepare(folder, *more):
    options = ["--out", str(folder / "cohort"), "--workers", "1", *more]
    return run(lambda: prepare_cohort.main([str(folder / "scans.csv"), *options]))


@pytest.fixture
def again(prepared, tmp_path):
    """A copy of the folder."""
    shutil.copytree(prepared, tmp_path / "again")
    return tmp_path / "again"


def test_a_declared_column_is_carried_into_the_cohort_as_a_label(again, capsys):
    cohort = read_cohort(again / "cohort")
    assert [scan.labels for scan in cohort.scans] == [
        {"pack_years": 10.0}, {"pack_years": 20.5}, {}, {"pack_years": 0.0},
    ]  # fmt: skip
    assert cohort.target("pack_years").title == "Pack-years"
    assert prepare(again) == 0
    assert "(labels: ve 0, fev1fvc 0, fev1pp 0, pack_years 3)" in capsys.readouterr().out
    split_cohort.main([str(again / "cohort"), "--fractions", "2,1,1", "--quiet"])
    assert {scan.split for scan in read_cohort(again / "cohort").scans} == {"train", "val", "test"}


def test_without_one_beside_the_table_the_cohorts_own_counts_and_stays(again):
    (again / "targets.csv").unlink()
    before = (again / "cohort" / "targets.csv").read_bytes()
    assert prepare(again) == 0
    assert (again / "cohort" / "targets.csv").read_bytes() == before


def test_a_new_one_beside_the_table_replaces_the_cohorts(again):
    (again / "targets.csv").write_text(DECLARED.replace("200", "300"))
    assert prepare(again) == 0
    assert read_targets(again / "cohort")["pack_years"].high == 300


@pytest.mark.parametrize(
    ("values", "declared", "says"),
    [
        (("10", "old", "1", "0"), DECLARED, "scans.csv line 3: pack_years 'old' is not a number"),
        (("10", "=9", "1", "0"), DECLARED, "scans.csv line 3: pack_years '=9' is not a number"),
        (("10", "inf", "1", "0"), DECLARED, "scans.csv line 3: pack_years inf is outside 0..200"),
        (("10", "201", "1", "0"), DECLARED, "scans.csv line 3: pack_years 201 is outside 0..200"),
        (("NA", "", ".", "nan"), DECLARED, "column pack_years, which targets.csv declares, has no"),
        (("5", "5", "5", ""), DECLARED, "column pack_years: all 3 labels are 5; nothing can be"),
        (("1", "2", "3", "4"), DECLARED + "age,Age,,0,9\n", "scans.csv has no column age, which"),
        (("1", "2", "3", "4"), DECLARED + "ve,VE,,0,9\n", "targets.csv line 3: ve: the name is"),
        (("1", "2", "3", "4"), "name,min,max\nage,0,9\n", "cohort/targets.csv declares pack_years"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_changed(
    values, declared, says, again, capsys
):
    write_table(again, values)
    (again / "targets.csv").write_text(declared)
    before = {path.name: path.read_bytes() for path in (again / "cohort").glob("*.csv")}
    assert prepare(again) == BAD_COHORT
    out, err = capsys.readouterr()
    assert says in err and not out and len(err.strip().splitlines()) == 1
    assert before == {path.name: path.read_bytes() for path in (again / "cohort").glob("*.csv")}


def test_a_table_of_scans_of_that_name_declares_nothing(again):
    (again / "targets.csv").unlink()
    (again / "scans.csv").rename(again / "targets.csv")
    options = ["--out", str(again / "other"), "--workers", "1", "--quiet"]
    assert prepare_cohort.main([str(again / "targets.csv"), *options]) == 0
    assert not (again / "other" / "targets.csv").exists()
