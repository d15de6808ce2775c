"""The reliability curve: the observed share at each predicted probability, and how many scans."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from tools.figures.style import (
    BLUE,
    GREY,
    SINGLE_MM,
    new_figure,
    styled,
    write_in_middle,
    write_png,
)
from tools.stats.brier import ReliabilityBin


@styled
def reliability_figure(
    bins: Sequence[ReliabilityBin], predicted_label: str, observed_label: str, title: str = ""
) -> Figure:
    """Return the observed share over the mean prediction of each bin, above the bins' counts.

    bins: side by side, rising. Labels name the axes, with units.
    """
    edges = np.array([bins[0].low, *(one.high for one in bins)])
    counts = np.array([one.count for one in bins])
    figure = new_figure(SINGLE_MM, 105)
    curve, bars = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curve.set_title(f"{title}, n = {counts.sum()}".removeprefix(", "))
    curve.axline((edges[0], edges[0]), slope=1, color=GREY, linestyle=":", linewidth=0.8)
    shown = [one for one in bins if np.isfinite(one.mean_probability) and one.observed.is_number]
    if not shown:
        write_in_middle(curve, "no bin has scans")
    curve.plot(
        [one.mean_probability for one in shown],
        [one.observed.value for one in shown],
        "o-",
        color=BLUE,
    )
    bounded = [one for one in shown if one.observed.has_interval]
    lows, highs = ([getattr(one.observed, end) for one in bounded] for end in ("low", "high"))
    curve.vlines([one.mean_probability for one in bounded], lows, highs, color=BLUE, linewidth=0.8)
    low, high = min([edges[0], *lows]), max([edges[-1], *highs])
    margin = 0.03 * (high - low)
    curve.set(ylabel=observed_label, ylim=(low - margin, high + margin))
    curve.grid()
    bars.bar(edges[:-1], counts, np.diff(edges), align="edge", color="0.75", edgecolor="white")
    for middle, count in zip((edges[1:] + edges[:-1]) / 2, counts, strict=True):
        bars.annotate(f"{count}", (middle, count), (0, 1), textcoords="offset points", ha="center")
    bars.set(
        xlabel=predicted_label,
        ylabel="scans",
        ylim=(0, 1.25 * max(counts.max(), 1)),
        xlim=(edges[0], edges[-1]),
    )
    return figure


def draw_reliability(
    bins: Sequence[ReliabilityBin],
    predicted_label: str,
    observed_label: str,
    path: Path,
    title: str = "",
) -> None:
    """Write reliability_figure as a PNG."""
    write_png(reliability_figure(bins, predicted_label, observed_label, title), path)
