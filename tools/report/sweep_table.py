"""The table of a sweep beside the paper's Table 6: rank correlation by the number of slices."""

import math
from pathlib import Path

from pylayers.cohort.cohort import read_rows, write_rows
from tools.report.paper import SLICES_RHO
from tools.stats.correlation import spearman, spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.training.trained_run import TrainedRun

PAPER_TARGET = "fev1fvc"


def row_of(run: TrainedRun) -> dict:
    """Return the row of a trained and tested run.

    rho, low, high: Spearman's rho of prediction and truth over the test split with its 95 %
    bootstrap interval, NaN where there is none. n: scans. val_loss: of the best weights.
    """
    best = run.best
    tested = [row for _, row in read_rows(run.folder.predictions("test"))]
    predicted, truth = ([float(row[name]) for row in tested] for name in ("prediction", "truth"))
    interval = spearman_interval(predicted, truth)
    return {
        "slices": best["slices"],
        "rho": spearman(predicted, truth),
        "low": interval.low,
        "high": interval.high,
        "n": len(tested),
        "val_loss": best["val_loss"],
        "weights_sha256": best["weights_sha256"],
    }


def write_table(path: Path, rows: list[dict]) -> None:
    """Write the rows as CSV, blank where a number is NaN."""
    write_rows(path, [{key: _cell(value) for key, value in row.items()} for row in rows])


def table_text(target: str, rows: list[dict]) -> str:
    """Return the rows as text for the terminal, beside the paper's where it has the target."""
    lines = [
        f"{target}, {rows[0]['n']} test scans     Spearman's rho [95 % CI]",
        f"{'slices':>6}  {'this cohort':<20} {'val. loss':<10} the paper's Table 6",
    ]
    for row in rows:
        ours = estimate_text(Estimate(row["rho"], row["low"], row["high"]))
        theirs = SLICES_RHO.get(row["slices"]) if target == PAPER_TARGET else None
        paper = estimate_text(theirs) if theirs else "-"
        lines.append(f"{row['slices']:>6}  {ours:<20} {row['val_loss']:<10.4g} {paper}")
    return "\n".join(
        [*lines, f"the paper's: another cohort, 195 COPDGene scans, {PAPER_TARGET} only"]
    )


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return value
