"""Tables 2, 3 and 5 as pictures: true against predicted classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tools.figures.style import SINGLE_MM, new_figure, styled, write_in_middle, write_png

DARK_PERCENT = 65  # white letters from here on


@styled
def confusion_figure(counts: ArrayLike, classes: Sequence[str], title: str, what: str) -> Figure:
    """Return a heat map of row percentages, with scans and percentage in each cell that has any.

    counts: int (k, k), rows are the true classes; empty for too few scans. classes: k names. what:
    what the classes are, such as 'GOLD stage', for both axes. A class without scans has no
    percentages.
    """
    counts = np.asarray(counts)
    figure = new_figure(SINGLE_MM, SINGLE_MM)
    axes = figure.subplots()
    if not counts.size:
        axes.set_title(title)
        write_in_middle(axes, "too few scans")
        return figure
    totals = counts.sum(axis=1, keepdims=True)
    percent = np.divide(100.0 * counts, totals, where=totals > 0, out=np.zeros(counts.shape))
    axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for (row, column), count in np.ndenumerate(counts):
        share = percent[row, column]
        text = f"{count}\n{share:.0f} %" if count else "0"
        colour = "white" if share > DARK_PERCENT else "black" if count else "0.5"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(
        range(len(classes)),
        [f"{name}\n(n = {total})" for name, total in zip(classes, totals[:, 0], strict=True)],
    )
    axes.set(xlabel=f"predicted {what}", ylabel=f"true {what}", title=title)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(classes) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1, alpha=1)
    axes.tick_params(which="minor", length=0)
    return figure


def draw_confusion(
    counts: ArrayLike, classes: Sequence[str], title: str, what: str, path: Path
) -> None:
    """Write confusion_figure as a PNG."""
    write_png(confusion_figure(counts, classes, title, what), path)
