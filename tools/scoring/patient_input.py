"""A scan's patient for the weights: the blob that stands beside each slice, and what is odd."""

from collections.abc import Mapping

import numpy as np

from pylayers.batch.patient_inputs import PatientScales
from pylayers.cohort.patient_data import QUANTITIES, Patient, patient_of
from pylayers.errors import ScanRefused
from tools.training.trained_run import TrainedRun

BLOB = "patient"  # of deploy.prototxt
REFUSED = "patient-data"


def patient_inputs(
    run: TrainedRun, cells: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return a run's inputs beside the slices, by blob, and what is unusual about the patient.

    cells: by PATIENT_COLUMNS, blank or missing ones unknown. Both are empty for a run without
    patient data. Raises ScanRefused for a wrong cell, and when nothing that the weights use is
    known: the score would be that of an average patient.
    """
    if run.patient is None:
        return {}, []
    try:
        patient = patient_of(cells)
    except ValueError as error:
        raise ScanRefused(REFUSED, str(error)) from None
    missing = [name for name in run.patient.used if name not in patient]
    if len(missing) == len(run.patient.used):
        raise ScanRefused(REFUSED, f"the weights need {', '.join(missing)}, and none is known")
    return {BLOB: run.patient.inputs(patient)}, patient_notes(run.patient, patient, missing)


def patient_notes(scales: PatientScales, patient: Patient, missing: list[str]) -> list[str]:
    """Return sentences: what is missing or not used, and numbers unlike the training's."""
    notes = []
    if missing:
        notes.append(f"not known of the patient: {', '.join(missing)}; the score may be off")
    unused = [name for name in patient if name not in scales.used]
    if unused:
        notes.append(
            f"the weights do not use {', '.join(unused)}, of which their training knew too little"
        )
    for name, scale in scales.outside(patient).items():
        notes.append(
            f"{name} {patient[name]:g}; the network was trained on {scale.low:g} to "
            f"{scale.high:g} {QUANTITIES[name].unit}: the score may be off"
        )
    return notes
