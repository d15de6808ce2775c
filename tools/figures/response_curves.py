"""Response curves: numbers of one scan over the extent of emphysema drawn into it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from tools.figures.ct_image import show_slice, window_text
from tools.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREY,
    footnote,
    letter,
    new_figure,
    styled,
    write_png,
)

SLICES_MM, CURVES_MM = 42, 58  # heights of the rows


class Curve(NamedTuple):
    """One number.

    axis: its name with its unit. verdict: a line on its monotony. repeats: a row (2, doses) of
    extents, in percent, and values for each plan of lesions.
    """

    axis: str
    verdict: str
    repeats: Sequence[np.ndarray]


@styled
def response_figure(
    title: str,
    curves: Sequence[Curve],
    slices: Mapping[str, np.ndarray],
    spacing_mm: tuple[float, float],
) -> Figure:
    """Return a panel a number over the inserted extent, below one slice with several extents.

    slices: words -> HU plane (h, w), all of one size. spacing_mm: (y, x) of their pixels.
    """
    figure = new_figure(DOUBLE_MM, SLICES_MM + CURVES_MM)
    upper, lower = figure.subfigures(2, height_ratios=(SLICES_MM, CURVES_MM))
    upper.suptitle(f"{title} ({window_text()})")
    pictures = upper.subplots(1, len(slices), squeeze=False)[0]
    for axes, (words, plane) in zip(pictures, slices.items(), strict=True):
        show_slice(axes, plane, spacing_mm)
        axes.set_title(words)
    panels = lower.subplots(1, len(curves), squeeze=False)[0]
    for index, (axes, curve) in enumerate(zip(panels, curves, strict=True)):
        for extents, values in curve.repeats:
            axes.plot(extents, values, color=GREY, linewidth=0.7, gid="repeat")
        extents, values = np.mean(curve.repeats, axis=0)
        axes.plot(extents, values, "o-", color=BLUE, gid="mean")
        axes.set_title(f"{letter(index, len(curves))}{curve.verdict}")
        axes.set(ylabel=curve.axis, xlabel="lung destroyed by lesions (%)")
        axes.grid(axis="y")
    footnote(lower)
    return figure


def draw_response(
    title: str,
    curves: Sequence[Curve],
    slices: Mapping[str, np.ndarray],
    spacing_mm: tuple[float, float],
    path: Path,
) -> None:
    """Write response_figure as a PNG."""
    write_png(response_figure(title, curves, slices, spacing_mm), path)
