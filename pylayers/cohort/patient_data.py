"""Patient data: what a table may know of a scan's patient beside the scan.

Each column may be blank. What is ambiguous is refused: 1 is a man in one study and a woman in
another.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pylayers.errors import CohortError
from pylayers.files.table_cells import letters_of, shown
from pylayers.files.text_table import number

Patient = dict[str, float | str]  # column -> value; only those that are known

AGE, SEX, HEIGHT, WEIGHT, PACK_YEARS, SMOKING = PATIENT_COLUMNS = (
    *("age", "sex", "height_cm", "weight_kg", "pack_years", "smoking"),
)
FEMALE, MALE = "F", "M"
NEVER, FORMER, CURRENT = "never", "former", "current"


class Quantity(NamedTuple):
    """A numeric column: what it counts, and its plausible range."""

    unit: str
    low: float
    high: float


# Wide enough for any patient with a chest CT, too narrow for metres, inches or a date.
QUANTITIES = {
    AGE: Quantity("years", 1, 115),
    HEIGHT: Quantity("cm", 90, 230),
    WEIGHT: Quantity("kg", 10, 350),
    PACK_YEARS: Quantity("pack-years", 0, 300),
}
# By letters_of a cell. "Smoker" and "non-smoker" leave open what somebody was, so they are no words
# of ours.
WORDS = {
    SEX: {"f": FEMALE, "female": FEMALE, "m": MALE, "male": MALE},
    SMOKING: {
        **{word: NEVER for word in ("never", "neversmoker", "neversmoked")},
        **{word: FORMER for word in ("former", "formersmoker", "ex", "exsmoker")},
        **{word: CURRENT for word in ("current", "currentsmoker")},
    },
}
HINTS = {
    SEX: "F or M; numbers mean different sexes in different studies",
    SMOKING: "never, former or current",
}
MOST_OF_NEVER = 1.0  # pack-years; a few cigarettes long ago may count as never


def patient_of(cells: Mapping[str, str]) -> Patient:
    """Return what is known of a patient; cells: by PATIENT_COLUMNS, blank or missing ones unknown.

    Somebody who never smoked has 0 pack-years. Raises ValueError, whose text is a sentence that
    begins with the column, for the first cell that is wrong.
    """
    patient = {
        name: _value(name, text.strip())
        for name in PATIENT_COLUMNS
        if (text := cells.get(name) or "").strip()
    }
    if patient.get(SMOKING) == NEVER:
        smoked = patient.setdefault(PACK_YEARS, 0.0)
        if smoked > MOST_OF_NEVER:
            raise ValueError(f"{PACK_YEARS} {smoked:g} contradicts {SMOKING} {NEVER}")
    return patient


def checked_patient(row: Mapping[str, str], where: str) -> Patient:
    """Return what a row of a table knows of a patient; CohortError with `where` and the reason."""
    try:
        return patient_of(row)
    except ValueError as error:
        raise CohortError(f"{where}: {error}") from None


def patient_cells(row: Mapping[str, str], where: str) -> dict[str, str]:
    """Return a row's PATIENT_COLUMNS, checked, with our words for theirs; others are left out.

    Raises CohortError as checked_patient does.
    """
    patient = checked_patient(row, where)
    words = {name: patient.get(name, "") for name in WORDS if name in row}
    return {name: row[name] for name in QUANTITIES if name in row} | words


def _value(name: str, text: str) -> float | str:
    if name in WORDS:
        if letters_of(text) not in WORDS[name]:
            raise ValueError(f"{name} {shown(text)!r} is not {HINTS[name]}")
        return WORDS[name][letters_of(text)]
    unit, low, high = QUANTITIES[name]
    try:
        value = number(text) + 0.0  # no minus before a zero
    except ValueError:
        raise ValueError(f"{name} {shown(text)!r} is not a number") from None
    if not low <= value <= high:
        raise ValueError(f"{name} {shown(text)} is outside {low:g}..{high:g} {unit}")
    return value
