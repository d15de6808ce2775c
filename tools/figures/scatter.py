"""Figure 2: predictions, or a densitometric measure, against the truth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pylayers.cohort.targets import Target
from tools.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREEN,
    GREY,
    PURPLE,
    SINGLE_MM,
    SMALL_PT,
    VERMILION,
    axis_label,
    letter,
    new_figure,
    styled,
    wrapped,
    write_in_middle,
    write_png,
)
from tools.figures.truth_and_prediction import count_text, known_pairs
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import MINUS, estimate_text
from tools.stats.fits import Fit

SPREAD = 0.6  # width over which points of one class lie beside each other; classes are 1 apart
LINES = IDENTITY, LINEAR, QUADRATIC, THRESHOLD = (
    "identity",
    "linear fit",
    "quadratic fit",
    "threshold",
)
LINE_MM, LEGEND_MM = 3.4, 9
CHARACTERS = (48, 110)  # of a line of words over one column, over two
GOLDEN = 0.618034  # multiples of it, modulo 1, fill an interval evenly


@dataclass(frozen=True)
class Scatter:
    """One panel of figure 2.

    title: what is on the y axis in a word, such as "network". truth, values: float (n,), in the
    reported unit; pairs that are not both numbers are left out and counted. linear, quadratic: fits
    of values over truth; None draws none. values_label: the y axis with its unit where values are
    no predictions of the target, such as "LAA-950 (%)". symbol: of rho.
    """

    title: str
    target: Target
    truth: np.ndarray
    values: np.ndarray
    rho: Estimate
    linear: Fit | None = None
    quadratic: Fit | None = None
    values_label: str | None = None
    symbol: str = "ρ"


@styled
def scatter_figure(panels: Sequence[Scatter], columns: int = 3) -> Figure:
    """Return figure 2's panels in rows of `columns`; a single panel has the width of a column."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width = DOUBLE_MM if columns > 1 else SINGLE_MM
    heads = [
        f"{letter(index, len(panels))}{_head(panel, CHARACTERS[columns > 1] // columns)}"
        for index, panel in enumerate(panels)
    ]
    head_mm = LINE_MM * max(head.count("\n") + 1 for head in heads)
    figure = new_figure(
        width, (width / columns + (2 if columns == 1 else -2) + head_mm) * rows + LEGEND_MM
    )
    figure.get_layout_engine().set(hspace=0.06)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel, head in zip(cells, panels, heads, strict=False):
        axes.set_title(head)
        axes.set_box_aspect(1)
        _draw_panel(axes, panel)
        if columns > 2:
            axes.xaxis.label.set_size(SMALL_PT)
            axes.yaxis.label.set_size(SMALL_PT)
    for axes in cells[len(panels) :]:
        axes.set_axis_off()
    targets = dict.fromkeys(panel.target for panel in panels)
    _add_legend(figure, cells, targets, 4 if columns > 1 else 2)
    return figure


def draw_scatter(panels: Sequence[Scatter], path: Path, columns: int = 3) -> None:
    """Write scatter_figure as a PNG."""
    write_png(scatter_figure(panels, columns), path)


def _head(panel: Scatter, characters: int) -> str:
    """Return a panel's heading: title, n, and rho with its interval or the reason."""
    truth, _, left_out = known_pairs(panel.truth, panel.values)
    equals = " =" if panel.rho.is_number else ""
    rho = estimate_text(panel.rho, minus=MINUS, before_interval=", 95 % CI")
    text = f"{panel.symbol}{equals} {rho}"
    return wrapped(f"{panel.title}, {count_text(truth, left_out)}\n{text}", characters)


def _add_legend(figure: Figure, cells: np.ndarray, targets: Iterable[Target], columns: int) -> None:
    """Put one legend of all panels' lines below them."""
    lines = {}
    for axes in cells:
        lines.update(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    words = "; ".join(
        f"{target.title} {', '.join(f'{value:g}' for value in target.thresholds)}"
        for target in targets
        if target.thresholds
    )
    labels = {label: label for label in LINES if label in lines}
    if THRESHOLD in labels:
        labels[THRESHOLD] = f"thresholds: {words}"
    if labels:
        figure.legend(
            [lines[label] for label in labels],
            labels.values(),
            loc="outside lower center",
            ncols=columns,
        )


def _draw_panel(axes: Axes, panel: Scatter) -> None:
    truth, values, _ = known_pairs(panel.truth, panel.values)
    predicted = panel.values_label is None
    axes.set(
        xlabel=axis_label(panel.target, "true"),
        ylabel=panel.values_label or axis_label(panel.target, after=f"by {panel.title}"),
    )
    if not len(truth):
        write_in_middle(axes, "no scans")
        return
    classes = _is_graded(truth)
    x = truth + _beside(values, truth) if classes else truth
    x_limits = _limits(truth, 0.6 if classes else 0)
    y_limits = _limits(values, 0)
    if predicted:
        x_limits = y_limits = (min(x_limits[0], y_limits[0]), max(x_limits[1], y_limits[1]))
    axes.set(xlim=x_limits, ylim=y_limits)
    if classes:
        axes.set_xticks(np.arange(truth.min(), truth.max() + 1))
    else:
        axes.locator_params(nbins=7)  # the same ticks on both axes where their limits are
    for value in panel.target.thresholds:
        axes.axvline(value, color=PURPLE, linestyle=":", label=THRESHOLD)
        if predicted:
            axes.axhline(value, color=PURPLE, linestyle=":")
    axes.plot(
        x, values, "o", color=BLUE, markersize=2.6, alpha=0.55, markeredgewidth=0, gid="scans"
    )
    if predicted:
        axes.plot(x_limits, x_limits, "-", color=GREY, linewidth=0.7, label=IDENTITY)
    along = np.linspace(truth.min(), truth.max(), 100)
    for fit, colour, dashes, label in (
        (panel.linear, VERMILION, "-", LINEAR),
        (panel.quadratic, GREEN, "--", QUADRATIC),
    ):
        if fit is not None and np.isfinite(fit.coefficients).all():
            axes.plot(along, fit.at(along), dashes, color=colour, label=label)


def _is_graded(truth: np.ndarray) -> bool:
    """Whether the truth is a few whole grades, on which points would hide each other."""
    return bool((truth == np.rint(truth)).all()) and len(np.unique(truth)) <= 10


def _beside(values: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return small shifts along x: scans of one grade with like values lie apart."""
    shifts = np.zeros(len(truth))
    for grade in np.unique(truth):
        members = np.flatnonzero(truth == grade)
        order = members[np.argsort(values[members], kind="stable")]
        shifts[order] = SPREAD * ((np.arange(len(order)) + 0.5) * GOLDEN % 1 - 0.5)
    return shifts


def _limits(values: np.ndarray, at_least: float) -> tuple[float, float]:
    """Return limits that leave a margin around the values."""
    margin = max(at_least, 0.05 * np.ptp(values), 1e-3 * abs(values[0]), 1e-6)
    return float(values.min() - margin), float(values.max() + margin)
