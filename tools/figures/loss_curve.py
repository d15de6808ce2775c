"""The loss curve of a run as a picture."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from tools.caffe_run.caffe_log import Event
from tools.figures.style import (
    BLUE,
    SINGLE_MM,
    VERMILION,
    new_figure,
    styled,
    write_png,
)


@styled
def loss_curve_figure(events: list[Event], title: str, best_iteration: int | None) -> Figure:
    """Return training and validation loss over the iterations, the best validation ringed."""
    figure = new_figure(SINGLE_MM, 70)
    axes = figure.subplots()
    for kind, colour, label, dots in (
        ("trained", BLUE, "training", "-"),
        ("validated", VERMILION, "validation", "o-"),
    ):
        points = [(event.iteration, event.loss) for event in events if event.kind == kind]
        axes.plot(*(zip(*points, strict=True) if points else ([], [])), dots, color=colour)
        axes.lines[-1].set_label(label)
        for iteration, loss in points:
            if kind == "validated" and iteration == best_iteration:
                axes.plot(
                    iteration,
                    loss,
                    "o",
                    markersize=8,
                    markerfacecolor="none",
                    color=colour,
                    label=f"best: {loss:.4g} at {iteration}",
                )
    axes.set(
        xlabel="iteration", ylabel="loss (half the mean squared error)", title=title, yscale="log"
    )
    low, high = axes.get_ylim()
    # plain numbers: exponents would be too small in print
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5)) if high > 4 * low else MaxNLocator(nbins=5)
    )
    axes.yaxis.set_major_formatter(lambda loss, _: f"{loss:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid()
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def draw_loss_curve(
    events: list[Event], title: str, best_iteration: int | None, path: Path
) -> None:
    """Write loss_curve_figure as a PNG."""
    write_png(loss_curve_figure(events, title, best_iteration), path)
