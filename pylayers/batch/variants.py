"""Variants of the network: what the paper's discussion proposes, and what it tried in vain.

The paper's own network has no name here: it is the variant "".
"""

from dataclasses import dataclass

from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.cohort.targets import Target
from pylayers.errors import UsageError


@dataclass(frozen=True)
class Variant:
    """One way to train beside the paper's own.

    name: of VARIANT=, of its runs and of its prototxts' folder where it has some of its own. title:
    in tables. own_nets: whether its nets differ from the paper's. grades: the classes of a
    soft-max, of labels 0, 1, ... grades - 1; 0 for a regression. patient: whether its nets get
    patient data beside the slices (patient_inputs.py).
    """

    name: str
    title: str
    own_nets: bool = False
    grades: int = 0
    patient: bool = False

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
        if self.patient and target.name in PATIENT_COLUMNS:
            raise UsageError(f"variant {self.name} is told {target.name}: it cannot predict it")


PLAIN = Variant("", "scan2num")
VARIANTS = {
    variant.name: variant
    for variant in (
        PLAIN,
        Variant("softmax", "soft-max over VE grades", own_nets=True, grades=6),
        Variant("patient", "with patient data", own_nets=True, patient=True),
    )
}


def variant_named(name: str) -> Variant:
    """Return the variant of that name; UsageError lists the names when there is none."""
    if name not in VARIANTS:
        names = ", ".join(filter(None, VARIANTS))
        raise UsageError(f"variant {name!r} is not known; it is one of {names}")
    return VARIANTS[name]
