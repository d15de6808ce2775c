"""Acceptance: whether a volume's numbers are a CT in HU; the lungs have checks of their own."""

from typing import NamedTuple

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.air_level import check_low_end
from pylayers.reading.histogram import LOWEST, histogram
from pylayers.reading.hounsfield import Numbers
from pylayers.reading.padding import corner_value

# Where a chest has its voxels: air and lung, soft tissue and blood.
AIR_RANGE_HU = (-1100, -600)
SOFT_RANGE_HU = (-200, 200)
MIN_SHARE = 0.05  # of all voxels but padding; a chest CT has at least a fifth of either
# A scan's numbers but for padding and metal; ITK and scanners write -3024 at the lowest.
SCANNER_RANGE = (-3100, 4200)
IN_RANGE = 0.9  # share of numbers in that range that says the bytes are in order
SAMPLE_STEP = 4  # every 4th voxel along each axis
GREY_VALUES = 256  # of an 8-bit image; a CT has more than a thousand
LABEL_RUNS = 0.9  # share of labelled neighbours that are equal; noise leaves a CT a few percent
FEWEST_VOXELS = 5000  # of a sample that can have many values
OFFSETS = range(-4096, 4097, 8)
KNOWN_OFFSETS = (-1024, 1024, -1000, 1000)  # what writers forget or apply twice
MISSING_SHARE = 0.01  # below, there is no air, or no soft tissue, at all
NEAR_HU = 16  # an air peak this close to where such an offset would put it speaks for it


class Grey(NamedTuple):
    """A volume of that name, thinned.

    rows: int16 (z, y, x), with all of x. inner: bool (z, y, x - 1), what is no padding. hu: int16
    1D, of what is no padding every SAMPLE_STEP-th.
    """

    name: str
    rows: np.ndarray
    inner: np.ndarray
    hu: np.ndarray


def check_numbers(name: str, hu: np.ndarray, numbers: Numbers) -> list[str]:
    """Return warnings about a volume's numbers; ScanRefused unless they are a CT's in HU.

    hu: int16 (z, y, x), before it is clipped; numbers: of its conversion.
    """
    check_bytes(name, hu, numbers)
    if numbers.not_finite:
        raise ScanRefused(
            "not-finite", f"{name} has {numbers.not_finite:,} voxels that are NaN or infinite"
        )
    grey = grey_of(name, hu)
    check_greys(grey, numbers)
    check_hu(grey)
    return check_low_end(name, grey.hu)


def check_bytes(name: str, hu: np.ndarray, numbers: Numbers) -> None:
    """Raise ScanRefused when the stored numbers are read in a wrong order or as a wrong type."""
    sample = numbers.sample
    kept, swapped = share_in_range(sample), share_in_range(sample.byteswap())
    if sample.dtype.itemsize > 1 and kept < IN_RANGE < swapped:
        raise ScanRefused(
            "byte-order",
            f"{100 * (1 - kept):.0f} % of the voxels of {name} are outside {SCANNER_RANGE[0]}.."
            f"{SCANNER_RANGE[1]}; with their bytes swapped {100 * (1 - swapped):.0f} % are",
        )
    if len(numbers.wrapped) > 2:  # padding has one value, or one and its interpolation
        low, high = min(numbers.wrapped), max(numbers.wrapped)
        raise ScanRefused(
            "voxel-type",
            f"{name} has {numbers.wrapped_count:,} voxels such as {low} and {high}: "
            "negative HU that the header calls unsigned",
        )
    outside = (hu[::SAMPLE_STEP, ::SAMPLE_STEP, ::SAMPLE_STEP] > SCANNER_RANGE[1]).mean()
    if not numbers.not_finite and outside > 1 - IN_RANGE:
        raise ScanRefused(
            "voxel-type",
            f"{100 * outside:.0f} % of the voxels of {name} are above {SCANNER_RANGE[1]} HU; "
            "is the header's voxel type right?",
        )


def share_in_range(sample: np.ndarray) -> float:
    """Return the share of numbers that a scanner writes; padding of unsigned writers counts."""
    if not sample.size:
        return 0.0
    with np.errstate(invalid="ignore"):
        small = (sample >= SCANNER_RANGE[0]) & (sample <= SCANNER_RANGE[1])
        if sample.dtype.kind == "f":  # swapped floats are mostly far too small or far too large
            small &= (sample == 0) | (np.abs(sample) > 1e-6)
    return float(small.mean())


