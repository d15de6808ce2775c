"""Variants of the network: what the paper's discussion proposes, and the soft-max that it gave up.

The paper's own network is the variant whose name is blank.
"""

from dataclasses import dataclass

from pylayers.batch.stack import MAX_ANGLE_DEG
from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.cohort.targets import Target
from pylayers.errors import UsageError
from pylayers.lungs.views import VIEWS, View

# Patients lie along the table, so coronal and sagittal planes are hardly ever rotated: only by a
# crooked position, or by a spine that is called scoliotic above 10 degrees.
VIEW_ANGLE_DEG = 10.0


@dataclass(frozen=True)
class Variant:
    """One way to train beside the paper's own.

    name: as VARIANT= and its runs have it. title: in tables. own_nets: whether its nets differ from
    the paper's. grades: the number of classes of a soft-max, whose labels are 0 to grades - 1; 0
    for a regression. second: the kind of second scan that each scan needs, of
    cohort.second_scan.KINDS; blank: none. nets: the folder of its own prototxts where variants
    share it; blank: its name. view: the direction of its slices, None for axial ones. mirrored,
    max_angle_deg: as draw_augmentation takes them. patient: whether its nets get patient data
    beside the slices (patient_inputs.py).
    """

    name: str
    title: str
    own_nets: bool = False
    grades: int = 0
    second: str = ""
    nets: str = ""
    view: View | None = None
    mirrored: bool = True
    max_angle_deg: float = MAX_ANGLE_DEG
    patient: bool = False

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
        if self.patient and target.name in PATIENT_COLUMNS:
            raise UsageError(f"variant {self.name} takes {target.name} and cannot learn it")


TWO_SCANS = "two_scans"
PLAIN = Variant("", "scan2num")
VARIANTS = {
    variant.name: variant
    for variant in (
        PLAIN,
        Variant("softmax", "soft-max over VE grades", own_nets=True, grades=6),
        Variant("patient", "with patient data", own_nets=True, patient=True),
        Variant(
            "expiration", "with an expiration", own_nets=True, second="expiration", nets=TWO_SCANS
        ),
        Variant(
            "followup", "with an earlier visit", own_nets=True, second="earlier", nets=TWO_SCANS
        ),
        Variant("coronal", "coronal slices", view=VIEWS["coronal"], max_angle_deg=VIEW_ANGLE_DEG),
        # A mirrored patient has the same sagittal planes in reverse order, to which a mean over
        # slices is blind; a mirrored sagittal plane has the spine in front, as no patient has.
        Variant(
            "sagittal",
            "sagittal slices",
            view=VIEWS["sagittal"],
            mirrored=False,
            max_angle_deg=VIEW_ANGLE_DEG,
        ),
    )
}


def variant_named(name: str) -> Variant:
    """Return the variant of that name; UsageError lists the names when there is none."""
    if name not in VARIANTS:
        names = ", ".join(sorted(filter(None, VARIANTS)))
        raise UsageError(f"variant {name!r} is not known; it is one of {names}")
    return VARIANTS[name]
