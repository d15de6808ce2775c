"""Results: a run's predictions with what the cohort's table says of the same scans."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import read_cohort, read_rows
from pylayers.cohort.targets import Target
from pylayers.errors import CohortError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import RunFolder
from tools.training.trained_on import TrainedOn
from tools.training.trained_run import load_trained


@dataclass(frozen=True)
class Split:
    """One split's predictions: truth, prediction (n,), people's units; rows of the cohort's table.

    column() gives any numeric column of the table.
    """

    scan_ids: tuple[str, ...]
    truth: np.ndarray
    prediction: np.ndarray
    rows: tuple[dict[str, str], ...]

    def column(self, name: str) -> np.ndarray:
        """Return a column of the cohort's table as floats (n,), NaN where it is blank."""
        return np.array([float(row.get(name) or "nan") for row in self.rows])

    def only(self, scan_ids) -> "Split":
        """Return the scans of that order."""
        at = {scan_id: index for index, scan_id in enumerate(self.scan_ids)}
        chosen = [at[scan_id] for scan_id in scan_ids]
        return Split(
            tuple(scan_ids),
            self.truth[chosen],
            self.prediction[chosen],
            tuple(self.rows[index] for index in chosen),
        )


@dataclass(frozen=True)
class Results:
    """A trained run: what made it (best.json, run.json), and its predictions of two splits.

    seen: what its training split is like, where best.json keeps it.
    """

    run: RunFolder
    target: Target
    made: dict
    cohort: Path
    val: Split
    test: Split
    seen: TrainedOn | None = None


def read_results(run: RunFolder) -> Results:
    """Read what `make evaluate` wrote; CohortError or WeightsError say what is missing."""
    trained = load_trained(run)
    best, target = trained.best, trained.target
    made = best | (json.loads(run.run_json.read_text()) if run.run_json.exists() else {})
    folder = Path(ROOT, run.layer_params("test").cohort)
    rows = {scan.scan_id: scan.row for scan in read_cohort(folder).scans}
    splits = [read_split(run.predictions(split), rows, target) for split in ("val", "test")]
    return Results(run, target, made, folder, *splits, trained.trained_on)


def read_split(path: Path, rows: dict[str, dict], target: Target) -> Split:
    """Read one split's predictions."""
    if not path.exists():
        raise CohortError(f"there is no {relative(path)}; run `make evaluate TARGET={target.name}`")
    read = [row for _, row in read_rows(path)]
    unknown = [row["scan_id"] for row in read if row["scan_id"] not in rows]
    if unknown:
        raise CohortError(
            f"{relative(path)} has {unknown[0]}, which is not in the cohort; run "
            f"`make evaluate TARGET={target.name}` again"
        )
    return Split(
        tuple(row["scan_id"] for row in read),
        np.array([float(row["truth"]) for row in read]),
        np.array([float(row["prediction"]) for row in read]),
        tuple(rows[row["scan_id"]] for row in read),
    )
