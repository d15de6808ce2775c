"""Results: a run's predictions, and the same scans' rows in the cohort's table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import read_cohort, read_rows
from pylayers.cohort.targets import Target
from pylayers.errors import CohortError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import RunFolder
from tools.training.run_places import make_command
from tools.training.trained_on import TrainedOn
from tools.training.trained_run import load_trained


@dataclass(frozen=True)
class Split:
    """One split: scan ids (n,), their rows of the cohort's table, truth and prediction (n,).

    Truth and prediction are in the reported unit.
    """

    scan_ids: tuple[str, ...]
    truth: np.ndarray
    prediction: np.ndarray
    rows: tuple[dict[str, str], ...]

    def column(self, name: str) -> np.ndarray:
        """Return a column of the cohort's table as floats (n,), NaN where it is blank."""
        return np.array([float(row.get(name) or "nan") for row in self.rows])

    def only(self, scan_ids: Sequence[str]) -> "Split":
        """Return these scans, in this order."""
        index_of = {scan_id: index for index, scan_id in enumerate(self.scan_ids)}
        chosen = [index_of[scan_id] for scan_id in scan_ids]
        return Split(
            tuple(scan_ids),
            self.truth[chosen],
            self.prediction[chosen],
            tuple(self.rows[index] for index in chosen),
        )


@dataclass(frozen=True)
class Results:
    """A trained run and its predictions of two splits.

    facts: of best.json and run.json. trained_on: its training scans, where best.json describes
    them.
    """

    run: RunFolder
    target: Target
    facts: dict
    cohort: Path
    val: Split
    test: Split
    trained_on: TrainedOn | None = None


def read_results(run: RunFolder) -> Results:
    """Read the tables of `make evaluate`; CohortError or WeightsError say what is missing."""
    trained = load_trained(run)
    best, target = trained.best, trained.target
    facts = best | (json.loads(run.run_json.read_text()) if run.run_json.exists() else {})
    folder = Path(ROOT, run.layer_params("test").cohort)
    rows = {scan.scan_id: scan.row for scan in read_cohort(folder).scans}
    splits = [read_split(run.predictions(split), rows, target) for split in ("val", "test")]
    return Results(run, target, facts, folder, *splits, trained.trained_on)


def read_split(path: Path, rows: dict[str, dict], target: Target) -> Split:
    """Read one split's predictions."""
    evaluate = make_command("evaluate", RunFolder(path.parent), target.name)
    if not path.exists():
        raise CohortError(f"there is no {relative(path)}; run `{evaluate}`")
    predicted = [row for _, row in read_rows(path)]
    unknown = [row["scan_id"] for row in predicted if row["scan_id"] not in rows]
    if unknown:
        raise CohortError(
            f"{relative(path)} lists {unknown[0]}, which is not in the cohort; "
            f"run `{evaluate}` again"
        )
    return Split(
        tuple(row["scan_id"] for row in predicted),
        np.array([float(row["truth"]) for row in predicted]),
        np.array([float(row["prediction"]) for row in predicted]),
        tuple(rows[row["scan_id"]] for row in predicted),
    )
