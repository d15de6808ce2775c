"""Phantoms' patient data: effects of the published size, and nothing else of a phantom changes."""

import json

import numpy as np
import pytest

from data.phantom.cohort_folder import COLUMNS, claim_folder, facts_path, row_of
from data.phantom.patient import draw_patient
from data.phantom.phantom_table import write_table
from data.phantom.simulation import simulate_labels
from pylayers.cohort.patient_data import PATIENT_COLUMNS, patient_of

SUBJECTS = 600


@pytest.fixture(scope="module")
def rows():
    drawn = [simulate_labels(1, number) for number in range(1, SUBJECTS + 1)]
    return [row | draw_patient(1, number, row) for number, row in enumerate(drawn, 1)]


def column(rows, name):
    return np.array([row[name] for row in rows])


def test_all_columns_pass_the_checks_of_a_table(rows):
    for row in rows:
        cells = {name: str(row[name]) for name in PATIENT_COLUMNS}
        patient = patient_of(cells)
        assert patient.keys() == set(PATIENT_COLUMNS)
        assert {name: str(patient[name]) for name in ("sex", "smoking")} == {
            name: cells[name] for name in ("sex", "smoking")
        }


def test_they_depend_on_seed_number_and_facts_alone(rows):
    again = draw_patient(1, 7, rows[6])
    assert again == {name: rows[6][name] for name in PATIENT_COLUMNS}
    assert draw_patient(2, 7, rows[6]) != again != draw_patient(1, 8, rows[6])


def test_effects_have_the_published_size(rows):
    ratio, age = column(rows, "fev1fvc"), column(rows, "age")
    copd = ratio < 0.7
    assert age.mean() == pytest.approx(60.7, abs=1) and age.std() == pytest.approx(8.9, abs=0.7)
    assert age[copd].mean() - age[~copd].mean() == pytest.approx(5, abs=1.5)
    falls = np.polyfit(age, ratio - column(rows, "fev1fvc_noise_free"), 1)[0]
    assert falls == pytest.approx(-0.0015, abs=0.0006)

    pack_years = column(rows, "pack_years")
    smoked = pack_years > 0
    assert np.median(pack_years[copd & smoked]) == pytest.approx(47, abs=4)
    assert np.median(pack_years[~copd & smoked]) == pytest.approx(39, abs=4)
    assert set(column(rows, "smoking")[~smoked]) <= {"never"} and (~smoked).mean() < 0.04

    height = column(rows, "height_cm")
    bmi = column(rows, "weight_kg") / (height / 100) ** 2
    log_destroyed = np.log(100 * column(rows, "extent") + 1)
    assert np.exp(np.polyfit(bmi, log_destroyed, 1)[0]) == pytest.approx(0.93, abs=0.025)
    for sex, mean in (("F", 161.3), ("M", 175.3)):
        own = column(rows, "sex") == sex
        assert (column(rows, "breast_mm")[own] > 0).all() == (sex == "F")
        assert height[own].mean() == pytest.approx(mean, abs=1.5)
        size = column(rows, "lung_height_mm") * column(rows, "half_width_mm")
        assert np.corrcoef(np.log(size[own]), height[own])[0, 1] == pytest.approx(0.58, abs=0.12)

    dense = column(rows, "inflammation_hu") - 12 * column(rows, "severity")
    smokes = column(rows, "smoking") == "current"
    assert smokes.mean() == pytest.approx(0.46, abs=0.06)
    assert dense[smokes].mean() - dense[~smokes].mean() == pytest.approx(10.5, abs=1.2)


def test_a_folder_made_before_gets_the_columns_without_new_facts(rows, tmp_path):
    claim_folder(tmp_path, 1)
    facts = simulate_labels(1, 1) | dict.fromkeys(("laa950", "perc15", "mean_hu", "lung_ml"), 1.0)
    facts_path(tmp_path, 1).write_text(json.dumps(facts))
    (row,) = write_table(tmp_path, 1)
    assert list(row) == list(COLUMNS)
    assert {name: row[name] for name in PATIENT_COLUMNS} == {
        name: rows[0][name] for name in PATIENT_COLUMNS
    }
    assert row_of(tmp_path, 1).items() >= facts.items()
    assert json.loads(facts_path(tmp_path, 1).read_text()) == facts
