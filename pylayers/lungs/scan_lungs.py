"""The lungs of a scan: found or read once, and judged, for all that is made from them."""

from typing import NamedTuple

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.air_map import map_air
from pylayers.lungs.calibration import check_calibration
from pylayers.lungs.label_map import lungs_of_labels
from pylayers.lungs.lung_checks import check_lungs
from pylayers.lungs.lung_mask import find_lungs
from pylayers.lungs.scan_request import ScanRequest
from pylayers.lungs.scanner_pixels import pixel_warnings
from pylayers.reading.scan import Scan, read_labels, read_scan


class ScanLungs(NamedTuple):
    """What a scan's lungs are, and whether they can be scored.

    mask: bool of the scan's shape (z, y, x), None where no lungs were found. warnings: what is
    unusual about the scan and its lungs, one sentence each. refusal: why it must not be scored,
    None where it may.
    """

    mask: np.ndarray | None
    warnings: tuple[str, ...] = ()
    refusal: ScanRefused | None = None


def read_requested(request: ScanRequest) -> Scan:
    """Read a request's scan; raises ScanRefused and MachineError as read_scan does."""
    return read_scan(request.scan, request.series, request.allow_uneven)


def lungs_of_scan(scan: Scan, request: ScanRequest) -> ScanLungs:
    """Find the lungs of a scan, or read the request's mask, and judge both.

    Pixels, calibration and lungs are checked. A refusal is returned, with the lungs if they were
    found before it. Raises MachineError when the machine fails and not the mask.
    """
    mask, warnings = None, [*scan.warnings, *pixel_warnings(scan.spacing_mm)]
    mask_given = request.mask is not None
    try:
        air = map_air(scan.hu, scan.spacing_mm)
        warnings += check_calibration(scan.hu, air)
        if mask_given:
            mask = lungs_of_labels(read_labels(request.mask, like=scan), request.mask_labels)
        else:
            mask, unusual = find_lungs(air, scan.hu.shape)
            warnings += unusual
        coarse = air.coarse
        del air
        warnings += check_lungs(scan.hu, mask, scan.spacing_mm, mask_given, coarse)
    except ScanRefused as refusal:
        return ScanLungs(mask, tuple(warnings), refusal)
    return ScanLungs(mask, tuple(warnings))
