"""COPD or not: the four counts and what they say."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pylayers.cohort.gold import COPD_BELOW
from tools.stats.estimate import Estimate, columns, constant, no_estimate, two_classes
from tools.stats.proportion import proportion


@dataclass(frozen=True)
class BinaryAgreement:
    """Counts of scans, and parts of them (0..1) with Wilson's interval.

    true_positive: COPD found; false_negative: COPD missed. ppv, npv: part of the positive
    (negative) calls that is right, at this sample's part of COPD. The counts are 0 when there are
    none for the reason in accuracy.why.
    """

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    sensitivity: Estimate
    specificity: Estimate
    ppv: Estimate
    npv: Estimate
    accuracy: Estimate


def has_copd(fev1fvc: ArrayLike) -> np.ndarray:
    """Return 1 where FEV1/FVC (a fraction, any shape) is below 0.7, else 0, and NaN for NaN.

    Paper, section 4.2.
    """
    fev1fvc = np.asarray(fev1fvc, float)
    return np.where(np.isnan(fev1fvc), np.nan, fev1fvc < COPD_BELOW)


def copd_agreement(truth_fev1fvc: ArrayLike, predicted_fev1fvc: ArrayLike) -> BinaryAgreement:
    """Return how measured and predicted FEV1/FVC, fractions (n,) each, agree on COPD (Table 3).

    No number when all scans are of one class, or all predictions are equal.
    """
    (truth, prediction), why = columns(truth=truth_fev1fvc, prediction=predicted_fev1fvc)
    why = why or two_classes(has_copd(truth)) or constant(prediction=prediction)
    if why:
        return BinaryAgreement(0, 0, 0, 0, *[no_estimate(why)] * 5)
    actual, called = has_copd(truth) == 1, has_copd(prediction) == 1
    return binary_of_counts(
        int((actual & called).sum()),
        int((~actual & called).sum()),
        int((actual & ~called).sum()),
        int((~actual & ~called).sum()),
    )


def binary_of_counts(
    true_positive: int, false_positive: int, false_negative: int, true_negative: int
) -> BinaryAgreement:
    """Return the proportions of four counts of scans; those of nothing are without a number."""
    tp, fp, fn, tn = true_positive, false_positive, false_negative, true_negative
    return BinaryAgreement(
        tp,
        fp,
        fn,
        tn,
        proportion(tp, tp + fn, "scans with COPD"),
        proportion(tn, tn + fp, "scans without COPD"),
        proportion(tp, tp + fp, "scans called COPD"),
        proportion(tn, tn + fn, "scans called free of COPD"),
        proportion(tp + tn, tp + fp + fn + tn),
    )
