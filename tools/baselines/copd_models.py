"""Logistic models of COPD from two breaths and what is known of the subject, after Mets et al.

[27] is Mets et al. 2011, doi 10.1001/jama.2011.1531: emphysema, air trapping, body mass index,
pack-years, smoking status. [26] adds air trapping to age, body mass index, smoking status and
pack-years. COPD is FEV1/FVC below 0.7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from pylayers.cohort.cohort import Cohort, CohortScan
from pylayers.cohort.gold import COPD_BELOW
from pylayers.cohort.patient_data import (
    AGE,
    HEIGHT,
    PACK_YEARS,
    PATIENT_COLUMNS,
    SMOKING,
    WEIGHT,
    checked_patient,
)
from pylayers.cohort.second_scan import second_id
from pylayers.errors import CohortError
from tools.baselines.feature_kinds import DENSITY
from tools.baselines.split_features import ScanFeatures

EXPIRATION, TARGET = "expiration", "fev1fvc"
EI_RATIO, TRAPPED, EMPHYSEMA, BMI = "ei_ratio", "laa856_expiration", "laa950", "bmi"
# Model -> what it is made of; the body mass index from height and weight.
MODELS = {
    "LAA-950": (EMPHYSEMA,),
    "E/I ratio of mean lung density": (EI_RATIO,),
    "% below -856 HU, expiration": (TRAPPED,),
    "E/I ratio, LAA-950": (EI_RATIO, EMPHYSEMA),
    "age, BMI, smoking": (AGE, BMI, PACK_YEARS, SMOKING),
    "E/I ratio, age, BMI, smoking [26]": (EI_RATIO, AGE, BMI, PACK_YEARS, SMOKING),
    "E/I ratio, LAA-950, BMI, smoking [27]": (EI_RATIO, EMPHYSEMA, BMI, PACK_YEARS, SMOKING),
}
DENSITIES = (EI_RATIO, TRAPPED, EMPHYSEMA)


class CopdData(NamedTuple):
    """A split's scans: columns by name, (n, k) each, and whether each has COPD, (n,)."""

    columns: Mapping[str, np.ndarray]
    copd: np.ndarray


def expirations(scans: Sequence[CohortScan]) -> list[CohortScan]:
    """Return the expiratory scans of scans, by the names under which features are kept."""
    return [replace(scan, scan_id=second_id(scan.scan_id, EXPIRATION)) for scan in scans]


def read_copd_data(cohort: Cohort, split: str) -> CopdData:
    """Return what is known of the scans of a split that have an expiration and FEV1/FVC.

    A column of the table is left out where some of these scans lack it. Raises CohortError for a
    cell that is wrong, and for features that are missing.
    """
    scans = cohort.labelled(split, TARGET, EXPIRATION)
    first, second = (
        ScanFeatures(cohort, own).columns(DENSITY) for own in (scans, expirations(scans))
    )
    columns = {
        EI_RATIO: second["mean_hu"] / first["mean_hu"],
        TRAPPED: second["laa856"],
        EMPHYSEMA: first["laa950"],
    }
    patients = [checked_patient(one.row, f"{cohort.folder}: {one.scan_id}") for one in scans]
    for name in PATIENT_COLUMNS:
        if all(name in patient for patient in patients):
            columns[name] = np.array([patient[name] for patient in patients])
    if {HEIGHT, WEIGHT} <= columns.keys():
        columns[BMI] = columns[WEIGHT] / (columns[HEIGHT] / 100) ** 2
    copd = np.array([scan.labels[TARGET] < COPD_BELOW for scan in scans])
    return CopdData(columns, copd)


def usable_models(*splits: CopdData) -> dict[str, tuple[str, ...]]:
    """Return the MODELS whose columns all splits have."""
    return {
        name: parts
        for name, parts in MODELS.items()
        if all(part in split.columns for part in parts for split in splits)
    }


def fitted_risk(parts: Sequence[str], train: CopdData, test: CopdData) -> np.ndarray:
    """Return the test scans' log odds of COPD (n,) by a logistic model of the training scans.

    Columns are standardised on the training scans; smoking has a column a word.
    """
    known = sorted(set(train.columns[SMOKING])) if SMOKING in parts else []
    tables = [
        np.column_stack([_encoded(part, split.columns[part], known) for part in parts])
        for split in (train, test)
    ]
    return fitted_model(tables[0], train.copd).decision_function(tables[1])


def fitted_model(x: np.ndarray, copd: np.ndarray) -> Pipeline:
    """Return the logistic regression of COPD (n,) on columns (n, k), next to unpenalised."""
    if len(set(copd)) < 2:
        raise CohortError("the training split has scans with COPD or without, but not both")
    return make_pipeline(StandardScaler(), LogisticRegression(C=1e3, max_iter=1000)).fit(x, copd)


def _encoded(part: str, values: np.ndarray, known: Sequence[str]) -> np.ndarray:
    """Return the columns (n, k) of a part; the first of the known words is the usual."""
    if part != SMOKING:
        return values[:, None]
    return np.stack([values == word for word in known[1:] or known], axis=1).astype(float)
