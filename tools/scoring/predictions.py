"""Predictions of a run over a split of its cohort, by the same code as score_scan."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.cohort.cohort import CohortScan, read_cohort, write_rows
from pylayers.cohort.store import read_crop
from pylayers.cohort.stored_crops import read_grids
from pylayers.command_line.progress_bar import progress_bar
from pylayers.files.checkout import ROOT
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.training.version_note import version_note


class Prediction(NamedTuple):
    """truth and score in the people's unit; contributions: float64 (slices,), as Scorer.score."""

    scan: CohortScan
    truth: float
    score: float
    contributions: np.ndarray


def predict_split(
    run: RunFolder, split: str, gpu=None, quiet=False, offsets: int = 1
) -> list[Prediction]:
    """Score every labelled scan of a split, in the order of the table.

    offsets: from how many start offsets; one is what `caffe test` uses. UsageError out of range.
    """
    scorer = Scorer(run, gpu, offsets)
    cohort = read_cohort(Path(ROOT, run.layer_params(split).cohort))
    target = scorer.target.name
    predictions = []
    scans = cohort.labelled(split, target)
    read_grids(cohort, scans)
    for scan in progress_bar(scans, name=f"score {split}", unit="scan", quiet=quiet):
        contributions = scorer.score(read_crop(cohort.store_path(scan)).hu)
        score = float(contributions.mean())
        predictions.append(Prediction(scan, scan.labels[target], score, contributions))
    return predictions


def split_version_note(run: RunFolder, splits) -> str | None:
    """Return what is to be said of the preprocessing of a run and the crops of splits, or None.

    Raises CohortError for a stored crop that is missing or damaged.
    """
    best, grids = run.best(), []
    for split in splits:
        cohort = read_cohort(Path(ROOT, run.layer_params(split).cohort))
        grids += read_grids(cohort, cohort.labelled(split, best["target"]))
    return version_note(best, grids)


def euclidean_loss(predictions: list[Prediction], network_unit: float) -> float:
    """Return Caffe's EuclideanLoss over all predictions: half the mean squared error.

    network_unit: people's units per unit inside the network, where the loss is taken.
    """
    errors = np.array([p.score - p.truth for p in predictions]) / network_unit
    return float(np.mean(errors**2) / 2)


def write_predictions(path, predictions: list[Prediction]) -> None:
    """Write scan_id, truth and prediction of each scan as CSV, in the people's unit."""
    write_rows(
        path,
        [
            {"scan_id": p.scan.scan_id, "truth": repr(p.truth), "prediction": repr(p.score)}
            for p in predictions
        ],
    )
