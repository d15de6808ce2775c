"""Figure 4: the scans with the largest errors, to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pylayers.cohort.targets import Target
from tools.figures.ct_image import LUNG_WINDOW_HU, show_slice, window_text
from tools.figures.style import DOUBLE_MM, footnote, new_figure, styled, wrapped, write_png
from tools.stats.estimate_text import number_text

TEXT_SHARE = 0.62  # of a slice's width, for the words beside it
LINE_CHARACTERS = 16


@dataclass(frozen=True)
class Outlier:
    """One scan.

    planes: HU planes (h, w) of one size, as many for each scan, base first. z_mm: their heights.
    spacing_mm: (y, x). truth, prediction: in the reported unit.
    """

    scan_id: str
    planes: Sequence[np.ndarray]
    z_mm: Sequence[float]
    spacing_mm: tuple[float, float]
    truth: float
    prediction: float


@styled
def outliers_figure(
    scans: Sequence[Outlier], target: Target, window_hu: tuple[int, int] = LUNG_WINDOW_HU
) -> Figure:
    """Return figure 4: a row per scan, its words, then its slices from base to apex."""
    columns = max(len(scan.planes) for scan in scans)
    shares = (TEXT_SHARE, *[1] * columns)
    slice_mm = (DOUBLE_MM - 4) / sum(shares)
    heights = [slice_mm * max(map(_height, _sized(scan))) + 5 for scan in scans]
    figure = new_figure(DOUBLE_MM, sum(heights) + 12)
    grid = figure.subplots(
        len(scans), 1 + columns, squeeze=False, width_ratios=shares, height_ratios=heights
    )
    figure.suptitle(f"{target.title}: largest errors ({window_text(window_hu)})")
    for cells, scan in zip(grid, scans, strict=True):
        for axes in (cells[0], *cells[1 + len(scan.planes) :]):
            axes.set_axis_off()
        cells[0].text(0, 1, _words(scan, target), transform=cells[0].transAxes, va="top")
        for axes, plane, z in zip(cells[1:], scan.planes, scan.z_mm, strict=False):
            show_slice(axes, plane, scan.spacing_mm, window_hu)
            axes.set_title(f"z = {number_text(z, 0)} mm", loc="center", pad=2)
    footnote(figure)
    return figure


def draw_outliers(
    scans: Sequence[Outlier],
    target: Target,
    path: Path,
    window_hu: tuple[int, int] = LUNG_WINDOW_HU,
) -> None:
    """Write outliers_figure as a PNG."""
    write_png(outliers_figure(scans, target, window_hu), path)


def _sized(scan: Outlier) -> list[tuple[float, float]]:
    """Return the planes' height and width in mm."""
    return [tuple(np.multiply(plane.shape, scan.spacing_mm)) for plane in scan.planes]


def _height(size_mm: tuple[float, float]) -> float:
    return size_mm[0] / size_mm[1]


def _words(scan: Outlier, target: Target) -> str:
    error = scan.prediction - scan.truth
    sign = "+" if error >= 0 else ""
    return "\n".join(
        (
            wrapped(scan.scan_id, LINE_CHARACTERS),
            f"truth {number_text(scan.truth, target.decimals)}",
            f"predicted {number_text(scan.prediction, target.decimals)}",
            f"error {sign}{number_text(error, target.decimals)}",
        )
    )
