"""The patient data of a cohort's scans, and how its training split scales them."""

from collections.abc import Sequence

import numpy as np

from pylayers.batch.patient_inputs import PatientScales, patient_scales
from pylayers.cohort.cohort import TABLE, Cohort, CohortScan
from pylayers.cohort.patient_data import PATIENT_COLUMNS, Patient, checked_patient
from pylayers.errors import CohortError
from pylayers.files.checkout import relative
from pylayers.files.table_cells import letters_of


def patient_of_scan(cohort: Cohort, scan: CohortScan) -> Patient:
    """Return what the cohort's table knows of a scan's patient; CohortError for what is wrong."""
    return checked_patient(scan.row, f"{relative(cohort.folder / TABLE)}, scan {scan.scan_id}")


def scales_of(cohort: Cohort, target: str) -> PatientScales:
    """Return the scales of the training split of a target.

    Raises CohortError for a wrong cell, and where no column has anything to learn from.
    """
    _check_columns(cohort)
    scans = cohort.labelled("train", target)
    scales = patient_scales(patient_of_scan(cohort, scan) for scan in scans)
    if not scales.used:
        raise CohortError(
            f"{relative(cohort.folder / TABLE)} has no patient data to learn from: of the columns "
            f"{', '.join(PATIENT_COLUMNS)} none varies in split train"
        )
    return scales


def patient_rows(cohort: Cohort, target: str, scans: Sequence[CohortScan]) -> np.ndarray:
    """Return the inputs of scans, float32 (scans, WIDTH)."""
    scales = scales_of(cohort, target)
    return np.stack([scales.inputs(patient_of_scan(cohort, scan)) for scan in scans])


def _check_columns(cohort: Cohort) -> None:
    """Raise CohortError for a patient's column under another name: it would pass for missing."""
    for name in cohort.scans[0].row:
        meant = letters_of(name)
        for column in PATIENT_COLUMNS:
            if name != column and meant == letters_of(column):
                raise CohortError(
                    f"{relative(cohort.folder / TABLE)} has a column {name!r}; write it {column}"
                )
