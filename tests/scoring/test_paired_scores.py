"""Scores of two scans: one number by every way, slices that add up to it, and refusals."""

import csv
import json

import numpy as np
import pytest
from chest import make_chest, write_scan
from conftest import drawn_run
from paired_cohort import ALONE

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.errors import ScanRefused, UsageError
from tools.scoring.predictions import mean_loss, predict_split
from tools.scoring.scan_scorer import load_scorer
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture(scope="module")
def predicted(paired_run):
    """The test split, scored from its stores: scan_id -> score."""
    return {p.scan.scan_id: p for p in predict_split(load_trained(paired_run), "test", quiet=True)}


@pytest.fixture(scope="module")
def paths(paired_table):
    """scan_id -> the paths of the scan and its expiration."""
    with paired_table.open(newline="") as file:
        rows = {row["scan_id"]: row for row in csv.DictReader(file)}
    folder = paired_table.parent
    return {name: (folder / row["path"], folder / row["expiration"]) for name, row in rows.items()}


def scored(run_tool, run, scan, *more):
    return run_tool("score_scan", scan, "--weights", run.path, "--json", "out.json", *more)


def test_score_scan_says_what_evaluate_says(predicted, paths, paired_run, run_tool, tmp_path):
    name, expected = next(iter(predicted.items()))
    scan, expiration = paths[name]
    done = scored(run_tool, paired_run, scan, "--expiration", expiration)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    target = result["targets"]["fev1pp"]
    assert target["score"] == expected.score
    assert target["second_scan"] == "expiration"
    contributions = [own["contribution"] for own in target["slices"]]
    assert np.mean(contributions) == pytest.approx(target["score"], abs=1e-9)
    assert contributions == list(expected.contributions)
    own = [place["expiration"]["index"] for place in target["slices"]]
    assert own == sorted(own) and own[0] < own[-1]
    assert result["second_scans"]["expiration"]["scan"] == expiration.name
    assert result["second_scans"]["expiration"]["lungs"]["mask"] == "computed"


def test_several_offsets_score_the_pairs_that_they_visit(predicted, paired_run, paired_cohort):
    scorer = Scorer(load_trained(paired_run), offsets=3)
    cohort = read_cohort(paired_cohort)
    scan = next(iter(predicted.values())).scan
    first, second = (read_crop(cohort.store_path(scan, kind)).hu for kind in ("", "expiration"))
    several = scorer.score(first, second)
    assert several.score == pytest.approx(several.output[0] * 100)
    # all is linear: the mean over three runs of one offset each
    unit = scorer.network
    alone = []
    for offset in (1 / 6, 3 / 6, 5 / 6):
        from pylayers.batch.stack import scoring_stack, slice_indices

        rows = np.empty((2 * unit.slices, 1, 512, 512), np.float32)
        for place, hu in enumerate((first, second)):
            rows[place::2] = scoring_stack(hu, slice_indices(len(hu), unit.slices, offset))
        alone.append(unit.forward(rows).astype(float).mean() * 100)
    assert several.score == pytest.approx(np.mean(alone), abs=1e-3)


def test_a_network_of_two_scans_never_scores_one(paired_run, random_run):
    hu = make_chest().hu
    with pytest.raises(UsageError, match="takes a second scan"):
        Scorer(load_trained(paired_run)).score(hu)
    with pytest.raises(UsageError, match="takes no second scan"):
        Scorer(load_trained(random_run)).score(hu, hu)


def test_the_second_scan_matters(predicted, paths, paired_run):
    name, other, *_ = predicted
    scorer = load_scorer(paired_run.path)
    value = scorer.score(paths[name][0], expiration=paths[name][1]).value
    assert value == predicted[name].score
    assert scorer.score(paths[name][0], expiration=paths[other][1]).value != value


def test_the_loss_of_predictions_is_caffes(predicted, paired_run):
    """Whether it is Caffe's own, tests/training/test_variants.py tells."""
    run, own = load_trained(paired_run), list(predicted.values())
    assert mean_loss(run, own) == pytest.approx(
        np.mean([(p.score - p.truth) ** 2 / 100**2 / 2 for p in own])
    )


