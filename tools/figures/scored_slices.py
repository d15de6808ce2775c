"""A scored scan on one picture: where the slices lie, what each contributes, and all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure, SubFigure

from pylayers.cohort.targets import Target
from tools.figures.chest_planes import Chest, coronal, show_plane
from tools.figures.ct_image import LUNG_WINDOW_HU, show_slice, window_text
from tools.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREY,
    SKY,
    VERMILION,
    axis_label,
    footnote,
    new_figure,
    styled,
)
from tools.stats.estimate_text import number_text

COLUMNS = 8
TOP_MM, ROW_MM, WORDS_MM = 61, 20.5, 9
PLOT_WIDTH = 2.5  # in widths of the coronal plane beside it


@dataclass(frozen=True)
class ScoredSlices:
    """A chest and its slices from base to apex.

    indices: slices of the chest. contributions: float (slices,), in the target's unit.
    """

    chest: Chest
    target: Target
    indices: Sequence[int]
    contributions: Sequence[float]


@styled
def scored_slices_figure(scored: ScoredSlices, title: str) -> Figure:
    """Return the figure: coronal plane, contributions over z beside it, the slices apex first."""
    rows = -(-len(scored.indices) // COLUMNS)
    figure = new_figure(DOUBLE_MM, TOP_MM + ROW_MM * rows + WORDS_MM)
    figure.suptitle(f"{title} ({window_text()})")
    above, below = figure.subfigures(2, 1, height_ratios=(TOP_MM, ROW_MM * rows))
    _draw_heights(above, scored)
    cells = below.subplots(rows, COLUMNS, squeeze=False).ravel()
    box = scored.chest.box
    order = range(len(scored.indices) - 1, -1, -1)
    for axes, at in zip(cells, order, strict=False):
        plane = scored.chest.hu[scored.indices[at], box.y0 : box.y1, box.x0 : box.x1]
        show_slice(axes, plane, scored.chest.spacing_mm[1:], LUNG_WINDOW_HU)
        value = number_text(scored.contributions[at], scored.target.decimals)
        axes.set_title(value, loc="center", pad=2, color=_colour(scored, at) or "black")
    for axes in cells[len(scored.indices) :]:
        axes.set_axis_off()
    footnote(figure)
    return figure


def _draw_heights(figure: SubFigure, scored: ScoredSlices) -> None:
    """Draw the coronal plane and the contributions over the same heights."""
    plane = coronal(scored.chest, 0)
    box, step_mm = scored.chest.box, scored.chest.spacing_mm[0]
    height_mm, width_mm = plane.size_mm
    above_base_mm = (np.asarray(scored.indices) - box.z0 + 0.5) * step_mm
    picture, plot = figure.subplots(1, 2, width_ratios=(1, PLOT_WIDTH))
    show_plane(picture, plane, outlined=False, window_hu=LUNG_WINDOW_HU)
    rows = len(plane.hu) - 0.5 - above_base_mm / step_mm
    for at, row in enumerate(rows):
        picture.axhline(row, color=_colour(scored, at) or SKY, linewidth=0.7)
    picture.set_title(f"{len(rows)} slices")
    plot.set_box_aspect(height_mm / width_mm / PLOT_WIDTH)
    plot.plot(scored.contributions, above_base_mm, "o-", color="0.25")
    for at, marker in ((_lowest(scored), "<"), (_highest(scored), ">")):
        plot.plot(
            scored.contributions[at], above_base_mm[at], marker, color=_colour(scored, at), ms=7
        )
    mean = float(np.mean(scored.contributions))
    plot.axvline(mean, color=GREY, linestyle="--", linewidth=0.8)
    plot.set(ylim=(0, height_mm), xlabel=axis_label(scored.target), ylabel="mm above the base")
    plot.set_title(f"mean {number_text(mean, scored.target.decimals)}")
    plot.grid()


def _lowest(scored: ScoredSlices) -> int:
    return int(np.argmin(scored.contributions))


def _highest(scored: ScoredSlices) -> int:
    return int(np.argmax(scored.contributions))


def _colour(scored: ScoredSlices, at: int) -> str | None:
    """Return the colour of the lowest and of the highest slice, None for others."""
    return {_lowest(scored): BLUE, _highest(scored): VERMILION}.get(at)
