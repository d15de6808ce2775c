"""The paper's own counts: what its tables print follows from them, computed here."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from tools.stats.binary import binary_of_counts
from tools.stats.correlation import spearman
from tools.stats.ordinal import agreement_of_counts
from tools.stats.staging import STAGES

# Table 2 as read here: the printed rows leave empty cells out. Rows 2..5 end at class 5, which is
# the reading with classes 0 and 1 overlapping and the others apart, as section 4.1 says.
TABLE_2 = [
    [44, 31, 1, 0, 0, 0],
    [10, 18, 2, 0, 0, 0],
    [0, 3, 16, 11, 2, 1],
    [0, 1, 17, 15, 6, 1],
    [0, 0, 1, 3, 5, 1],
    [0, 0, 0, 1, 4, 1],
]
# Table 5: column 0 sums to Table 3's 102 called "No" only when one of rows 3 and 4 begins at stage
# 0; here row 3, which then skips stage 1
TABLE_5 = [
    [91, 3, 7, 0, 0],
    [4, 6, 11, 0, 0],
    [6, 5, 28, 5, 0],
    [1, 0, 13, 8, 1],
    [0, 0, 1, 4, 1],
]
TABLE_5_OTHER = [*TABLE_5[:3], [0, 1, 13, 8, 1], [1, 0, 0, 4, 1]]
TABLE_3 = {"true_positive": 83, "false_positive": 10, "false_negative": 11, "true_negative": 91}


def scans(counts):
    """Actual and predicted class of each scan of a matrix."""
    actual, predicted = np.indices(np.shape(counts))
    return [np.repeat(of.ravel(), np.ravel(counts)) for of in (actual, predicted)]


@pytest.mark.parametrize("table", [TABLE_2, TABLE_5, TABLE_5_OTHER])
def test_each_table_counts_195_scans(table):
    assert np.sum(table) == 195 == sum(TABLE_3.values())


@pytest.mark.parametrize(
    ("table", "right", "near"),
    [(TABLE_2, 99, 187), (TABLE_5, 134, 180), (TABLE_5_OTHER, 134, 180)],
)
def test_accuracies_and_kappas_of_tables_2_and_5(table, right, near):
    found = agreement_of_counts(table, range(len(table)))
    assert found.accuracy.value == right / 195
    assert found.within_one.value == near / 195
    for weights, kappa in (("linear", found.kappa_linear), ("quadratic", found.kappa_quadratic)):
        theirs = cohen_kappa_score(*scans(table), weights=weights)
        assert kappa.value == pytest.approx(theirs, abs=1e-12)
        assert kappa.low < kappa.value < kappa.high


def test_kappas_in_numbers():
    found = agreement_of_counts(TABLE_2, range(6))
    assert round(found.kappa_linear.value, 2) == 0.66
    assert round(found.kappa_quadratic.value, 2) == 0.84
    staged = agreement_of_counts(TABLE_5, STAGES)
    assert round(staged.kappa_linear.value, 2) == 0.68
    assert round(staged.kappa_quadratic.value, 2) == 0.79


def test_the_reading_of_table_2_has_the_printed_rho():
    """Figure 2b prints .84 for the continuous scores; rounding them costs little."""
    assert round(spearman(*scans(TABLE_2)), 2) == 0.84
    shifted = [*TABLE_2[:2], [*TABLE_2[2][1:], 0], *TABLE_2[3:]]
    assert round(spearman(*scans(shifted)), 2) == 0.81


def test_table_3():
    found = binary_of_counts(**TABLE_3)
    assert found.sensitivity.value == 83 / 94
    assert found.specificity.value == 91 / 101
    assert found.ppv.value == 83 / 93
    assert found.npv.value == 91 / 102
    assert found.accuracy.value == 174 / 195
    assert round(found.accuracy.value, 3) == 0.892
    # Wilson's by hand
    z, p, n = 1.959964, 174 / 195, 195
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert (found.accuracy.low, found.accuracy.high) == pytest.approx(
        (middle - half, middle + half)
    )


@pytest.mark.parametrize("table", [TABLE_5, TABLE_5_OTHER])
def test_table_5_without_its_stages_is_table_3(table):
    counts = np.array(table)
    assert counts[0, 0] == TABLE_3["true_negative"]
    assert counts[0, 1:].sum() == TABLE_3["false_positive"]
    assert counts[1:, 0].sum() == TABLE_3["false_negative"]
    assert counts[1:, 1:].sum() == TABLE_3["true_positive"]


@pytest.mark.parametrize(
    ("rho", "low", "high"), [(0.84, 0.80, 0.88), (0.82, 0.77, 0.86), (0.73, 0.66, 0.78)]
)
def test_the_printed_intervals_are_those_of_195_scans(rho, low, high):
    half = 1.96 * math.sqrt((1 + rho**2 / 2) / 192)
    found = [math.tanh(math.atanh(rho) + sign * half) for sign in (-1, 1)]
    assert found == pytest.approx([low, high], abs=0.02)


def test_the_printed_p_of_the_readers_is_that_of_separate_draws():
    """Normal resamples with the printed intervals: .94; correlated ones would exceed the .93."""
    sd = math.hypot(0.88 - 0.80, 0.84 - 0.74) / (2 * 1.96)
    assert 0.5 * (1 + math.erf((0.84 - 0.79) / sd / math.sqrt(2))) == pytest.approx(0.93, abs=0.015)
