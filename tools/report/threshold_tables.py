"""Tables of an own target's classes: between the thresholds that its cohort declares."""

import numpy as np
from numpy.typing import ArrayLike

from pylayers.cohort.targets import Target
from tools.report.class_tables import confusion_rows, ordinal_notes
from tools.report.result_table import Table
from tools.report.results import Results
from tools.stats.estimate_text import estimate_text
from tools.stats.ordinal import OrdinalAgreement, ordinal_agreement
from tools.stats.proportion import proportion
from tools.stats.roc import roc_area


def class_of(target: Target, values: ArrayLike) -> np.ndarray:
    """Return the class of values, any shape: how many thresholds they reach; NaN for NaN."""
    values = np.asarray(values, float)
    reached = np.searchsorted(target.thresholds, values, side="right")
    return np.where(np.isnan(values), np.nan, reached)


def class_agreement(results: Results) -> OrdinalAgreement:
    """Return how true and predicted classes agree on the test split."""
    target, test = results.target, results.test
    classes = range(len(target.class_names))
    return ordinal_agreement(
        class_of(target, test.truth), class_of(target, test.prediction), classes
    )


def class_table(results: Results) -> Table:
    """Return the classes' confusion matrix."""
    target, confusion = results.target, class_agreement(results)
    names = target.class_names
    return Table(
        f"classes_{target.name}",
        f"{target.title}: classes, actual and predicted",
        ("actual", *(f"predicted {name}" for name in names)),
        confusion_rows(confusion, names),
        ordinal_notes(confusion),
    )


def threshold_table(results: Results) -> Table:
    """Return how well each threshold is told: the area under the ROC curve, and the rates at it."""
    target, test = results.target, results.test
    rows = []
    for threshold in target.thresholds:
        reached, called = test.truth >= threshold, test.prediction >= threshold
        hits, right = int((reached & called).sum()), int((~reached & ~called).sum())
        rows.append(
            (
                target.text(threshold),
                str(reached.sum()),
                estimate_text(roc_area(reached, test.prediction).delong),
                estimate_text(proportion(hits, int(reached.sum()), "scans that reach it")),
                estimate_text(proportion(right, int((~reached).sum()), "scans below it")),
            )
        )
    return Table(
        f"thresholds_{target.name}",
        f"{target.title}: at or above each threshold",
        ("threshold", "scans", "AUC [95 % CI, DeLong]", "sensitivity", "specificity"),
        tuple(rows),
    )
