"""GOLD stages at their boundaries."""

import pytest

from pylayers.cohort.gold import gold_stage


@pytest.mark.parametrize(
    ("fev1fvc", "fev1pp", "stage"),
    [
        (0.70, 25.0, 0),
        (0.95, 110.0, 0),
        (0.6999, 80.0, 1),
        (0.6999, 120.0, 1),
        (0.5, 79.99, 2),
        (0.5, 50.0, 2),
        (0.5, 49.99, 3),
        (0.5, 30.0, 3),
        (0.5, 29.99, 4),
        (0.2, 3.0, 4),
    ],
)
def test_the_stage_follows_both_values(fev1fvc, fev1pp, stage):
    assert gold_stage(fev1fvc, fev1pp) == stage
