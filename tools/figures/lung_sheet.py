"""Lung sheet: for each scan what was taken for lung, on three axial slices and a coronal one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pylayers.lungs.crop import Box
from tools.figures.ct_image import show_slice, window_text
from tools.figures.style import DOUBLE_MM, SKY, VERMILION, footnote, new_figure, styled, wrapped

if TYPE_CHECKING:  # the readers of scans take long to import
    from pylayers.reading.scan import Scan

ROW_MM, HEAD_MM, FOOT_MM = 44.0, 11.0, 8.0
HEIGHTS = (0.95, 0.5, 0.05)  # of the axial slices, from base to apex
WINDOW_HU = (-1100, 200)  # lung is grey, bowel gas black, vessels and the chest's wall white
LINE_PT = 0.6
TITLE_CHARACTERS = 118


class Row(NamedTuple):
    """A scan's pictures: HU planes with what of them is lung, and its box; none when not read.

    planes: (z or "coronal", HU (rows, columns), mask or None, (row, column) spacing in mm, box as
    (first row, rows, first column, columns) or None). text: its name, numbers and what was said.
    """

    text: str
    planes: Sequence[tuple]


def row_of(
    text: str, scan: "Scan | None" = None, mask: np.ndarray | None = None, box: Box | None = None
) -> Row:
    """Return the row of a scan with its lungs where there are any."""
    if scan is None:
        return Row(text, ())
    count, rows, _ = scan.hu.shape
    low, high = (box.z0, box.z1) if box else (0, count)
    middle = (box.y0 + box.y1) // 2 if box else rows // 2
    planes = []
    for share in HEIGHTS:
        z = min(count - 1, int(low + share * (high - low)))
        frame = box and (box.y0, box.y1 - box.y0, box.x0, box.x1 - box.x0)
        inside = None if mask is None else mask[z].copy()
        planes.append((f"slice {z}", scan.hu[z].copy(), inside, scan.spacing_mm[1:], frame))
    flipped = slice(None, None, -1)  # head up
    frame = box and (count - box.z1, box.z1 - box.z0, box.x0, box.x1 - box.x0)
    inside = None if mask is None else mask[flipped, middle].copy()
    spacing = (scan.spacing_mm[0], scan.spacing_mm[2])
    planes.append(("coronal", scan.hu[flipped, middle].copy(), inside, spacing, frame))
    return Row(text, planes)


@styled
def lung_sheet(rows: Sequence[Row]) -> Figure:
    """Return a figure with a row for each scan: the lungs outlined, their box, the text above."""
    heights = [HEAD_MM + ROW_MM * bool(row.planes) for row in rows]
    figure = new_figure(DOUBLE_MM, sum(heights) + FOOT_MM)
    parts = figure.subfigures(len(rows), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, row in zip(parts, rows, strict=True):
        part.suptitle(wrapped(row.text, TITLE_CHARACTERS), x=0.01, ha="left")
        if row.planes:
            for ax, plane in zip(part.subplots(1, len(row.planes)), row.planes, strict=True):
                _draw(ax, *plane)
    footnote(figure)
    return figure


def sheet_caption() -> str:
    """Return what the outlines and greys mean."""
    return f"outlined: what was taken for lung; box: what is cut out; {window_text(WINDOW_HU)}"


def _draw(
    ax: Axes,
    title: str,
    plane: np.ndarray,
    mask: np.ndarray | None,
    spacing_mm: tuple[float, float],
    box: tuple[int, int, int, int] | None,
) -> None:
    show_slice(ax, plane, spacing_mm, WINDOW_HU)
    ax.set_title(title)
    if mask is not None and mask.any():
        ax.contour(mask, [0.5], colors=[VERMILION], linewidths=LINE_PT)
    if box is not None:
        top, height, left, width = box
        corner = (left - 0.5, top - 0.5)
        ax.add_patch(Rectangle(corner, width, height, fill=False, ec=SKY, lw=LINE_PT))
