"""Calibration: whether the air beside the patient has the -1000 HU that air has."""

import cv2
import numpy as np

from pylayers.errors import ScanRefused
from pylayers.padding import corner_value

# Air beside the patient: a real scan and phantoms have -1035 to -985 HU (scanners' calibration is
# within 10 HU, and beside a body scatter adds some); what is further off loses the lungs' texture.
AIR_SOUGHT = (-1300, -700)
AIR_USUAL, AIR_POSSIBLE = (-1050, -970), (-1085, -955)
AIR_STEP = 2  # slices; means over them are free of noise
FEWEST_PIXELS = 10
AIR_PERCENTILE = 20  # of it: the table and blankets are beside the patient, too
SAMPLE_STEP = 4  # every 4th row and column


def check_air(name: str, hu: np.ndarray) -> list[str]:
    """Return a warning when the air beside the patient is not at -1000 HU; ScanRefused when far.

    An offset or a wrong scale moves all of the lung against the network's input window.
    """
    level = air_beside(hu)
    if level is None or AIR_USUAL[0] <= level <= AIR_USUAL[1]:
        return []
    seen = f"the air beside the patient has {level:.0f} HU in {name}, not -1000"
    if not AIR_POSSIBLE[0] <= level <= AIR_POSSIBLE[1]:
        raise ScanRefused("not-hu", f"{seen}: an offset or a wrong scale")
    return [f"{seen}; the calibration may be off"]


def air_beside(hu: np.ndarray) -> float | None:
    """Return the HU of the air just inside the scanner's view; None when there is none."""
    constant = corner_value(hu)
    if constant is not None and AIR_SOUGHT[0] <= constant <= AIR_SOUGHT[1]:
        return float(constant)  # where a writer or a mask ended the scale
    thin = hu[::AIR_STEP, ::SAMPLE_STEP, ::SAMPLE_STEP]
    outside = (thin.min(0) == thin.max(0)).view(np.uint8)  # padding
    outside[[0, -1]] = 1
    outside[:, [0, -1]] = 1
    ring = thin[:, cv2.dilate(outside, np.ones((3, 3), np.uint8)) > outside]
    air = (ring >= AIR_SOUGHT[0]) & (ring <= AIR_SOUGHT[1])
    ring = ring[:, air.mean(0) > 0.5]
    air = (ring >= AIR_SOUGHT[0]) & (ring <= AIR_SOUGHT[1])
    if ring.shape[1] < FEWEST_PIXELS:
        return None
    return float(np.percentile(np.mean(ring, axis=0, where=air), AIR_PERCENTILE))
