"""Where the network looked: a relevance map over each slice."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tools.figures.ct_image import LUNG_WINDOW_HU, show_slice, window_text
from tools.figures.style import DOUBLE_MM, SKY, footnote, new_figure, styled, write_png

COLUMNS = 4
OPAQUE = 0.65  # opacity of the highest relevance: the slice stays visible under it
FULL_PERCENTILE = 99.5  # single hot pixels would leave the rest of a map blank
CAPTION_MM = 5
LABEL = "relevance (arbitrary unit, the same for all slices)"


@dataclass(frozen=True)
class RelevanceSlice:
    """One slice.

    hu: plane (h, w), HU. relevance: not negative, of the same shape. caption: such as the height
    and the contribution. box: (y0, y1, x0, x1) of the lungs in the plane, half-open, or None.
    """

    hu: np.ndarray
    relevance: np.ndarray
    caption: str = ""
    box: tuple[int, int, int, int] | None = None


@styled
def relevance_figure(
    slices: Sequence[RelevanceSlice],
    title: str,
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    full: float | None = None,
    label: str = LABEL,
) -> Figure:
    """Return the slices in rows of four, base first, each under its relevance in colour.

    full: the relevance of the strongest colour (None: FULL_PERCENTILE of all slices' relevance
    above zero). Raises ValueError for a map of another shape or with negative values or NaN.
    """
    for shown in slices:
        if shown.relevance.shape != shown.hu.shape:
            raise ValueError(f"relevance {shown.relevance.shape} for a slice {shown.hu.shape}")
        if not (shown.relevance >= 0).all():
            raise ValueError("relevance is negative or not a number")
    full = full or _full(slices)
    rows = -(-len(slices) // COLUMNS)
    height, width = np.max([shown.hu.shape for shown in slices], axis=0) * spacing_mm
    row_mm = DOUBLE_MM / COLUMNS * height / width + CAPTION_MM
    figure = new_figure(DOUBLE_MM, rows * row_mm + 17)
    figure.suptitle(f"{title} ({window_text(LUNG_WINDOW_HU)})")
    cells = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes, shown in zip(cells, slices, strict=False):
        show_slice(axes, shown.hu, spacing_mm)
        overlay = axes.imshow(
            shown.relevance,
            cmap=overlay_map(),
            norm=Normalize(0, full, clip=True),
            aspect=spacing_mm[0] / spacing_mm[1],
        )
        axes.set_title(shown.caption, loc="center", pad=2)
        if shown.box is not None:
            y0, y1, x0, x1 = shown.box
            axes.add_patch(
                Rectangle(
                    (x0 - 0.5, y0 - 0.5), x1 - x0, y1 - y0, fill=False, edgecolor=SKY, linewidth=0.8
                )
            )
    for axes in cells[len(slices) :]:
        axes.set_axis_off()
    bar = figure.colorbar(
        overlay,
        ax=cells,
        location="bottom",
        extend="max",
        shrink=0.5,
        aspect=40,
        pad=0.02,
        label=label,
    )
    bar.ax.set_facecolor("0.3")  # colours as they look on lung
    footnote(figure)
    return figure


def draw_relevance(
    slices: Sequence[RelevanceSlice],
    title: str,
    path,
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    full: float | None = None,
    label: str = LABEL,
) -> None:
    """Write relevance_figure as a PNG."""
    write_png(relevance_figure(slices, title, spacing_mm, full, label), path)


def overlay_map() -> ListedColormap:
    """Return a perceptually uniform map that is transparent at zero and OPAQUE at the top."""
    colours = matplotlib.colormaps["plasma"](np.linspace(0, 1, 256))
    colours[:, 3] = OPAQUE * np.linspace(0, 1, 256) ** 0.7
    return ListedColormap(colours, name="relevance")


def _full(slices: Sequence[RelevanceSlice]) -> float:
    numbers = np.concatenate([shown.relevance[shown.relevance > 0] for shown in slices])
    return float(np.percentile(numbers, FULL_PERCENTILE)) if len(numbers) else 1.0
