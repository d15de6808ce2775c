"""Patient data of a table: what is understood, and what is refused with its reason."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.cohort.patient_data import (
    PATIENT_COLUMNS,
    QUANTITIES,
    WORDS,
    checked_patient,
    patient_cells,
    patient_of,
)
from pylayers.errors import CohortError
from pylayers.files.table_cells import letters_of
from pylayers.files.text_table import NUMBER

NAMES = st.sampled_from(PATIENT_COLUMNS)


def test_a_row_is_understood():
    row = {
        "age": "63.5",
        "sex": "Female",
        "height_cm": "165",
        "weight_kg": "",
        "smoking": "Ex-smoker",
    }
    assert patient_of(row) == {"age": 63.5, "sex": "F", "height_cm": 165, "smoking": "former"}
    assert patient_of({}) == {}


@pytest.mark.parametrize(
    "column, text, sentence",
    [
        ("age", "sixty", "age 'sixty' is not a number"),
        ("age", "1_0", "age '1_0' is not a number"),
        ("age", "nan", "age 'nan' is not a number"),
        ("age", "1957", "age 1957 is outside 1..115 years"),
        ("height_cm", "1.65", "height_cm 1.65 is outside 90..230 cm"),
        ("weight_kg", "-70", "weight_kg -70 is outside 10..350 kg"),
        ("pack_years", "1e9", "pack_years 1e9 is outside 0..300 pack-years"),
        ("sex", "1", "sex '1' is not F or M; numbers mean different sexes in different studies"),
        ("sex", "0", "sex '0' is not F or M"),
        ("smoking", "smoker", "smoking 'smoker' is not never, former or current"),
        ("smoking", "1", "smoking '1' is not never, former or current"),
    ],
)
def test_a_wrong_cell_is_named_with_the_reason(column, text, sentence):
    with pytest.raises(CohortError, match=f"^t.csv line 3: {sentence}"):
        checked_patient({"age": "50", "sex": "M"} | {column: text}, "t.csv line 3")


def test_somebody_who_never_smoked_has_no_pack_years():
    assert patient_of({"smoking": "never"})["pack_years"] == 0
    assert patient_of({"smoking": "never", "pack_years": "0.5"})["pack_years"] == 0.5
    with pytest.raises(ValueError, match="pack_years 40 contradicts smoking never"):
        patient_of({"smoking": "never", "pack_years": "40"})


def test_a_cohort_gets_our_words_and_only_the_columns_that_are_there():
    row = {"scan_id": "a", "age": "063.50", "sex": "male", "smoking": ""}
    assert patient_cells(row, "") == {"age": "063.50", "sex": "M", "smoking": ""}


@given(NAMES, st.text(max_size=12))
def test_any_text_is_a_plausible_value_or_refused_in_one_line(column, text):
    try:
        patient = patient_of({column: text})
    except ValueError as error:
        assert type(error) is ValueError and str(error).startswith(f"{column} ")
        return
    if not text.strip():
        assert patient == {}
    elif column in WORDS:
        assert WORDS[column][letters_of(text)] == patient[column]
    else:
        _, low, high = QUANTITIES[column]
        assert NUMBER.fullmatch(text.strip()) and low <= patient[column] <= high


@given(st.sampled_from(list(QUANTITIES)), st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_are_read_as_they_are_written(column, value):
    _, low, high = QUANTITIES[column]
    if math.isfinite(value) and low <= value <= high:
        assert patient_of({column: repr(value)}) == {column: value}
    else:
        with pytest.raises(ValueError, match=f"{column} "):
            patient_of({column: repr(value)})


@given(st.dictionaries(NAMES, st.sampled_from(["", "F", "never", "current", "70", "100"])))
def test_what_a_cohort_keeps_is_read_back_as_the_same_patient(row):
    try:
        patient = patient_of(row)
    except ValueError:
        return
    assert patient_of(patient_cells(row, "")) == patient
