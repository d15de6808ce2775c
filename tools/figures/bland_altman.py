"""The Bland-Altman plot: where predictions and truth differ, and by how much."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from pylayers.cohort.targets import Target
from tools.figures.estimate_text import Estimate, estimate_text, explained, wrapped
from tools.figures.style import (
    BLUE,
    GREY,
    SINGLE_MM,
    VERMILION,
    new_figure,
    say,
    styled,
    write_png,
)
from tools.figures.truth_and_prediction import count_text, known_pairs


@styled
def agreement_figure(
    truth, prediction, target: Target, bias: Sequence, lower: Sequence, upper: Sequence
) -> Figure:
    """Return prediction - truth over their mean, with bias and limits of agreement.

    truth, prediction: float (n,), in the people's unit; pairs that are not both numbers are left
    out. bias, lower, upper: value, bounds and perhaps a reason (figures.estimate), of the mean
    difference and of both 95 % limits of agreement; the bounds are drawn as bands.
    """
    truth, prediction, left_out = known_pairs(truth, prediction)
    figure = new_figure(SINGLE_MM, 80)
    axes = figure.subplots()
    axes.set_title(f"{target.title}, {count_text(truth, left_out)}")
    unit = f" ({target.unit})" if target.unit else ""
    axes.set(
        xlabel=f"mean of truth and prediction{unit}",
        ylabel=f"prediction \N{MINUS SIGN} truth{unit}",
    )
    if not len(truth):
        say(axes, "no scans")
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
        ("upper limit of agreement", upper, VERMILION, "--"),
        ("bias", bias, "0.1", "-"),
        ("lower limit of agreement", lower, VERMILION, "-."),
    ):
        estimate = explained(estimate, truth, prediction)
        label = wrapped(f"{name} {estimate_text(estimate, target.decimals)}", 50)
        _line(axes, estimate, colour, dashes, label)
    figure.legend(loc="outside lower center", title="estimate [95 % CI, shaded]", alignment="left")
    return figure


def draw_agreement(
    truth, prediction, target: Target, bias: Sequence, lower: Sequence, upper: Sequence, path
) -> None:
    """Write agreement_figure as a PNG."""
    write_png(agreement_figure(truth, prediction, target, bias, lower, upper), path)


def _line(axes, estimate: Estimate, colour: str, dashes: str, label: str) -> None:
    """Draw a level with its band; without a number only the legend has it."""
    if not estimate.is_number:
        axes.plot([], [], dashes, color=colour, label=label)
        return
    axes.axhline(estimate.value, color=colour, linestyle=dashes, label=label)
    if estimate.has_interval:
        axes.axhspan(estimate.low, estimate.high, color=colour, alpha=0.15, linewidth=0)
