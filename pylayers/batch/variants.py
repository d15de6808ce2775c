"""Variants of the network: what the paper's discussion proposes, and what it tried in vain.

The paper's own network has no name here: it is the variant "".
"""

from dataclasses import dataclass

from pylayers.cohort.targets import Target
from pylayers.errors import UsageError


@dataclass(frozen=True)
class Variant:
    """One way to train beside the paper's own.

    name: of VARIANT=, of its runs and of its prototxts' folder where it has some of its own. title:
    in tables. own_nets: whether its nets differ from the paper's. grades: the classes of a
    soft-max, of labels 0, 1, ... grades - 1; 0 for a regression. second: the kind of second scan
    that each scan has, of cohort.second_scan.KINDS; blank: none. nets: the prototxts' folder where
    it is not the name, as variants share it.
    """

    name: str
    title: str
    own_nets: bool = False
    grades: int = 0
    second: str = ""
    nets: str = ""

    @property
    def nets_folder(self) -> str:
        """The folder of its own prototxts."""
        return self.nets or self.name

    @property
    def stacks(self) -> int:
        """How many stacks of slices stand for a scan: its own and that of its second scan."""
        return 2 if self.second else 1

    def label(self, value: float, target: Target) -> float:
        """Return what the network is to learn of a label in its reported unit."""
        return round(value) if self.grades else value / target.network_unit

    def check_target(self, target: Target) -> None:
        """Raise UsageError for a target that the variant cannot learn."""
        if self.grades and (target.low, target.high) != (0, self.grades - 1):
            raise UsageError(
                f"variant {self.name} learns grades from 0 to {self.grades - 1}, as of ve; "
                f"{target.name} goes from {target.low:g} to {target.high:g}"
            )


TWO_SCANS = "two_scans"
PLAIN = Variant("", "scan2num")
VARIANTS = {
    variant.name: variant
    for variant in (
        PLAIN,
        Variant("softmax", "soft-max over VE grades", own_nets=True, grades=6),
        Variant(
            "expiration", "with an expiration", own_nets=True, second="expiration", nets=TWO_SCANS
        ),
        Variant(
            "followup", "with an earlier visit", own_nets=True, second="earlier", nets=TWO_SCANS
        ),
    )
}


def variant_named(name: str) -> Variant:
    """Return the variant of that name; UsageError lists the names when there is none."""
    if name not in VARIANTS:
        names = ", ".join(sorted(filter(None, VARIANTS)))
        raise UsageError(f"variant {name!r} is not known; it is one of {names}")
    return VARIANTS[name]
