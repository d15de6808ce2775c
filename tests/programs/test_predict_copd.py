"""Mets' logistic models: their numbers on chests whose disease is known, and what they need."""

import csv
import shutil

import numpy as np
import pytest

from pylayers.cohort.cohort import read_cohort, write_rows
from pylayers.cohort.store import read_crop
from pylayers.errors import CohortError
from tools import predict_copd
from tools.baselines.copd_models import (
    EI_RATIO,
    MODELS,
    TRAPPED,
    CopdData,
    fitted_model,
    fitted_risk,
    read_copd_data,
)


def program(cohort, *more):
    predict_copd.main([str(cohort), "--workers", "1", *map(str, more)])


@pytest.fixture
def cohort(paired_cohort, tmp_path):
    """A copy of the paired cohort whose subjects have an age and the like."""
    shutil.copytree(paired_cohort, tmp_path / "cohort")
    with (tmp_path / "cohort" / "cohort.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    more = {"height_cm": 170, "weight_kg": 70, "pack_years": 30}
    own = [
        row | {"age": 50 + i, "smoking": ("former", "current")[i % 2]} | more
        for i, row in enumerate(rows)
    ]
    for number, row in enumerate(own):  # sick and healthy in both splits
        row["split"] = "val" if number == 15 else ("train", "test")[number % 2]
    write_rows(tmp_path / "cohort" / "cohort.csv", own)
    return tmp_path / "cohort"


def test_the_densities_are_those_of_both_crops(cohort):
    program(cohort, "--quiet")
    data, own = read_copd_data(read_cohort(cohort), "train"), read_cohort(cohort)
    scan = own.labelled("train", "fev1fvc", "expiration")[0]
    first, second = (read_crop(own.store_path(scan, kind)) for kind in ("", "expiration"))
    lung = second.hu[second.lungs]
    ratio = lung.mean() / first.hu[first.lungs].mean()
    assert data.columns[EI_RATIO][0] == pytest.approx(ratio)
    assert data.columns[TRAPPED][0] == pytest.approx(100 * np.mean(lung < -856))
    assert data.columns["bmi"][0] == pytest.approx(70 / 1.7**2)
    assert data.copd[0] == (scan.labels["fev1fvc"] < 0.7)


def test_the_table_has_every_model_with_its_area(cohort, tmp_path, capsys):
    program(cohort, "--out", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(MODELS)
    assert all(0 <= float(row["auc"]) <= 1 for row in rows.values())
    # sicker chests trap more, by the making of the cohort
    assert float(rows["E/I ratio of mean lung density"]["auc"]) == 1
    assert "of 7 test scans" in capsys.readouterr().out


def test_models_whose_columns_are_missing_are_named(paired_cohort, tmp_path, capsys):
    """The paired cohort knows nothing of its subjects; COPD is in every split."""
    shutil.copytree(paired_cohort, tmp_path / "cohort")
    program(tmp_path / "cohort", "--out", tmp_path / "out.csv")
    said = capsys.readouterr().out
    assert "a column is missing or has blank cells: age, BMI, smoking; E/I ratio, age" in said
    assert (tmp_path / "out.csv").read_text().count("\n") == 1 + 4


def test_a_cohort_without_expirations_is_refused(tiny_cohort):
    with pytest.raises(CohortError, match="name them in a column expiration"):
        program(tiny_cohort)


def test_a_logistic_model_finds_the_odds_it_was_made_with():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20000, 2))
    copd = rng.random(20000) < 1 / (1 + np.exp(-(0.5 + 2 * x[:, 0] - x[:, 1])))
    model = fitted_model(x, copd)
    logistic, scale = model[-1], model[0].scale_
    assert logistic.coef_[0] / scale == pytest.approx([2, -1], abs=0.15)


def test_smoking_counts():
    rng = np.random.default_rng(2)
    copd = rng.random(400) < 0.5
    words = np.where(copd ^ (rng.random(400) < 0.1), "current", "never")
    data = CopdData({"smoking": words}, copd)
    risk = fitted_risk(["smoking"], data, data)
    assert risk[words == "current"].min() > risk[words == "never"].max()
    unknown = CopdData({"smoking": np.array(["sometimes"])}, copd[:1])
    assert np.isfinite(fitted_risk(["smoking"], data, unknown)).all()


def test_a_cell_that_is_no_number_is_named(cohort):
    text = (cohort / "cohort.csv").read_text()
    (cohort / "cohort.csv").write_text(text.replace(",50,", ",fifty,", 1))
    with pytest.raises(CohortError, match="age 'fifty' is not a number"):
        program(cohort, "--quiet")
