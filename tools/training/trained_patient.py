"""How a run scales patient data, as its run.json and best.json say: scoring needs no cohort."""

from collections.abc import Mapping

from pylayers.batch.patient_inputs import PatientScales
from pylayers.batch.patient_rows import scales_of
from pylayers.batch.variants import Variant
from pylayers.cohort.cohort import Cohort
from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.errors import WeightsError

PATIENT = "patient"  # key of run.json and best.json, of a variant with patient data


def patient_facts(variant: Variant, cohort: Cohort, target: str) -> dict:
    """Return what a run keeps of its patient data, {} where it has none; CohortError."""
    return {PATIENT: scales_of(cohort, target).to_json()} if variant.patient else {}


def patient_note(facts: Mapping) -> str | None:
    """Return which columns a run learns from and which not, None where it has no patient data."""
    if PATIENT not in facts:
        return None
    used = PatientScales.of_json(facts[PATIENT]).used
    left = [name for name in PATIENT_COLUMNS if name not in used]
    out = f"; missing or all the same in split train: {', '.join(left)}" if left else ""
    return f"patient data: {', '.join(used)}{out}"


def trained_scales(best: Mapping, variant: Variant, where: str) -> PatientScales | None:
    """Return the scales of a best.json, None of a variant without; WeightsError if damaged."""
    if not variant.patient:
        return None
    try:
        return PatientScales.of_json(best[PATIENT])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise WeightsError(f"{where} is damaged: {PATIENT} makes no sense; train again") from None
