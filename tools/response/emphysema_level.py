"""The density of emphysema on a scan's own scale."""

from pylayers.lungs.air_map import map_air
from pylayers.lungs.calibration import air_witnesses
from pylayers.reading.scan import Scan

EMPHYSEMA_HU = -975  # of destroyed lung: air with 2.5 % of tissue


def emphysema_level(scan: Scan) -> float:
    """Return the HU of destroyed lung in a scan: EMPHYSEMA_HU, moved by what its air is off.

    The air around the patient decides, which is clearer than that of the windpipe; without either
    the scan is taken for calibrated.
    """
    witnesses = air_witnesses(scan.hu, map_air(scan.hu, scan.spacing_mm))
    return EMPHYSEMA_HU + (witnesses[0].off_hu if witnesses else 0.0)
