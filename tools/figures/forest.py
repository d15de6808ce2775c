"""The forest plot: the correlations of all methods with all targets, side by side."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from tools.figures.style import (
    DOUBLE_MM,
    GREY,
    SERIES,
    SMALL_PT,
    new_figure,
    styled,
    wrapped,
    write_png,
)
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import MINUS, estimate_text

LINE_MM, SPACE_MM = 3.1, 1.5  # of a line of words, and between methods
WORDS = 44  # characters


@styled
def forest_figure(
    groups: Mapping[str, Mapping[str, Estimate]],
    label: str = "Spearman's |ρ| with the truth",
    decimals: int = 2,
    highest: float | None = 1,
) -> Figure:
    """Return one line per method under each heading, with the number in print beside it.

    groups: heading, such as a target's title -> method -> estimate. A method has one colour and
    marker throughout; the first is emphasised. highest: of the axis, None for that of the data.
    """
    methods = list(dict.fromkeys(method for group in groups.values() for method in group))
    texts = {
        (heading, method): wrapped(estimate_text(estimate, decimals, MINUS), WORDS)
        for heading, group in groups.items()
        for method, estimate in group.items()
    }
    line_mm = SPACE_MM + LINE_MM * max(text.count("\n") + 1 for text in texts.values())
    figure = new_figure(DOUBLE_MM, line_mm * (len(groups) + len(texts)) + 16)
    axes, words = figure.subplots(1, 2, sharey=True, width_ratios=(1.4, 1))
    names, headings, bounds, y = {}, [], [0.0], 0
    for heading, group in groups.items():
        headings.append(y)
        names[y] = heading
        for method, estimate in group.items():
            y += 1
            names[y] = method
            colour, marker = SERIES[methods.index(method) % len(SERIES)]
            weight = "bold" if method == methods[0] else "normal"
            words.text(0, y, texts[heading, method], va="center", weight=weight)
            if not estimate.is_number:
                continue
            axes.plot(estimate.value, y, marker, color=colour, markersize=5)
            if estimate.has_interval:
                axes.hlines(y, estimate.low, estimate.high, color=colour, linewidth=1.2)
            bounds += [estimate.low, estimate.high] if estimate.has_interval else [estimate.value]
        y += 1
    axes.set_yticks(list(names), list(names.values()))
    for position, tick in zip(names, axes.get_yticklabels(), strict=True):
        if position in headings:
            tick.set_weight("bold")
            axes.axhspan(position - 0.5, position + 0.5, color="0.93", linewidth=0)
    axes.axvline(0, color=GREY, linewidth=0.6)
    limits = (min(bounds) - 0.03, max(bounds) + 0.03 if highest is None else highest)
    axes.set(xlabel=f"{label}, 95 % CI", xlim=limits, ylim=(y - 0.5, -0.5))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    words.set_axis_off()
    words.text(0, -0.9, "estimate [95 % CI]", fontsize=SMALL_PT, color=GREY)
    return figure


def draw_forest(
    groups: Mapping[str, Mapping[str, Estimate]],
    path: Path,
    label: str = "Spearman's |ρ| with the truth",
    decimals: int = 2,
    highest: float | None = 1,
) -> None:
    """Write forest_figure as a PNG."""
    write_png(forest_figure(groups, label, decimals, highest), path)
