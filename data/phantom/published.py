"""What the paper prints about its 195 test scans, and whether a cohort of phantoms is like them.

Rows are those of table.csv, as numbers or text.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import chisquare, spearmanr

from pylayers.cohort.gold import COPD_BELOW, gold_stage

SCANS = 195  # the paper's test set
VE_GRADES = (76, 30, 33, 40, 10, 6)  # rows of Table 2
GOLD_STAGES = (101, 21, 44, 23, 6)  # rows of Table 5
COPD = 94  # Table 3
LEAST_P = 0.05


class Published(NamedTuple):
    """Spearman's |rho| of two columns with its 95 % interval, from the paper's Figure 2 and 4.1."""

    name: str
    columns: tuple[str, str]
    rho: float
    low: float
    high: float


LABEL_CORRELATIONS = (
    Published("VE and FEV1/FVC", ("ve", "fev1fvc"), 0.70, 0.63, 0.75),
    Published("VE and FEV1 % predicted", ("ve", "fev1pp"), 0.47, 0.37, 0.56),
    Published("reader and reader", ("ve_reader1", "ve_reader2"), 0.84, 0.80, 0.88),
)
DENSITY_CORRELATION = Published("LAA-950 and VE", ("laa950", "ve"), 0.56, 0.46, 0.64)


class Comparison(NamedTuple):
    """A line of the calibration table."""

    name: str
    published: str
    phantoms: str
    met: bool


def column(rows: Sequence[dict], name: str) -> np.ndarray:
    """Return a column of the rows as numbers, float (n,)."""
    return np.array([float(row[name]) for row in rows])


def abs_rho(rows: Sequence[dict], first: str, second: str) -> float:
    """Return Spearman's |rho| of two columns; 0 where one is constant."""
    a, b = column(rows, first), column(rows, second)
    return abs(float(spearmanr(a, b).statistic)) if np.ptp(a) and np.ptp(b) else 0.0


def compare_correlation(rows: Sequence[dict], published: Published) -> Comparison:
    """Compare a correlation: met within the published interval."""
    rho = abs_rho(rows, *published.columns)
    words = f"{published.rho:.2f} [{published.low:.2f}, {published.high:.2f}]"
    return Comparison(
        published.name, words, f"{rho:.2f}", bool(published.low <= rho <= published.high)
    )


def compare_counts(name: str, published: Sequence[int], values: Sequence[int]) -> Comparison:
    """Compare how often 0, 1, 2 ... occur: met unless a chi-square test tells them apart.

    The published counts are tested against the proportions of the phantoms, which are scaled to as
    many scans; p above `LEAST_P` is met.
    """
    counts = np.bincount(np.asarray(values, int), minlength=len(published))
    scaled = counts / counts.sum() * sum(published)
    p = chisquare(published, scaled).pvalue if counts.all() else 0.0
    return Comparison(
        name,
        " / ".join(map(str, published)),
        " / ".join(f"{count:.0f}" for count in scaled) + f", p {p:.2f}",
        bool(p > LEAST_P),
    )


def compare_labels(rows: Sequence[dict]) -> list[Comparison]:
    """Compare grades, stages and the correlations of labels with each other."""
    stages = [gold_stage(float(row["fev1fvc"]), float(row["fev1pp"])) for row in rows]
    copd = [int(float(row["fev1fvc"]) < COPD_BELOW) for row in rows]
    return [
        compare_counts("VE grades 0-5", VE_GRADES, column(rows, "ve").astype(int)),
        compare_counts("GOLD stages 0-4", GOLD_STAGES, stages),
        compare_counts("without and with COPD", (SCANS - COPD, COPD), copd),
        *(compare_correlation(rows, published) for published in LABEL_CORRELATIONS),
    ]


def compare_density(rows: Sequence[dict]) -> Comparison:
    """Compare the correlation of LAA-950, which rendered scans alone have, with the grade."""
    return compare_correlation(rows, DENSITY_CORRELATION)
