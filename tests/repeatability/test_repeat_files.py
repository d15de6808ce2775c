"""Tables of a measurement: written, read again, shown, and what is scored is not scored again."""

import shutil

import numpy as np
import pytest

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.targets import TARGETS
from tools.repeatability.comparisons import RepeatScan
from tools.repeatability.kept_scores import scores_of
from tools.repeatability.repeat_files import (
    PairValue,
    read_pairs,
    read_scans,
    write_pairs,
    write_scans,
)
from tools.report.repeatability_table import pair_table, repeatability_table
from tools.training.run_folder import RunFolder

TARGET = TARGETS["fev1fvc"]


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder(tmp_path)


def test_scans_and_pairs_come_back_as_they_were_written(run):
    assert read_scans(run) is None and read_pairs(run) == []
    scans = [
        RepeatScan(f"s{n}", condition, {"scan2num": 0.7 + n / 30 + i / 100, "LAA-950": n / 3 + i})
        for n in range(5)
        for i, condition in enumerate(("first", "again"))
    ]
    pairs = [PairValue("a.zip", "b.zip", "LAA-950", 13.2, 0.09)]
    write_scans(run, scans, {"seed": 1})
    write_pairs(run, pairs)
    assert read_scans(run) == (scans, {"seed": 1}) and read_pairs(run) == pairs
    row = repeatability_table(TARGET, scans).rows[0]
    assert row[:3] == ("nothing but noise", "scan2num", "5") and row[3].startswith("0.010")
    assert pair_table(TARGET, pairs).rows == (
        ("a.zip", "b.zip", "LAA-950", "13.20", "0.09", "-13.11"),
    )


def test_scores_are_kept_over_a_kill_and_made_anew_for_other_weights(tiny_cohort, run):
    cohort = read_cohort(tiny_cohort)
    calls = []

    def score(hu: np.ndarray) -> float:
        if len(calls) == 3:
            raise KeyboardInterrupt
        calls.append(1)
        return float(hu.mean())

    with pytest.raises(KeyboardInterrupt):
        scores_of(cohort, run, "w1", score, quiet=True)
    calls.clear()
    rest = []
    scores = scores_of(cohort, run, "w1", lambda hu: rest.append(1) or float(hu.mean()), quiet=True)
    assert len(rest) == len(cohort.scans) - 3 and len(scores) == len(cohort.scans)
    again = scores_of(cohort, run, "w1", lambda hu: pytest.fail("scored again"), quiet=True)
    assert again == scores
    other = scores_of(cohort, run, "w2", lambda hu: 1.0, quiet=True)
    assert set(other.values()) == {1.0}


def test_other_voxels_are_scored_anew(tiny_cohort, run, tmp_path):
    from dataclasses import replace

    from pylayers.cohort.store import read_crop, write_crop

    copy = tmp_path / "copy"
    shutil.copytree(tiny_cohort, copy)
    cohort = read_cohort(copy)
    before = scores_of(cohort, run, "w", lambda hu: float(hu.mean()), quiet=True)
    changed = cohort.scans[2]
    crop = read_crop(cohort.store_path(changed))
    write_crop(cohort.store_path(changed), replace(crop, hu=crop.hu + np.int16(50)))
    after = scores_of(cohort, run, "w", lambda hu: float(hu.mean()), quiet=True)
    assert {name for name in before if before[name] != after[name]} == {changed.scan_id}
