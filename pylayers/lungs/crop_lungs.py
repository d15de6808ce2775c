"""From a scan file to its lungs' crop: the one path that training and scoring share."""

from dataclasses import replace

import numpy as np

from pylayers.lungs.air_map import map_air
from pylayers.lungs.calibration import check_calibration
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.densitometry import laa950, perc15, volume_l
from pylayers.lungs.label_map import lungs_of_labels
from pylayers.lungs.lung_checks import check_lungs
from pylayers.lungs.lung_mask import bounding_box, find_lungs
from pylayers.lungs.scanner_pixels import pixel_warnings
from pylayers.reading.scan import Scan, read_labels, read_scan


def scan_and_lungs(
    scan_path, mask_path=None, mask_labels=None, series=None, allow_uneven=False
) -> tuple[Scan, np.ndarray]:
    """Read a scan and find or read its lungs, bool of its shape (z, y, x).

    mask_labels: the mask's labels that are lung (None: CIP coding). series: UID of the DICOM
    series to take (None: the largest axial one). allow_uneven: take a DICOM series with missing,
    duplicated or unevenly spaced slices, with a warning.

    Raises ScanRefused with the reason when the scan or the mask cannot be used.
    """
    scan = read_scan(scan_path, series, allow_uneven)
    mask, warnings = lungs_of_scan(scan, mask_path, mask_labels)
    return replace(scan, warnings=(*scan.warnings, *warnings)), mask


def lungs_of_scan(scan: Scan, mask_path=None, mask_labels=None) -> tuple[np.ndarray, list[str]]:
    """Check a scan's pixels and calibration, find or read its lungs; return them and warnings."""
    air = map_air(scan.hu, scan.spacing_mm)
    warnings = [*pixel_warnings(scan.spacing_mm), *check_calibration(scan.hu, air)]
    if mask_path is not None:
        return lungs_of_labels(read_labels(mask_path, like=scan), mask_labels), warnings
    mask, found = find_lungs(air, scan.hu.shape)
    return mask, warnings + found


def crop_lungs(
    scan_path, mask_path=None, mask_labels=None, series=None, allow_uneven=False
) -> LungCrop:
    """Cut the bounding box of the lungs out of a scan.

    Takes what scan_and_lungs takes, and raises ScanRefused as it does and for lungs that cannot
    be scored.
    """
    scan, mask = scan_and_lungs(scan_path, mask_path, mask_labels, series, allow_uneven)
    found = check_lungs(scan.hu, mask, scan.spacing_mm, mask_given=mask_path is not None)
    box = bounding_box(mask)
    hu, lungs = box.of(scan.hu), box.of(mask)
    measured = {
        "lungs_l": volume_l(lungs, scan.spacing_mm),
        "laa950": laa950(hu, lungs),
        "perc15_hu": perc15(hu, lungs),
    }
    del mask, lungs  # a large scan's memory: the crop takes their place
    return LungCrop(
        hu=np.ascontiguousarray(hu),
        spacing_mm=scan.spacing_mm,
        bottom_mm=scan.origin_mm[0] + box.z0 * scan.spacing_mm[0],
        box=box,
        **measured,
        mask_given=mask_path is not None,
        series=scan.series,
        warnings=(*scan.warnings, *found),
    )
