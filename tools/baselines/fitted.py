"""A fitted baseline: a function of features alone, and what was chosen for it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tools.baselines.split_features import ScanFeatures


@dataclass(frozen=True)
class Fitted:
    """predict: from the features of n scans to their predictions (n,), in the target's unit.

    settings: what was fitted or chosen, for the record. It never sees a label of the scans that it
    predicts.
    """

    predict: Callable[[ScanFeatures], np.ndarray]
    settings: dict[str, float | str | list[float]] = field(default_factory=dict)
