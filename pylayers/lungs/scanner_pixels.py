"""Scanner pixels: whether a CT scanner can have reconstructed pixels of that size.

Sources: the field of view is 500 mm at most as a rule, and reaches as far as the bore of a wide
scanner, 800 to 900 mm, where truncated projections are completed (Fonseca et al. 2021, doi
10.1002/mp.14937). The matrix has 512 rows or more, up to 2048 over 320 mm (Hata et al. 2018, doi
10.1016/j.acra.2017.11.017). Images are reconstructed on a grid of squares.
"""

from collections.abc import Sequence

COARSEST_MM = 1.8  # 900 mm over 512
FINEST_MM = 0.1  # 200 mm over 2048, for the lungs of a child
SQUARE = 0.01  # relative difference of the sides; headers round


def size_text(pixel_mm: Sequence[float]) -> str:
    """Return a pixel's size (y, x) as people write it: one number where it is square."""
    y, x = (f"{value:.3g}" for value in pixel_mm)
    return f"{y} mm" if y == x else f"{y} x {x} mm"


def pixel_warnings(spacing_mm: Sequence[float]) -> list[str]:
    """Return what is odd about a scan's pixels, a sentence or none; spacing_mm: (z, y, x)."""
    low, high = sorted(spacing_mm[1:])
    size = f"pixels of {size_text(spacing_mm[1:])}"
    if high - low > SQUARE * high:
        return [
            f"{size}: a scanner's are square; the scan was resampled or reformatted, "
            "or its spacing is wrong"
        ]
    if high > COARSEST_MM:
        return [
            f"{size} are coarser than CT scanners reconstruct, {COARSEST_MM:g} mm at most: "
            "the scan was probably resampled, and its fine structure is lost"
        ]
    if low < FINEST_MM:
        return [
            f"{size} are finer than CT scanners reconstruct the lungs, {FINEST_MM:g} mm at least: "
            "the scan was resampled, or its spacing is wrong"
        ]
    return []
