"""Which scans of a subject are compared, and how their numbers differ."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tools.stats.measurement_error import MeasurementError, measurement_error

# What differs between two scans of a subject -> their conditions.
COMPARISONS = {
    "nothing but noise": ("first", "again"),
    "half the dose": ("first", "half_dose"),
    "sharp kernel, not soft": ("soft", "sharp"),
    "shallower breath": ("first", "breath"),
    "start by half a slice": ("first", "start"),
    "shift of 5 mm each way": ("first", "shift"),
    "turn of 4 degrees": ("first", "turn"),
}


class RepeatScan(NamedTuple):
    """A scan of a subject under a condition, with numbers by the name of their method."""

    subject_id: str
    condition: str
    values: Mapping[str, float]


class Compared(NamedTuple):
    """The error of one method between two conditions."""

    comparison: str
    method: str
    error: MeasurementError


def compare_scans(scans: Sequence[RepeatScan]) -> list[Compared]:
    """Return the errors of all methods in all COMPARISONS, over subjects that have both scans."""
    at = {(scan.subject_id, scan.condition): scan.values for scan in scans}
    subjects = sorted({scan.subject_id for scan in scans})
    methods = list(scans[0].values) if scans else []
    compared = []
    for comparison, (first, second) in COMPARISONS.items():
        both = [s for s in subjects if (s, first) in at and (s, second) in at]
        for method in methods:
            values = ([at[s, condition][method] for s in both] for condition in (first, second))
            compared.append(Compared(comparison, method, measurement_error(*values)))
    return compared
