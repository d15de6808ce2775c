"""How far off a prediction may be: the run's errors on its validation split."""

from typing import NamedTuple

import numpy as np

from pylayers.cohort.cohort import read_rows
from pylayers.cohort.targets import Target
from pylayers.errors import CohortError, WeightsError
from pylayers.files.checkout import relative
from tools.training.run_folder import RunFolder

TAILS_PERCENT = (2.5, 97.5)
FEW = 40  # with fewer scans the tails are the one or two largest errors


class Interval(NamedTuple):
    """Bounds in the target's unit, and the number of validation scans behind them."""

    low: float
    high: float
    n: int

    @property
    def is_rough(self) -> bool:
        """Whether it rests on so few scans that its bounds depend on single ones."""
        return self.n < FEW


def validation_interval(run: RunFolder, score: float, target: Target) -> Interval | None:
    """Return the score plus the 2.5th and 97.5th percentile of truth minus prediction.

    Bounds end where the target's plausible values do. None without predictions over the
    validation split; WeightsError when their table is damaged.
    """
    path = run.predictions("val")
    if not path.is_file():
        return None
    try:
        rows = [row for _, row in read_rows(path)]
        errors = np.array([float(row["truth"]) - float(row["prediction"]) for row in rows])
    except (CohortError, KeyError, ValueError):
        errors = np.array([np.nan])
    if not len(errors) or not np.isfinite(errors).all():
        raise WeightsError(f"{relative(path)} is damaged; run `make evaluate TARGET=...` again")
    bounds = score + np.percentile(errors, TAILS_PERCENT)
    low, high = np.clip(bounds, target.low, target.high)
    return Interval(float(low), float(high), len(errors))
