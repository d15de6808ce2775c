"""Agreement of ordered classes: confusion matrix, accuracy, weighted kappa."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import confusion_matrix

from pylayers.cohort.targets import TARGETS
from tools.stats.bootstrap import RESAMPLES, percentile_interval
from tools.stats.estimate import FEWEST_SCANS, Estimate, columns, no_estimate
from tools.stats.proportion import proportion

# How much a disagreement by d classes weighs: Cohen (1968), doi 10.1037/h0026256
WEIGHTS = {"linear": np.abs, "quadratic": np.square}


@dataclass(frozen=True)
class OrdinalAgreement:
    """Agreement of actual and predicted classes.

    counts[i][j]: scans of classes[i] predicted as classes[j]; empty without a matrix. accuracy,
    within_one (neighbouring classes count as right): parts of the scans, 0..1. Kappas: at most 1, 0
    by chance.
    """

    classes: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    accuracy: Estimate
    within_one: Estimate
    kappa_linear: Estimate
    kappa_quadratic: Estimate


def ve_class(score: ArrayLike) -> np.ndarray:
    """Return the visual emphysema class of scores, any shape: the nearest of 0..5, NaN for NaN.

    Paper, section 4.1 and Table 2: rounded to the nearest, without calibration. A half goes to the
    even neighbour.
    """
    ve = TARGETS["ve"]
    return np.clip(np.rint(np.asarray(score, float)), ve.low, ve.high)


def ordinal_agreement(
    truth: ArrayLike, prediction: ArrayLike, classes: Sequence[int], seed: int = 1
) -> OrdinalAgreement:
    """Return the agreement of classes truth and prediction, (n,) each, with the given order.

    ValueError for a value that is none of the classes.
    """
    (truth, prediction), why = columns(truth=truth, prediction=prediction)
    if why:
        return OrdinalAgreement(tuple(classes), (), *[no_estimate(why)] * 4)
    strangers = np.setdiff1d([truth, prediction], classes)
    if len(strangers):
        raise ValueError(f"{strangers[0]} is none of the classes {tuple(classes)}")
    return agreement_of_counts(confusion_matrix(truth, prediction, labels=classes), classes, seed)


def agreement_of_counts(
    counts: ArrayLike, classes: Sequence[int], seed: int = 1
) -> OrdinalAgreement:
    """Return the agreement of a confusion matrix, (k, k) for k classes, rows actual.

    Accuracies with Wilson's interval, kappas with a seeded bootstrap over scans: scans of one cell
    are exchangeable, so a resample is a multinomial draw of the cells.
    """
    counts = np.asarray(counts, int)
    classes, total = tuple(classes), int(counts.sum())
    shown = tuple(tuple(map(int, row)) for row in counts)
    if total < FEWEST_SCANS:
        why = f"{total} scans, at least {FEWEST_SCANS} are needed"
        return OrdinalAgreement(classes, shown, *[no_estimate(why)] * 4)
    apart = np.abs(np.subtract.outer(range(len(classes)), range(len(classes))))
    drawn = np.random.default_rng(seed).multinomial(total, counts.ravel() / total, size=RESAMPLES)
    kappas = []
    for weigh in WEIGHTS.values():
        value = kappa(counts, weigh(apart))
        why = "" if np.isfinite(value) else "truth and prediction are one and the same class"
        kappas.append(
            no_estimate(why)
            if why
            else percentile_interval(
                float(value), kappa(drawn.reshape(-1, *counts.shape), weigh(apart))
            )
        )
    return OrdinalAgreement(
        classes,
        shown,
        proportion(np.trace(counts), total),
        proportion(counts[apart <= 1].sum(), total),
        *kappas,
    )


def kappa(counts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return weighted kappa of matrices (..., k, k), with the weights (k, k) of disagreement.

    1 - sum(w observed) / sum(w expected), Cohen (1968), doi 10.1037/h0026256; NaN where no
    disagreement is expected.
    """
    counts = np.asarray(counts, float)
    expected = counts.sum(-1)[..., :, None] * counts.sum(-2)[..., None, :]
    total = counts.sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - total * (counts * weights).sum((-1, -2)) / (expected * weights).sum((-1, -2))