def test_a_missing_second_scan_is_refused(paths, paired_run, run_tool, tmp_path):
    done = scored(run_tool, paired_run, paths["c00"][0])
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.startswith("refused: second-scan-missing: expiration: the weights need an")
    refused = json.loads((tmp_path / "out.json").read_text())["refused"]
    assert refused["slug"] == "second-scan-missing"


def test_the_first_scan_as_its_second_is_refused(paths, paired_run, run_tool):
    done = scored(run_tool, paired_run, paths["c00"][0], "--expiration", paths["c00"][0])
    assert done.returncode == 3 and "refused: second-scan-same: expiration: " in done.stderr


def test_a_broken_second_scan_is_refused_and_named(paths, paired_run, run_tool, tmp_path):
    (tmp_path / "cut.mhd").write_text(paths["c00"][1].read_text())
    done = scored(run_tool, paired_run, paths["c00"][0], "--expiration", "cut.mhd")
    assert done.returncode == 3
    assert done.stderr.startswith("refused: ") and ": expiration: " in done.stderr


@pytest.mark.parametrize("option", ["--expiration", "--earlier"])
def test_a_second_scan_for_weights_that_take_none_is_wrong_usage(
    option, paths, random_run, run_tool
):
    done = scored(run_tool, random_run, paths["c00"][0], option, paths["c00"][1])
    assert done.returncode == 2 and "none of the weights take one" in done.stderr


def test_an_earlier_visit_is_no_expiration(paths, paired_run):
    with pytest.raises(UsageError, match="earlier is given"):
        load_scorer(paired_run.path).score(paths["c00"][0], earlier=paths["c00"][1])


def test_a_report_of_two_scans_is_refused(paths, paired_run, run_tool):
    more = ("--expiration", paths["c00"][1], "--report", "page.html")
    done = scored(run_tool, paired_run, paths["c00"][0], *more)
    assert done.returncode == 2 and "is the variant expiration; --report takes" in done.stderr


def test_pixels_of_the_second_scan_are_judged(paths, paired_run, tmp_path):
    chest = make_chest(seed=5)
    coarse = chest.hu[:, ::3, ::3]
    spacing = (chest.spacing_mm[0], 3 * chest.spacing_mm[1], 3 * chest.spacing_mm[2])
    write_scan(tmp_path / "coarse.mhd", coarse, spacing)
    with pytest.raises(ScanRefused, match=r"pixel-size: expiration: pixels of 7.8 mm"):
        load_scorer(paired_run.path).score(paths["c00"][0], expiration=tmp_path / "coarse.mhd")


def test_a_target_that_lacks_its_second_scan_is_left_out(
    paths, paired_run, paired_cohort, tmp_path
):
    plain = drawn_run(tmp_path / "ve", paired_cohort)
    score = load_scorer(plain.path, paired_run.path).score(paths["c00"][0])
    assert list(score.targets) == ["ve"]
    assert any(w.startswith("fev1pp: not scored: second-scan-missing") for w in score.warnings)


@pytest.mark.slow
def test_score_cohort_takes_the_tables_columns(
    predicted, paired_table, paired_run, random_run, run_tool, tmp_path
):
    done = run_tool("score_cohort", paired_table, "--weights", paired_run.path, "--quiet")
    assert done.returncode == 0, done.stderr
    with (tmp_path / "scores.csv").open(newline="") as file:
        rows = {row["scan_id"]: row for row in csv.DictReader(file)}
    for name, expected in predicted.items():
        assert float(rows[name]["fev1pp"]) == expected.score
    assert rows[ALONE]["refused"] == "second-scan-missing" and not rows[ALONE]["fev1pp"]
    # weights of one scan leave the column alone
    out = ("--out", "plain.csv", "--quiet", "--workers", "2")
    done = run_tool("score_cohort", paired_table, "--weights", random_run.path, *out)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "plain.csv").open(newline="") as file:
        assert all(row["fev1pp"] for row in csv.DictReader(file))
