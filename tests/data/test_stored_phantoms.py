"""Phantoms of which the lungs alone are kept: the same cohort as from their scans."""

import pytest

from data.phantom.make_phantoms import main
from pylayers.cohort.cohort import read_cohort
from tools.prepare_cohort import main as prepare

SEED = 3


def made(*options):
    assert not main([*map(str, options), "--seed", str(SEED), "--workers", "1", "--quiet"])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    made("--out", folder, "--n", 2, "--stored")
    return folder


@pytest.mark.slow
def test_the_cohort_is_the_one_prepared_from_scans(stored, tmp_path):
    """But for phantoms that have a mask, every second one: here the lungs are always found."""
    made("--out", tmp_path, "--n", 2)
    assert prepare([str(tmp_path / "table.csv"), "--out", str(tmp_path / "cohort"), "--quiet"]) == 0
    cohorts = [read_cohort(folder / "cohort") for folder in (stored, tmp_path)]
    assert cohorts[0].own == cohorts[1].own and list(cohorts[0].own) == ["lung_ml"]
    rows, usual = ([scan.row for scan in cohort.scans] for cohort in cohorts)
    assert rows[1] == usual[1]
    assert [row["mask"] for row in (*rows, *usual)] == ["computed", "computed", "given", "computed"]
    assert list(rows[0]) == list(usual[0])
    assert not (stored / "scans").exists()


@pytest.mark.slow
def test_what_is_stored_is_not_made_again(stored):
    stores = sorted((stored / "cohort" / "scans").glob("*.h5"))
    stores[0].write_bytes(stores[0].read_bytes()[:1000])  # cut off
    kept = stores[1].stat().st_mtime_ns
    table = (stored / "cohort" / "cohort.csv").read_bytes()
    made("--out", stored, "--n", 2, "--stored")
    assert stores[1].stat().st_mtime_ns == kept
    assert (stored / "cohort" / "cohort.csv").read_bytes() == table
