"""Targets: the three numbers of the paper, and what is known of any number that is learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from pylayers.cohort.gold import COPD_BELOW, STAGE_BOUNDS_PERCENT
from pylayers.errors import UsageError


@dataclass(frozen=True)
class Target:
    """One outcome.

    Tables and scores are in the reported unit; the network sees `value / network_unit`.
    """

    name: str
    title: str
    unit: str
    low: float  # smallest plausible label, in the reported unit
    high: float  # largest plausible label
    network_unit: float  # reported units per unit inside the network
    decimals: int  # as printed
    thresholds: tuple[float, ...] = ()  # between its classes, in the reported unit

    @property
    def is_own(self) -> bool:
        """Whether a cohort declares it: it is none of the paper's."""
        return self.name not in TARGETS

    @property
    def class_names(self) -> tuple[str, ...]:
        """What its thresholds make of it, from the lowest class up; one class without any."""
        if not self.thresholds:
            return (f"{self.low:g} to {self.high:g}",)
        bounds = sorted(self.thresholds)
        between = (f"{a:g} to {b:g}" for a, b in pairwise(bounds))
        return (f"below {bounds[0]:g}", *between, f"{bounds[-1]:g} or more")

    def text(self, value: float) -> str:
        """Return a value as it is reported, with its unit."""
        return f"{value:.{self.decimals}f}{' ' + self.unit if self.unit else ''}"


# Ranges: the VE scale is 0..5 (paper, section 2.2); FEV1/FVC is a fraction; FEV1 % predicted may
# exceed 100, but hardly 200. Inside the network all three span about 0..1, so that one learning
# rate suits them.
TARGETS = {
    target.name: target
    for target in (
        Target("ve", "Visual emphysema score", "", 0.0, 5.0, 5.0, 2),
        Target("fev1fvc", "FEV1/FVC", "", 0.05, 1.0, 1.0, 3, (COPD_BELOW,)),
        Target("fev1pp", "FEV1 % predicted", "%", 3.0, 200.0, 100.0, 1, STAGE_BOUNDS_PERCENT),
    )
}


def target_named(name: str, targets: Mapping[str, Target] = TARGETS) -> Target:
    """Return the target of that name; UsageError lists the names when there is none."""
    if name not in targets:
        raise UsageError(f"target {name!r} is not known; it is one of {', '.join(targets)}")
    return targets[name]
