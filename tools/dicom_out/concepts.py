"""Concepts: the codes by which a document says what was measured, in which unit and how.

Standard codes where they say what is meant. For the numbers there is none: LOINC's 19926-5
(FEV1/FVC) and its neighbours are results of a breath test, and a receiver would file an estimate
from a CT among the patient's spirometry. So they have codes of a private scheme, whose meaning
says that the number is predicted from CT.
"""

from pydicom.sr.coding import Code

from pylayers.cohort.targets import Target

SCHEME, SCHEME_NAME = "99SCAN2NUM", "scan2num's own codes; research use"

NUMBERS = {
    "ve": Code("VE-CT", SCHEME, "Visual emphysema score predicted from CT (research use)"),
    "fev1fvc": Code("FEV1FVC-CT", SCHEME, "FEV1/FVC predicted from CT (research use)"),
    "fev1pp": Code("FEV1PP-CT", SCHEME, "FEV1 % predicted, estimated from CT (research use)"),
}
# PS3.16 7.2.2: how UCUM writes a grade on a scale, a ratio, and percent.
UNITS = {
    "ve": Code("{0:5}", "UCUM", "range: 0:5"),
    "fev1fvc": Code("{ratio}", "UCUM", "ratio"),
    "fev1pp": Code("%", "UCUM", "Percent"),
}
# UCUM's codes of units as people write them; others are codes of our own scheme.
UCUM = {
    **{unit: unit for unit in ("%", "L", "mL", "mm", "cm", "m", "g", "kg")},
    **{"": "1", "l": "L", "ml": "mL", "years": "a", "HU": "[hnsf'U]"},
}
METHOD = Code("CT-REGRESSION", SCHEME, "Neural network regression from slices of a chest CT")
MEAN = Code("373098007", "SCT", "Mean")  # of the slices' scores; CID 7464
LUNG, BOTH_SIDES = Code("39607008", "SCT", "Lung"), Code("51440002", "SCT", "Right and left")
PROCEDURE = Code("24627-2", "LN", "CT Chest")
LEARNED = Code("123110", "DCM", "Artificial Intelligence")  # CID 7162, algorithm families
DEVICE = Code("121007", "DCM", "Device")
COMMENT = Code("121106", "DCM", "Comment")
REPORT = Code("126000", "DCM", "Imaging Measurement Report")  # CID 7021


def number_code(target: Target) -> Code:
    """Return the code of a target's number; an own one's is made of its name and title."""
    if not target.is_own:
        return NUMBERS[target.name]
    value = f"{target.name.upper().replace('_', '-')}-CT"
    return Code(value, SCHEME, f"{target.title}, from CT (research use)")


def unit_code(target: Target) -> Code:
    """Return the code of a target's unit."""
    if not target.is_own:
        return UNITS[target.name]
    if target.unit in UCUM:
        return Code(UCUM[target.unit], "UCUM", target.unit or "no units")
    return Code(target.unit, SCHEME, target.unit)
