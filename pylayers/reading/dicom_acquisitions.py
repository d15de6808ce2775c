"""DICOM acquisitions: whether one series mixes several, whose slices lie between each other.

An ordinary scan may number or time each slice, rotation or table position anew: then every value
has a stretch of the patient to itself. Two acquisitions of the same stretch (breath holds, contrast
or heart phases, energies) give slices whose values alternate; no spacing shows that they differ.
"""

from collections import Counter
from itertools import pairwise

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_slice import Slice

SAME_MM = 0.01  # positions this close are one
MIXED_SHARE, FEWEST_MIXED = 0.1, 2  # of slices that lie among another acquisition's
FEWEST_A_PASS = 4  # slices; shuffled times change direction after two or three
MOST_LISTED = 3  # values named in a message
PROVING = (  # each value is one acquisition or reconstruction, PS3.3 C.7.6.16.2.2, C.8.15.3
    *("AcquisitionNumber", "TemporalPositionIdentifier", "TemporalPositionIndex", "StackID"),
    *("NominalPercentageOfCardiacPhase", "NominalPercentageOfRespiratoryPhase", "TriggerTime"),
    *("IrradiationEventUID", "FrameOfReferenceUID", "StudyInstanceUID", "PatientID"),
    *("AcquisitionDate", "KVP", "SliceThickness"),
    *("AcquisitionTime", "AcquisitionDateTime"),
)
TIMES = ("AcquisitionTime", "AcquisitionDateTime")
# A second reconstruction of one acquisition, halfway between the slices of the first, is as good.
DOUBTFUL = ("ContentTime", "InstanceNumber")
# Of the largest value to the smallest; less is rounding, or how a heart beats.
LEAST_RATIO = {"KVP": 1.1, "TriggerTime": 1.1, "SliceThickness": 1.25}
NAMED = ("AcquisitionNumber", "KVP", "SliceThickness")  # values that may be printed


def check_acquisitions(slices: list[Slice]) -> list[str]:
    """Return warnings about slices, in order of place, that may be of several acquisitions.

    Raises ScanRefused (mixed-series) where a header's values prove it.
    """
    for tag in PROVING:
        held = [one for one in slices if tag in one.labels]
        values = [value_of(one, tag) for one in held]
        if too_alike(tag, values):
            continue
        if is_mixed(held, values):
            raise mixed(tag, values)
        if tag in TIMES:
            count, mixed_up = passes(held, tag)
            if mixed_up:
                raise ScanRefused(
                    "mixed-series",
                    f"one series holds several acquisitions whose slices overlap: {count} passes "
                    f"over the patient by {tag}; export one as a series of its own",
                )
    for tag in DOUBTFUL:
        count, mixed_up = passes([one for one in slices if tag in one.labels], tag)
        if mixed_up:
            return [
                f"slices of {count} passes by {tag} lie between each other; if they are of several "
                "acquisitions, export one as a series of its own"
            ]
    return []


def value_of(one: Slice, tag: str) -> float | str:
    """Return a label, as a number where it is one: writers differ in blanks and zeros."""
    try:
        return float(one.labels[tag])
    except ValueError:
        return one.labels[tag].strip()


def too_alike(tag: str, values: list) -> bool:
    """Return whether values prove nothing: there is only one, or they hardly differ."""
    if len(set(values)) < 2:
        return True
    least = LEAST_RATIO.get(tag)
    if least is None:
        return False
    if any(isinstance(value, str) or value <= 0 for value in values):
        return True
    return max(values) < least * min(values)


def is_mixed(slices: list[Slice], values: list) -> bool:
    """Return whether slices of different values lie among each other, or at the same places."""
    needed = max(FEWEST_MIXED, MIXED_SHARE * len(slices))
    stretches = 1 + sum(a != b for a, b in pairwise(values))
    together = sum(
        a != b and two.place_mm - one.place_mm < SAME_MM
        for (one, a), (two, b) in pairwise(zip(slices, values, strict=True))
    )
    return stretches - len(set(values)) >= needed or together >= needed


def passes(slices: list[Slice], tag: str) -> tuple[int, bool]:
    """Return how many times slices, in order of a time or number, go over the patient, and mixed.

    A pass goes one way; mixed: whether slices of several passes lie among each other.
    """
    values = [value_of(one, tag) for one in slices]
    if any(isinstance(value, str) for value in values):
        values = [one.labels[tag].strip() for one in slices]
    held = zip(slices, values, strict=True)
    order = [one for one, _ in sorted(held, key=lambda pair: (pair[1], pair[0].place_mm))]
    number, way, numbers = 0, 0, {}
    for before, one in pairwise([None, *order]):
        step = one.place_mm - before.place_mm if before else 0
        if way and step * way < -SAME_MM:
            number, way = number + 1, 0
        elif not way and abs(step) > SAME_MM:
            way = 1 if step > 0 else -1
        numbers[id(one)] = number
    if number == 0 or len(slices) < FEWEST_A_PASS * (number + 1):
        return number + 1, False
    return number + 1, is_mixed(slices, [numbers[id(one)] for one in slices])


def mixed(tag: str, values: list) -> ScanRefused:
    """Return the refusal of slices of several acquisitions."""
    counts = Counter(values)
    if tag in NAMED and all(isinstance(value, float) for value in counts):
        listed = [f"{value:g} ({counts[value]} slices)" for value in sorted(counts)]
        more = f" and {len(listed) - MOST_LISTED} more" if len(listed) > MOST_LISTED else ""
        values_text = f"{tag} {', '.join(listed[:MOST_LISTED])}{more}"
    else:
        values_text = f"{len(counts)} values of {tag}"
    what = "reconstructions" if tag == "SliceThickness" else "acquisitions"
    return ScanRefused(
        "mixed-series",
        f"one series holds several {what} whose slices overlap: {values_text}; "
        "export one as a series of its own",
    )
