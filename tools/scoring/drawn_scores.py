"""A scored scan as the figure of its slices' contributions takes it."""

from tools.figures.contributions import Contributions
from tools.scoring.scored_crop import ScoredCrop


def contributions_of(heading: str, scored: ScoredCrop) -> Contributions:
    """Return the contributions of all targets; heading: what stands above each row."""
    slices = {name: target.slices for name, target in scored.targets.items()}
    return Contributions(
        heading,
        scored.crop,
        {name: own.contributions for name, own in slices.items()},
        samples={name: own.sample for name, own in slices.items()},
        targets={name: own.scorer.target for name, own in scored.targets.items()},
    )
