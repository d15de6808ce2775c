"""From a scan to its lungs' crop: the one path that training and scoring share."""

import numpy as np

from pylayers.lungs.crop import Box, LungCrop, packed
from pylayers.lungs.densitometry import laa950, perc15, volume_l
from pylayers.lungs.scan_lungs import lungs_of_scan, read_requested
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.scan import Scan


def crop_lungs(request: ScanRequest) -> LungCrop:
    """Read a scan and cut out the bounding box of its lungs.

    Raises ScanRefused with the reason when the scan, the mask or the lungs cannot be scored, and
    MachineError when the machine fails.
    """
    return crop_of_scan(read_requested(request), request)


def crop_of_scan(scan: Scan, request: ScanRequest) -> LungCrop:
    """Cut the bounding box of the lungs out of a scan; raises ScanRefused as crop_lungs does."""
    lungs = lungs_of_scan(scan, request)
    if lungs.refusal is not None:
        raise lungs.refusal
    box = Box.around(lungs.mask)
    hu, mask = box.of(scan.hu), box.of(lungs.mask)
    lung = hu[mask]
    measured = {
        "lungs_l": volume_l(mask, scan.spacing_mm),
        "laa950": laa950(lung),
        "perc15_hu": perc15(lung),
    }
    lung_bits, warnings = packed(mask), lungs.warnings
    first = (box.y0, box.x0)
    corner_mm = tuple(
        origin + index * mm
        for origin, index, mm in zip(scan.origin_mm[1:], first, scan.spacing_mm[1:], strict=True)
    )
    del lungs, mask, lung  # a large scan's memory: the crop takes their place
    return LungCrop(
        hu=np.ascontiguousarray(hu),
        spacing_mm=scan.spacing_mm,
        bottom_mm=scan.origin_mm[0] + box.z0 * scan.spacing_mm[0],
        box=box,
        **measured,
        mask_given=request.mask is not None,
        series=scan.series,
        warnings=warnings,
        lung_bits=lung_bits,
        corner_mm=corner_mm,
    )
