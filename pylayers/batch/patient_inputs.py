"""Patient inputs: patient data as the network gets them, standardised on the training split.

An input is (value - mean) / sd, of the known values of the training split. A missing value is 0,
the mean, and sets an indicator, so that the network can learn how patients without the value
differ. The indicator stays 0 where the training split misses none: nothing was learned about it.
A value that is always missing or always the same there is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, pstdev
from typing import NamedTuple

import numpy as np

from pylayers.cohort.patient_data import (
    AGE,
    CURRENT,
    FEMALE,
    HEIGHT,
    NEVER,
    PACK_YEARS,
    PATIENT_COLUMNS,
    SEX,
    SMOKING,
    WEIGHT,
    Patient,
)

# What is standardised, and the column that it comes from; then an indicator for each column.
VALUES = {
    AGE: AGE,
    "female": SEX,
    HEIGHT: HEIGHT,
    WEIGHT: WEIGHT,
    PACK_YEARS: PACK_YEARS,
    "ever_smoked": SMOKING,
    "smokes": SMOKING,
}
WIDTH = len(VALUES) + len(PATIENT_COLUMNS)
MOST_SD = 4.0  # inputs end here: one of 15 could make a training at the paper's rate diverge


class Scale(NamedTuple):
    """One of VALUES in a training split: mean, sd and range of the known ones; share missing.

    In the column's unit, words as 0 and 1.
    """

    mean: float
    sd: float
    low: float
    high: float
    missing: float

    @property
    def is_used(self) -> bool:
        """Whether anything could be learned from it."""
        return self.sd > 0


@dataclass(frozen=True)
class PatientScales:
    """How patient data become inputs; scales: by VALUES."""

    scales: Mapping[str, Scale]

    def inputs(self, patient: Patient) -> np.ndarray:
        """Return the inputs of a patient, float32 (WIDTH,)."""
        known, out = numbers_of(patient), []
        for name, scale in self.scales.items():
            is_given = name in known and scale.is_used
            z = (known[name] - scale.mean) / scale.sd if is_given else 0.0
            out.append(min(max(z, -MOST_SD), MOST_SD))
        for column in PATIENT_COLUMNS:
            out.append(float(column not in patient and 0 < self._missing(column) < 1))
        return np.float32(out)

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that the network learned from."""
        names = (VALUES[name] for name, scale in self.scales.items() if scale.is_used)
        return tuple(dict.fromkeys(names))

    def outside(self, patient: Patient) -> dict[str, Scale]:
        """Return the scale of each number of a patient that lies outside the training's range."""
        return {
            name: self.scales[name]
            for name, value in patient.items()
            if name in self.scales
            and self.scales[name].is_used
            and not self.scales[name].low <= value <= self.scales[name].high
        }

    def to_json(self) -> dict:
        """Return what run.json and best.json keep."""
        return {name: scale._asdict() for name, scale in self.scales.items()}

    @classmethod
    def of_json(cls, kept: Mapping) -> "PatientScales":
        """Return what to_json() kept; KeyError, TypeError or ValueError for anything else."""
        if kept.keys() != VALUES.keys():
            raise ValueError
        scales = {
            name: Scale(*(float(kept[name][field]) for field in Scale._fields)) for name in VALUES
        }
        if not np.isfinite(list(scales.values())).all() or any(s.sd < 0 for s in scales.values()):
            raise ValueError
        return cls(scales)

    def _missing(self, column: str) -> float:
        return next(self.scales[name].missing for name, of in VALUES.items() if of == column)


def patient_scales(patients: Iterable[Patient]) -> PatientScales:
    """Return the scales of a training split, in the order of VALUES."""
    known = [numbers_of(patient) for patient in patients]
    return PatientScales(
        {name: _scale([p[name] for p in known if name in p], len(known)) for name in VALUES}
    )


def numbers_of(patient: Patient) -> dict[str, float]:
    """Return those of VALUES that are known of a patient; words as 0 and 1."""
    numbers = {name: patient[column] for name, column in VALUES.items() if column in patient}
    if SEX in patient:
        numbers["female"] = float(patient[SEX] == FEMALE)
    if SMOKING in patient:
        numbers["ever_smoked"] = float(patient[SMOKING] != NEVER)
        numbers["smokes"] = float(patient[SMOKING] == CURRENT)
    return numbers


def _scale(values: list[float], count: int) -> Scale:
    if not values:
        return Scale(0.0, 0.0, 0.0, 0.0, 1.0)
    missing = 1 - len(values) / count
    return Scale(fmean(values), pstdev(values), min(values), max(values), missing)
