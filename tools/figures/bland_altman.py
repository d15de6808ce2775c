"""The Bland-Altman plot: where predictions and truth differ, and by how much.

Bland & Altman (1986), doi 10.1016/S0140-6736(86)90837-8.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pylayers.cohort.targets import Target
from tools.figures.style import (
    BLUE,
    GREY,
    SINGLE_MM,
    VERMILION,
    new_figure,
    styled,
    wrapped,
    write_in_middle,
    write_png,
)
from tools.figures.truth_and_prediction import count_text, known_pairs
from tools.stats.agreement import Agreement
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import MINUS, estimate_text


@styled
def agreement_figure(
    truth: ArrayLike, prediction: ArrayLike, target: Target, agreement: Agreement
) -> Figure:
    """Return prediction - truth over their mean, with bias and limits of agreement.

    truth, prediction: float (n,), in the reported unit; pairs that are not both numbers are left
    out. The intervals of bias and limits are drawn as bands.
    """
    truth, prediction, left_out = known_pairs(truth, prediction)
    figure = new_figure(SINGLE_MM, 80)
    axes = figure.subplots()
    axes.set_title(f"{target.title}, {count_text(truth, left_out)}")
    unit = f" ({target.unit})" if target.unit else ""
    axes.set(
        xlabel=f"mean of truth and prediction{unit}",
        ylabel=f"prediction {MINUS} truth{unit}",
    )
    if not len(truth):
        write_in_middle(axes, "no scans")
    axes.axhline(0, color=GREY, linewidth=0.6)
    axes.plot(
        (truth + prediction) / 2,
        prediction - truth,
        "o",
        color=BLUE,
        markersize=2.6,
        alpha=0.55,
        markeredgewidth=0,
        gid="scans",
    )
    for name, estimate, colour, dashes in (
        ("upper limit of agreement", agreement.upper_limit, VERMILION, "--"),
        ("bias", agreement.bias, "0.1", "-"),
        ("lower limit of agreement", agreement.lower_limit, VERMILION, "-."),
    ):
        label = wrapped(f"{name} {estimate_text(estimate, target.decimals, MINUS)}", 50)
        _line(axes, estimate, colour, dashes, label)
    figure.legend(loc="outside lower center", title="estimate [95 % CI, shaded]", alignment="left")
    return figure


def draw_agreement(
    truth: ArrayLike, prediction: ArrayLike, target: Target, agreement: Agreement, path: Path
) -> None:
    """Write agreement_figure as a PNG."""
    write_png(agreement_figure(truth, prediction, target, agreement), path)


def _line(axes: Axes, estimate: Estimate, colour: str, dashes: str, label: str) -> None:
    """Draw a level with its band; without a number only the legend has it."""
    if not estimate.is_number:
        axes.plot([], [], dashes, color=colour, label=label)
        return
    axes.axhline(estimate.value, color=colour, linestyle=dashes, label=label)
    if estimate.has_interval:
        axes.axhspan(estimate.low, estimate.high, color=colour, alpha=0.15, linewidth=0)
