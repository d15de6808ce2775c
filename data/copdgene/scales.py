"""Percent or fraction: which of the two a column of lung function is in."""

from pylayers.errors import CohortError
from pylayers.files.text_table import number

# Quantity -> (smallest percent, largest percent, what a percent is multiplied by, a fraction by).
# A value of zero or less or above the range is a code such as -9 or 999: it says nothing about the
# scale.
SCALES = {"fev1fvc": (1.5, 150.0, 0.01, 1.0), "fev1pp": (3.0, 300.0, 1.0, 100.0)}
MOST_NAMED = 5


def unit_factor(quantity: str, column: str, cells: list[tuple[str, str]]) -> float:
    """Return what the values of a column must be multiplied by to be in the cohort's unit.

    cells: (where, text). fev1fvc becomes a fraction, fev1pp percent; other quantities have one
    scale. Raises CohortError, with the rows of the rarer kind, when a column mixes both.
    """
    if quantity not in SCALES:
        return 1.0
    bound, top, percent_factor, fraction_factor = SCALES[quantity]
    percents, fractions = [], []
    for where, text in cells:
        try:
            value = number(text)
        except ValueError:
            continue
        # at the bound itself: 1.5 is a wrong fraction for FEV1/FVC, 3 a rare percent for FEV1
        is_percent = value > bound if quantity == "fev1fvc" else value >= bound
        if 0 < value <= top:
            (percents if is_percent else fractions).append(f"{where}: {text}")
    if percents and fractions:
        few = min(percents, fractions, key=len)
        more = f" and {len(few) - MOST_NAMED} more" if len(few) > MOST_NAMED else ""
        raise CohortError(
            f"column {column} mixes percent and fractions: {len(few)} of "
            f"{len(percents) + len(fractions)} values look like "
            f"{'percent' if few is percents else 'fractions'}: {', '.join(few[:MOST_NAMED])}{more}"
        )
    return percent_factor if percents else fraction_factor if fractions else 1.0


def unit_text(factor: float) -> str:
    """Return how a column's values were scaled; blank when they were not."""
    if factor == 1.0:
        return ""
    return "; percent, divided by 100" if factor < 1 else "; fractions, times 100"
