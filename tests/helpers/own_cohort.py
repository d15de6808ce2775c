"""The tiny cohort with a number that is no disease: the age of its chests, and a run of it."""

import csv
import shutil
from pathlib import Path

import pytest
from conftest import drawn_run

from pylayers.cohort.cohort import write_rows

DECLARATION = (
    "name,title,unit,min,max,decimals,network_unit,thresholds\nage,Age,years,18,100,0,60,50;65\n"
)


def age_of(scan_id: str) -> float:
    """The age of a chest of the tiny cohort, c00 to c15."""
    return 40.0 + 2.5 * int(scan_id[1:])


@pytest.fixture(scope="session")
def own_cohort(tiny_cohort, tmp_path_factory) -> Path:
    """The tiny cohort with a column age, which its targets.csv declares. Do not write into it."""
    folder = tmp_path_factory.mktemp("own") / "cohort"
    shutil.copytree(tiny_cohort, folder)
    with (folder / "cohort.csv").open(newline="") as file:
        rows = [row | {"age": age_of(row["scan_id"])} for row in csv.DictReader(file)]
    write_rows(folder / "cohort.csv", rows)
    (folder / "targets.csv").write_text(DECLARATION)
    return folder


@pytest.fixture(scope="session")
def own_run(own_cohort, tmp_path_factory):
    """A run of age whose weights were drawn, not trained. Do not write into it."""
    return drawn_run(tmp_path_factory.mktemp("own_runs") / "age", own_cohort)
