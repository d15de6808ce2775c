"""The table of variants compares each with the paper's network, on the same scans."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from pylayers.cohort.cohort import write_rows
from pylayers.cohort.targets import TARGETS
from pylayers.errors import WeightsError
from tools import compare_variants
from tools.caffe_run.caffe_log import training_s
from tools.report.proposals import proposals
from tools.report.results import Results, Split
from tools.report.variant_table import COLUMNS, variant_table
from tools.stats.correlation import compare_correlations, spearman
from tools.training.run_folder import RunFolder

LOG = """I1 solver.cpp:239] Iteration 0 (-1.4e-45 iter/s, 0.4s/10 iters), loss = 0.1
I1 solver.cpp:239] Iteration 10 (20 iter/s, 59.6s/10 iters), loss = 0.1
I1 solver.cpp:418]     Test net output #0: loss = 0.07
"""
SCANS = 60


def split_of(noise, seed, first=0):
    """A split's predictions with errors of that size; the scans from number `first` on."""
    truth = np.random.default_rng(1).uniform(0.3, 0.9, SCANS)[first:]
    error = np.random.default_rng(seed).normal(0, noise, SCANS)[first:]
    ids = tuple(f"s{n:02d}" for n in range(first, SCANS))
    return Split(ids, truth, truth + error, ({},) * len(ids))


@pytest.fixture
def runs(tmp_path):
    def run(variant, noise, seed, first=0, target="fev1fvc"):
        folder = RunFolder(tmp_path / f"{target}-{variant}")
        folder.path.mkdir()
        folder.log.write_text(LOG)
        folder.best_json.write_text("{}")
        facts = {"variant": variant, "phantom": True}
        val, test = split_of(noise, seed + 100), split_of(noise, seed, first)
        return Results(folder, TARGETS[target], facts, Path(), val, test)

    return [run("", 0.2, 2), run("softmax", 0.05, 3, first=5)]


def rows_of(runs):
    return variant_table("table", proposals(runs), phantoms=True).rows


def test_a_variant_is_compared_on_the_scans_that_both_have(runs):
    table = variant_table("table", proposals(runs), phantoms=True)
    plain, calibrated, variant = (dict(zip(COLUMNS, row, strict=True)) for row in table.rows)
    assert [row["proposal"] for row in (plain, calibrated)] == [
        "scan2num",
        "calibrated on validation",
    ]
    ours, theirs = (run.test for run in (runs[1], runs[0]))
    assert (plain["scans"], variant["scans"]) == ("60", "55")
    rho = spearman(ours.prediction, ours.truth)
    assert variant["rho [95 % CI]"].startswith(f"{rho:.2f} [")
    both = theirs.only(ours.scan_ids)
    gain = compare_correlations(ours.truth, ours.prediction, both.prediction)
    assert variant["rho, difference"].startswith(f"{gain.difference.value:.3f} [")
    assert variant["P(better)"] == "1.000"
    auc = metrics.roc_auc_score(theirs.truth >= 0.7, theirs.prediction)
    assert plain["AUC [95 % CI]"].startswith(f"{auc:.2f} [")
    assert plain["rho, difference"] == calibrated["minutes"] == "-"
    assert plain["minutes"] == "1.0"
    assert "say nothing about patients" in table.notes[-1]


def test_a_calibration_changes_errors_and_no_ranks(runs):
    _, calibrated, _ = rows_of(runs)
    row = dict(zip(COLUMNS, calibrated, strict=True))
    assert row["rho, difference"] == "0.000"  # in every resample
    assert row["P(better)"] == "-"
    assert row["MAE, difference"].startswith("-0.")


def test_offsets_are_in_it_where_they_were_evaluated(runs):
    test = runs[0].test
    write_rows(
        runs[0].run.predictions("test_offsets8"),
        [
            {"scan_id": name, "truth": truth, "prediction": truth + 0.01}
            for name, truth in zip(test.scan_ids, test.truth, strict=True)
        ],
    )
    assert [row[0] for row in rows_of(runs)][2] == "8 start offsets"
    os.utime(runs[0].run.best_json, (time.time() + 9,) * 2)  # trained on: they are of older weights
    assert "8 start offsets" not in [row[0] for row in rows_of(runs)]


def test_a_target_without_the_papers_network_is_left_out(runs):
    assert rows_of(runs[1:]) == ()


def test_caffes_own_clock_is_added_up(runs):
    assert training_s(runs[0].run.log) == pytest.approx(60.0)


def test_a_folder_without_runs_is_said(tmp_path):
    with pytest.raises(WeightsError, match="has no trained runs; `make variants` trains some"):
        compare_variants.main([str(tmp_path)])
