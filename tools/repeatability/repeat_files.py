"""What a measurement of repeatability leaves in a run folder.

RUN/repeatability_scans.csv: a row a scan. RUN/repeatability_pairs.csv: a row a pair of real scans
and method. RUN/repeatability.csv: a row a comparison and method. RUN/repeatability.json: what it
was measured with.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pylayers.cohort.cohort import read_rows, write_rows
from pylayers.errors import CohortError
from pylayers.files.whole_file import write_json
from tools.repeatability.comparisons import RepeatScan, compare_scans
from tools.training.run_folder import RunFolder

SCANS, PAIRS = "repeatability_scans.csv", "repeatability_pairs.csv"
TABLE, RECORD = "repeatability.csv", "repeatability.json"


class PairValue(NamedTuple):
    """A number of two scans; the scans are file names."""

    scan_a: str
    scan_b: str
    method: str
    a: float
    b: float


def write_scans(run: RunFolder, scans: Sequence[RepeatScan], facts: dict) -> None:
    """Write the scans' numbers and what is made of them, the record last."""
    write_rows(
        run.path / SCANS,
        [
            {"subject_id": s.subject_id, "condition": s.condition}
            | {name: repr(float(value)) for name, value in s.values.items()}
            for s in scans
        ],
    )
    write_rows(
        run.path / TABLE,
        [
            {
                "what_differs": comparison,
                "method": method,
                "subjects": error.n,
                "mean_shift": error.shift.value,
                "mean_shift_low": error.shift.low,
                "mean_shift_high": error.shift.high,
                "lower_limit": error.lower_limit.value,
                "upper_limit": error.upper_limit.value,
                "within_subject_sd": error.within_sd,
                "smallest_change": error.smallest_change,
                "smallest_change_over_sd_between": error.relative,
            }
            for comparison, method, error in compare_scans(scans)
        ],
    )
    write_json(run.path / RECORD, facts)


def write_pairs(run: RunFolder, pairs: Sequence[PairValue]) -> None:
    """Write the numbers of pairs of real scans."""
    write_rows(
        run.path / PAIRS,
        [pair._asdict() | {"a": repr(pair.a), "b": repr(pair.b)} for pair in pairs],
    )


def read_scans(run: RunFolder) -> tuple[list[RepeatScan], dict] | None:
    """Return the scans and the record of a run; None where there is nothing whole."""
    try:
        facts = json.loads((run.path / RECORD).read_text())
        scans = []
        for row in read(run.path / SCANS):
            subject_id, condition = row.pop("subject_id"), row.pop("condition")
            values = {name: float(text) for name, text in row.items()}
            scans.append(RepeatScan(subject_id, condition, values))
        return scans, facts
    except (OSError, ValueError, KeyError, CohortError):
        return None


def read_pairs(run: RunFolder) -> list[PairValue]:
    """Return the pairs of a run, none where none was measured."""
    try:
        return [
            PairValue(row["scan_a"], row["scan_b"], row["method"], float(row["a"]), float(row["b"]))
            for row in read(run.path / PAIRS)
        ]
    except (OSError, ValueError, KeyError, CohortError):
        return []


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return [row for _, row in read_rows(path)]
