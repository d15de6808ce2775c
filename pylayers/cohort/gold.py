"""GOLD: the stage of airflow limitation from two lung function values."""

COPD_BELOW = 0.7  # FEV1/FVC below this is COPD (paper, section 4.2)
# lower bounds of stages 1, 2 and 3 in FEV1 % predicted; below the last is stage 4
STAGE_BOUNDS_PERCENT = (80.0, 50.0, 30.0)


def gold_stage(fev1fvc: float, fev1pp: float) -> int:
    """Return the GOLD stage 0..4; fev1fvc is a fraction, fev1pp percent.

    Stage 0 is no COPD: FEV1/FVC of at least 0.7, as in the paper's Tables 3 and 5, where stage 0
    and "no COPD" count the same scans.
    """
    if fev1fvc >= COPD_BELOW:
        return 0
    return 1 + sum(fev1pp < bound for bound in STAGE_BOUNDS_PERCENT)
