"""The tiny cohort's chests, each with an expiration (but one) and an earlier visit."""

import csv
import os
from pathlib import Path

import pytest
from chest import make_chest, write_scan
from conftest import TINY_FRACTIONS, drawn_run

from pylayers.cohort.cohort import write_rows

ALONE = "c02"  # without an expiration


@pytest.fixture(scope="session")
def paired_table(tiny_cohort, tmp_path_factory) -> Path:
    """The table of the tiny cohort's scans with columns expiration and earlier."""
    folder = tmp_path_factory.mktemp("paired")
    with (tiny_cohort.parent / "scans.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["path"] = os.path.relpath(tiny_cohort.parent / row["path"], folder)
        badness = number / (len(rows) - 1)
        for kind, lung_hu in (("expiration", -700 - 160 * badness), ("earlier", -840)):
            row[kind] = (
                "" if (row["scan_id"], kind) == (ALONE, "expiration") else f"{kind}{number}.mhd"
            )
            second = make_chest(seed=100 + number, lung_hu=lung_hu)
            write_scan(folder / f"{kind}{number}.mhd", second.hu, second.spacing_mm)
    write_rows(folder / "scans.csv", rows)
    return folder / "scans.csv"


@pytest.fixture(scope="session")
def paired_run(paired_cohort, tmp_path_factory):
    """A run of fev1pp and expiration whose weights were drawn. Do not write into it."""
    return drawn_run(tmp_path_factory.mktemp("paired_runs") / "fev1pp", paired_cohort, "expiration")


@pytest.fixture(scope="session")
def paired_cohort(paired_table) -> Path:
    """The prepared and split cohort of that table: as the tiny one. Do not write into it."""
    from tools import prepare_cohort, split_cohort

    cohort = paired_table.parent / "cohort"
    workers = str(min(2, os.cpu_count() or 1))
    prepare_cohort.main([str(paired_table), "--out", str(cohort), "--workers", workers, "--quiet"])
    split_cohort.main([str(cohort), "--fractions", TINY_FRACTIONS, "--quiet"])
    return cohort
