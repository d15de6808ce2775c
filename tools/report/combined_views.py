"""A target's axial, coronal and sagittal runs combined: by their mean, and linearly."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylayers.cohort.targets import Target
from pylayers.errors import CohortError
from pylayers.files.checkout import relative
from tools.report.baseline_table import mae_text, probability_text
from tools.report.result_table import Table
from tools.report.results import Results, Split, read_results
from tools.stats.agreement import agreement
from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.stats.gain import gain_over
from tools.stats.linear_weights import LinearWeights, fit_weights
from tools.training.run_folder import RunFolder
from tools.training.run_places import make_command

AXIAL, MEAN, LINEAR = "axial", "mean", "linear"
COLUMNS = ("slices", "rho [95 % CI]", "gain over axial", "P(better)", "MAE", "MAE less axial's")


@dataclass(frozen=True)
class CombinedViews:
    """Predictions of one target's test scans.

    results: by view, axial first. truth: float64 (n,). predictions: by view, then MEAN and LINEAR,
    (n,). weights: those of LINEAR, fitted on the validation split. All in the target's unit.
    """

    results: dict[str, Results]
    truth: np.ndarray
    predictions: dict[str, np.ndarray]
    weights: LinearWeights

    @property
    def target(self) -> Target:
        """What is predicted."""
        return self.results[AXIAL].target

    @property
    def scan_ids(self) -> tuple[str, ...]:
        """The test scans."""
        return self.results[AXIAL].test.scan_ids


def combine(runs: dict[str, RunFolder]) -> CombinedViews:
    """Combine evaluated runs, by view, axial first.

    Raises CohortError where predictions are missing, older than the weights or of other scans.
    """
    results = {view: fresh_results(run) for view, run in runs.items()}
    first = results[AXIAL]
    val, test = (
        {view: alike(getattr(r, split), getattr(first, split), r) for view, r in results.items()}
        for split in ("val", "test")
    )
    weights = fit_weights(first.val.truth, stacked(val))
    predictions = {view: split.prediction for view, split in test.items()}
    predictions |= {
        MEAN: LinearWeights.equal(len(runs))(stacked(test)),
        LINEAR: weights(stacked(test)),
    }
    return CombinedViews(results, first.test.truth, predictions, weights)


def fresh_results(run: RunFolder) -> Results:
    """Read a run's predictions; CohortError where they are missing or older than its weights."""
    results = read_results(run)
    newest = run.best_json.stat().st_mtime
    if any(run.predictions(split).stat().st_mtime < newest for split in ("val", "test")):
        raise CohortError(
            f"the predictions in {relative(run.path)} are older than its weights; run "
            f"`{make_command('evaluate', run, results.target.name)}`"
        )
    return results


def alike(split: Split, first: Split, results: Results) -> Split:
    """Return a split in the order of another; CohortError unless scans and labels are the same."""
    if set(split.scan_ids) == set(first.scan_ids):
        split = split.only(first.scan_ids)
        if np.array_equal(split.truth, first.truth):
            return split
    raise CohortError(
        f"{relative(results.run.path)} was evaluated on other scans or labels than the axial run; "
        f"run `{make_command('evaluate', results.run, results.target.name)}` again, or train both "
        "on one cohort"
    )


def stacked(splits: dict[str, Split]) -> np.ndarray:
    """Return the predictions of all views, (n, views)."""
    return np.stack([split.prediction for split in splits.values()], axis=1)


def statistics(combined: CombinedViews) -> dict[str, dict[str, Estimate | float]]:
    """Return rho and MAE of each prediction, and what sets it off from the axial network's.

    By name: rho, mae; but for axial also gain (of rho), better (its probability) and mae_less.
    Intervals from paired, seeded bootstrap resamples.
    """
    truth, axial = combined.truth, combined.predictions[AXIAL]
    found = {}
    for name, prediction in combined.predictions.items():
        found[name] = {
            "rho": spearman_interval(prediction, truth),
            "mae": agreement(truth, prediction).mae,
        }
        if name != AXIAL:
            gain = gain_over(truth, prediction, axial)
            found[name] |= {"gain": gain.rho, "better": gain.better, "mae_less": gain.mae}
    return found


def views_table(combined: CombinedViews) -> Table:
    """Return the statistics as a table."""
    target, views = combined.target, combined.results
    decimals = target.decimals + 1
    rows = []
    for name, found in statistics(combined).items():
        mae = mae_text(target, combined.truth, combined.predictions[name])
        cells = (estimate_text(found["rho"], 3), "", "", mae, "")
        if name != AXIAL:
            gain, less = estimate_text(found["gain"], 3), estimate_text(found["mae_less"], decimals)
            cells = (cells[0], gain, probability_text(found["better"]), mae, less)
        rows.append((name, *cells))
    parts = zip(views, combined.weights.weights, strict=True)
    formula = " + ".join(f"{weight:.3f} {view}" for view, weight in parts)
    return Table(
        f"views_{target.name}",
        f"{target.title}: coronal and sagittal networks beside the axial one, "
        f"{len(combined.truth)} test scans",
        COLUMNS,
        tuple(rows),
        (
            f"linear = {combined.weights.intercept:.{decimals}f} + {formula}, fitted on "
            f"{len(views[AXIAL].val.truth)} validation scans with no weight below 0. Intervals and "
            "probabilities from 10,000 seeded bootstrap resamples, paired by scan.",
        ),
    )


def record_path(run: RunFolder) -> Path:
    """Return where the weights of the combination with an axial run are kept."""
    return run.path / "combined_views.json"


def predictions_path(run: RunFolder) -> Path:
    """Return where the combined predictions of the test split are kept."""
    return run.path / "combined_views_test.csv"
