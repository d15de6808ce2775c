"""GOLD stages from predicted lung function."""

import numpy as np
from numpy.typing import ArrayLike

from pylayers.cohort.gold import STAGE_BOUNDS_PERCENT, gold_stage
from tools.stats.ordinal import OrdinalAgreement, ordinal_agreement

STAGES = tuple(range(len(STAGE_BOUNDS_PERCENT) + 2))


def gold_stages(fev1fvc: ArrayLike, fev1pp: ArrayLike) -> np.ndarray:
    """Return the GOLD stages 0..4 of FEV1/FVC (fractions) and FEV1 % predicted, (n,) each.

    NaN where either is NaN. Both values decide, see pylayers.cohort.gold.gold_stage.
    """
    pairs = zip(np.asarray(fev1fvc, float), np.asarray(fev1pp, float), strict=True)
    return np.array([np.nan if np.isnan(sum(pair)) else gold_stage(*pair) for pair in pairs])


def staging(
    truth_fev1fvc: ArrayLike,
    truth_fev1pp: ArrayLike,
    predicted_fev1fvc: ArrayLike,
    predicted_fev1pp: ArrayLike,
    seed: int = 1,
) -> OrdinalAgreement:
    """Return the agreement on GOLD stages (Table 5), all (n,): fractions and percent."""
    return ordinal_agreement(
        gold_stages(truth_fev1fvc, truth_fev1pp),
        gold_stages(predicted_fev1fvc, predicted_fev1pp),
        STAGES,
        seed,
    )
