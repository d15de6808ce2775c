"""The reliability curve: what was observed where so much was predicted, and for how many scans."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from tools.figures.estimate_text import Estimate
from tools.figures.style import BLUE, GREY, SINGLE_MM, new_figure, say, styled, write_png


@styled
def reliability_figure(
    edges,
    predicted,
    observed: Sequence[Sequence],
    counts,
    predicted_label: str,
    observed_label: str,
    title: str = "",
) -> Figure:
    """Return mean observation over mean prediction for each bin, above the bins' counts.

    edges: float (bins + 1,), rising. predicted: mean prediction, float (bins,). observed: value
    and bounds for each bin (figures.estimate). counts: scans, int (bins,). A bin without scans
    has NaN in both. Labels name the axes, with units.
    """
    edges, predicted, counts = (np.asarray(numbers) for numbers in (edges, predicted, counts))
    observed = [Estimate(*estimate) for estimate in observed]
    figure = new_figure(SINGLE_MM, 105)
    curve, bars = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    curve.set_title(f"{title}, n = {counts.sum()}".removeprefix(", "))
    curve.axline((edges[0], edges[0]), slope=1, color=GREY, linestyle=":", linewidth=0.8)
    shown = [k for k in range(len(counts)) if np.isfinite(predicted[k]) and observed[k].is_number]
    if not shown:
        say(curve, "no bin has scans")
    curve.plot(predicted[shown], [observed[k].value for k in shown], "o-", color=BLUE)
    bounded = [k for k in shown if observed[k].has_interval]
    curve.vlines(
        predicted[bounded],
        [observed[k].low for k in bounded],
        [observed[k].high for k in bounded],
        color=BLUE,
        linewidth=0.8,
    )
    low = min([edges[0], *(observed[k].low for k in bounded)])
    high = max([edges[-1], *(observed[k].high for k in bounded)])
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
    edges,
    predicted,
    observed: Sequence[Sequence],
    counts,
    predicted_label: str,
    observed_label: str,
    path,
    title: str = "",
) -> None:
    """Write reliability_figure as a PNG."""
    write_png(
        reliability_figure(
            edges, predicted, observed, counts, predicted_label, observed_label, title
        ),
        path,
    )
