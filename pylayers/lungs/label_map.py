"""Label maps: which labels are lung, by the Chest Imaging Platform's coding or by name."""

import re
from collections.abc import Iterable

import numpy as np

from pylayers.errors import ScanRefused, UsageError

# Chest Imaging Platform label maps: the low byte is the region, the high byte the tissue type.
# Regions 1..14 are the whole lung, right, left, lobes and thirds of each lung, 20..22 thirds of
# both.
LUNG_REGIONS = np.array([*range(1, 15), 20, 21, 22])
AIRWAY_TYPE = 2
MOST_LABELS = 256  # in one range


def lungs_of_labels(labels: np.ndarray, lung_labels: Iterable[int] | None = None) -> np.ndarray:
    """Return the lungs, bool (z, y, x), of an integer label map.

    lung_labels: the labels that are lung; None reads the map in CIP coding, without airways (a
    plain 0/1 mask reads the same way). Raises ScanRefused (mask-empty).
    """
    mask = np.empty(labels.shape, bool)
    for plane, lungs in zip(labels, mask, strict=True):  # what isin needs is many times its input
        if lung_labels is None:
            codes = plane.astype(np.int32)  # 0xFF does not fit into int8
            lungs[...] = np.isin(codes & 0xFF, LUNG_REGIONS) & ((codes >> 8) & 0xFF != AIRWAY_TYPE)
        else:
            lungs[...] = np.isin(plane, list(lung_labels))
    if not mask.any():
        values = ", ".join(str(value) for value in np.unique(labels)[:8])
        raise ScanRefused("mask-empty", f"the lung mask marks no lung; its values are {values}")
    return mask


def parse_labels(text: str) -> tuple[int, ...] | None:
    """Return the labels that a text such as `3 4` or `10-14` names; blank is None.

    Raises UsageError.
    """
    labels = []
    for part in text.replace(",", " ").split():
        match = re.fullmatch(r"(\d{1,6})(?:-(\d{1,6}))?", part, re.ASCII)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not 0 <= last - first < MOST_LABELS:
            raise UsageError(f"lung labels {text!r} are not numbers or ranges such as 10-14")
        labels += range(first, last + 1)
    return tuple(labels) or None
