"""Baselines: fitted on training, chosen on validation, and blind to the test split's labels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr
from stored_cohort import make_stored_cohort

from pylayers.cohort.cohort import Cohort
from pylayers.errors import CohortError
from tools.baselines.feature_job import complete_features
from tools.baselines.feature_kinds import VOLUME
from tools.baselines.methods import LAA950, METHODS
from tools.baselines.regression import ALPHAS, chosen_ridge
from tools.baselines.scored_baselines import score_baselines

TARGET = "fev1fvc"
QUICK = [name for name, method in METHODS.items() if VOLUME not in method.kinds]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """A cohort with all features."""
    cohort = make_stored_cohort(
        tmp_path_factory.mktemp("methods") / "cohort", {"train": 14, "val": 6, "test": 12}
    )
    kinds = dict.fromkeys(kind for name in QUICK for kind in METHODS[name].kinds)
    complete_features(cohort, cohort.scans, kinds, 2, 120, quiet=True)
    return cohort


@pytest.fixture(scope="module")
def scored(cohort):
    """Predictions of all methods but the network, which has a test of its own."""
    return score_baselines(cohort, TARGET, QUICK, seed=1)


def with_labels(cohort, split, change):
    """The cohort with other labels in one split."""
    scans = tuple(
        replace(scan, labels={TARGET: change(scan.labels[TARGET])}) if scan.split == split else scan
        for scan in cohort.scans
    )
    return Cohort(cohort.folder, scans)


@pytest.mark.parametrize("name", QUICK)
def test_a_method_ranks_scans_whose_density_makes_the_label(name, scored):
    predicted = scored.predictions[name]
    assert predicted.shape == (12,) and np.isfinite(predicted).all()
    assert spearmanr(predicted, scored.truth).statistic > 0.6  # in the label's direction
    assert abs(predicted.mean() - scored.truth.mean()) < 0.1  # and unit


def test_the_same_split_gives_the_same_bytes_whatever_the_labels_of_the_test_split(cohort, scored):
    other = score_baselines(
        with_labels(cohort, "test", lambda label: 1 - label), TARGET, QUICK, seed=1
    )
    assert not np.array_equal(other.truth, scored.truth)
    for name in QUICK:
        np.testing.assert_array_equal(other.predictions[name], scored.predictions[name])
    assert other.facts["methods"] == scored.facts["methods"]


def test_labels_of_the_training_split_change_every_prediction(cohort, scored):
    other = score_baselines(
        with_labels(cohort, "train", lambda label: 0.9 * label), TARGET, QUICK, seed=1
    )
    for name in QUICK:
        assert not np.array_equal(other.predictions[name], scored.predictions[name]), name


def test_a_single_density_keeps_its_ranks(cohort, scored):
    laa = [float(scan.row["laa950"]) for scan in cohort.labelled("test", TARGET)]
    assert spearmanr(scored.predictions[LAA950], laa).statistic == pytest.approx(-1)


def test_the_penalty_is_chosen_on_validation_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(15, 12))
    y = x[:, 0] + rng.normal(size=15)  # more columns than the scans can bear
    val_x = rng.normal(size=(200, 12))
    few = chosen_ridge(x, y, val_x, val_x[:, 0])
    assert few.settings["alpha"] > min(ALPHAS)
    exact = chosen_ridge(x, x[:, 0], val_x, val_x[:, 0])
    assert exact.settings["alpha"] == min(ALPHAS) and exact.val_error < 1e-3


def test_a_cohort_without_a_split_is_said_so(cohort):
    none = Cohort(cohort.folder, tuple(s for s in cohort.scans if s.split != "val"))
    with pytest.raises(CohortError, match="no scan in split 'val'"):
        score_baselines(none, TARGET, [LAA950], seed=1)
