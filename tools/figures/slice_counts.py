"""Table 6 as a picture: the correlation by the number of slices."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from tools.figures.style import SERIES, SINGLE_MM, new_figure, styled, wrapped, write_png
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import MINUS, estimate_text

APART = 0.3  # slices between the error bars of two series


@styled
def slice_counts_figure(series: Mapping[str, Mapping[int, Estimate]], title: str) -> Figure:
    """Return rho with its interval over the number of slices, a line per series.

    series: name, such as "this cohort" -> number of slices -> rho.
    """
    figure = new_figure(SINGLE_MM, 66)
    axes = figure.subplots()
    axes.set(xlabel="slices per scan", ylabel="Spearman's ρ, 95 % CI")
    missing = []
    for index, (name, by_slices) in enumerate(series.items()):
        colour, marker = SERIES[index % len(SERIES)]
        shift = APART * (index - (len(series) - 1) / 2)
        estimates = {slices: by_slices[slices] for slices in sorted(by_slices)}
        known = {slices: e for slices, e in estimates.items() if e.is_number}
        missing += [
            f"{k} slices: {estimate_text(estimates[k], minus=MINUS)}"
            for k in estimates
            if k not in known
        ]
        axes.plot(
            [slices + shift for slices in known],
            [estimate.value for estimate in known.values()],
            marker + "-",
            color=colour,
            markersize=4.5,
            label=name,
        )
        for slices, estimate in known.items():
            if estimate.has_interval:
                axes.vlines(slices + shift, estimate.low, estimate.high, color=colour)
    numbers = sorted({slices for by_slices in series.values() for slices in by_slices})
    axes.set_xticks(numbers)
    axes.set_xlim(numbers[0] - 2, numbers[-1] + 2)
    axes.grid(axis="y")
    axes.set_title(wrapped("\n".join([title, *missing]), 50))
    if len(series) > 1:
        figure.legend(loc="outside lower center", ncols=len(series))
    return figure


def draw_slice_counts(series: Mapping[str, Mapping[int, Estimate]], title: str, path: Path) -> None:
    """Write slice_counts_figure as a PNG."""
    write_png(slice_counts_figure(series, title), path)
