"""The loss curve of a run as a picture."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from tools.caffe_log import Event

TRAIN_COLOUR, VALIDATION_COLOUR = "#0072b2", "#d55e00"  # told apart by colour-blind readers, too


def draw_loss_curve(events: list[Event], title: str, best_iteration: int | None, path) -> None:
    """Draw training and validation loss over the iterations into a PNG."""
    figure, axes = plt.subplots(figsize=(6.4, 4), layout="constrained")
    for kind, colour, label in (
        ("trained", TRAIN_COLOUR, "training"),
        ("validated", VALIDATION_COLOUR, "validation"),
    ):
        points = [(event.iteration, event.loss) for event in events if event.kind == kind]
        marker = "o" if kind == "validated" else None
        axes.plot(
            *zip(*points, strict=True) if points else ([], []),
            color=colour,
            label=label,
            marker=marker,
            markersize=4,
            linewidth=1.4,
        )
        for iteration, loss in points:
            if kind == "validated" and iteration == best_iteration:
                axes.plot(
                    iteration,
                    loss,
                    "o",
                    markersize=11,
                    markerfacecolor="none",
                    color=colour,
                    label=f"best: {loss:.4g} at {iteration}",
                )
    axes.set(
        xlabel="iteration", ylabel="loss (half the mean squared error)", title=title, yscale="log"
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)