def grey_of(name: str, hu: np.ndarray) -> Grey:
    """Thin out a volume and leave out its constant padding."""
    step = SAMPLE_STEP if hu.size > SAMPLE_STEP**3 * FEWEST_VOXELS else 1
    rows = hu[::step, ::step]
    inner = rows[:, :, :-1] != corner_value(hu)
    return Grey(name, rows, inner, rows[:, :, :-1][inner][::step])


def distinct(values: np.ndarray) -> np.ndarray:
    """Return the distinct ones of int16 values, in ascending order."""
    return (np.flatnonzero(histogram(values)) + LOWEST).astype(np.int16)


def check_greys(grey: Grey, numbers: Numbers) -> None:
    """Raise ScanRefused for label maps and for images that lost their HU to a display window."""
    low, high = (numbers.sample.min(), numbers.sample.max()) if numbers.sample.size else (0, 0)
    if low == high:
        raise ScanRefused("not-hu", f"all voxels of {grey.name} are {low:g}")
    if numbers.sample.dtype.kind == "f" and high - low <= 2:
        raise ScanRefused(
            "not-hu",
            f"the voxels of {grey.name} go from {low:.3g} to {high:.3g}: they were rescaled, "
            "HU cannot be recovered",
        )
    if grey.hu.size < FEWEST_VOXELS or len(distinct(grey.hu)) > GREY_VALUES:
        return
    here = grey.rows[:, :, :-1]
    values = distinct(here[grey.inner])
    if len(values) > GREY_VALUES:
        return
    eight_bit = values[0] >= 0 and values[-1] < GREY_VALUES
    stretched = np.median(np.diff(values)) > 1 if len(values) > 1 else True
    span = f"{len(values)} values from {values[0]} to {values[-1]}"
    if np.mean((here == grey.rows[:, :, 1:])[grey.inner]) > LABEL_RUNS:
        raise ScanRefused(
            "label-map", f"{grey.name} has {span} in large constant areas: a label map, not a CT"
        )
    if not (eight_bit or stretched):  # a quiet scan of few tissues: not a chest
        return
    raise ScanRefused(
        "windowed",
        f"{grey.name} has {span}: too few for HU, which a display window or rounding has lost",
    )


def check_hu(grey: Grey) -> None:
    """Raise ScanRefused unless air and soft tissue are where HU have them.

    Scans without either are left to the lungs' checks: they are not a chest.
    """
    counts = np.concatenate([[0], np.cumsum(histogram(grey.hu))])
    air, soft = shares(counts)
    if min(air, soft) >= MIN_SHARE:
        return
    fits = {offset: min(shares(counts, offset)) for offset in OFFSETS}
    best = max(fits.values())
    if best < MIN_SHARE:
        return
    good = [offset for offset, fit in fits.items() if fit > 0.9 * best]
    offset, known = offset_of(counts, good[len(good) // 2])
    if not known and min(air, soft) > MISSING_SHARE:  # an odd body, for the lungs' checks
        return
    raise ScanRefused(
        "not-hu",
        f"{100 * air:.0f} % of {grey.name} is air ({AIR_RANGE_HU[0]}..{AIR_RANGE_HU[1]}) and "
        f"{100 * soft:.0f} % soft tissue ({SOFT_RANGE_HU[0]}..{SOFT_RANGE_HU[1]}); "
        f"an offset of {offset:+d} would fit",
    )


def offset_of(counts: np.ndarray, about: int) -> tuple[int, bool]:
    """Return the offset that puts the air peak at -1000 HU, and whether it is one of the known.

    counts: how many voxels are below -32768, -32767, ... 32768; about: an offset that fits.
    """
    start = int(np.clip(AIR_RANGE_HU[0] - about + (1 << 15), 0, (1 << 16) - 200))
    peak = start + int(np.diff(counts[start : start + 200]).argmax()) - (1 << 15)
    near = [known for known in KNOWN_OFFSETS if abs(-1000 - peak - known) <= NEAR_HU]
    return (near[0], True) if near else (-1000 - peak, False)


def shares(counts: np.ndarray, offset: int = 0) -> tuple[float, float]:
    """Return which shares of the voxels are air and soft tissue after adding an offset.

    counts: how many voxels are below -32768, -32767, ... 32768.
    """
    bounds = [
        np.clip(np.array([low, high + 1]) - offset + (1 << 15), 0, 1 << 16)
        for low, high in (AIR_RANGE_HU, SOFT_RANGE_HU)
    ]
    return tuple(float(counts[high] - counts[low]) / max(1, counts[-1]) for low, high in bounds)
