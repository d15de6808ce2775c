"""How sharp a scan is in its slices, from the edges between soft tissue and air."""

import numpy as np

TISSUE_HU, AIR_HU = -60, -1000  # fat of the skin, and air
CROSSING_HU = (-680, -380)  # around the middle of the edge
SHARPEST = 90  # percentile of the slopes: other edges are oblique, moved or lower
SLICES = 20
USUAL_MM, RANGE_MM = 0.6, (0.3, 1.5)  # soft to sharp kernels of chest CT are within


def edge_blur_mm(hu: np.ndarray, pixel_mm: float) -> float:
    """Return the sd in mm of the Gaussian that blurs the sharpest edges of a scan.

    hu: (z, y, x) HU, whole slices. An edge of height H that a Gaussian of sd s blurs has the slope
    H / (s sqrt(2 pi)) in its middle. Edges of the skin are what Sanders, Hurwitz & Samei, Medical
    Physics 2016, measure the resolution of patients' scans by. USUAL_MM where there is no edge.
    """
    low, high = CROSSING_HU
    slopes = [np.zeros(0, np.float32)]
    for plane in hu[:: max(1, len(hu) // SLICES)].astype(np.float32):
        down = (plane[2:, 1:-1] - plane[:-2, 1:-1]) / 2
        across = (plane[1:-1, 2:] - plane[1:-1, :-2]) / 2
        inner = plane[1:-1, 1:-1]
        slopes.append(np.hypot(down, across)[(low < inner) & (inner < high)])
    steepest = np.percentile(np.concatenate(slopes), SHARPEST) if sum(map(len, slopes)) else 0
    if not steepest > 0:
        return USUAL_MM
    blur_mm = (TISSUE_HU - AIR_HU) / (np.sqrt(2 * np.pi) * steepest) * pixel_mm
    return float(np.clip(blur_mm, *RANGE_MM))
