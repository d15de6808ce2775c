"""Figure 5 for one scan: the slices' contributions along z, and the slices at both ends."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from pylayers.preprocess import LungCrop
from pylayers.slice_sample import SliceSample
from pylayers.targets import TARGETS

LINE, LOWEST, HIGHEST = "#0072b2", "#009e73", "#d55e00"  # for colour-blind readers
SHOWN_HU = (-1000, 0)  # a lung window


def draw_contributions(
    crop: LungCrop, contributions: dict, samples: dict[str, SliceSample], title: str, path
) -> None:
    """Draw one row per target: the slices' own scores from base to apex, the lowest and highest.

    contributions: target name -> float (slices,), in the people's unit. samples: target name ->
    the slices; their weights are taken out of what is drawn, not out of the mean.
    """
    rows = len(contributions)
    figure, axes = plt.subplots(
        rows,
        3,
        figsize=(12, 3.8 * rows),
        squeeze=False,
        layout="constrained",
        width_ratios=(1.5, 1, 1),
    )
    figure.suptitle(f"{title}: contribution of each slice", fontsize=12)
    for (plot, low, high), (name, values) in zip(axes, contributions.items(), strict=True):
        indices, weights = samples[name]
        mean, values = values.mean(), values / weights
        z_mm = crop.bottom_mm + indices * crop.spacing_mm[0]
        _plot(plot, z_mm, values, mean, TARGETS[name])
        for axis, at, colour, which in (
            (low, int(np.argmin(values)), LOWEST, "lowest"),
            (high, int(np.argmax(values)), HIGHEST, "highest"),
        ):
            aspect = crop.spacing_mm[1] / crop.spacing_mm[2]
            axis.imshow(
                crop.hu[indices[at]], cmap="gray", vmin=SHOWN_HU[0], vmax=SHOWN_HU[1], aspect=aspect
            )
            value = TARGETS[name].text(values[at])
            axis.set_title(f"{which}: {value} at z = {z_mm[at]:.0f} mm", color=colour, fontsize=10)
            axis.set_axis_off()
    figure.text(
        0.995, 0.005, "research use, not a medical device", ha="right", fontsize=7, color="0.4"
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _plot(plot, z_mm, values, mean, target) -> None:
    plot.plot(z_mm, values, "o-", color=LINE, markersize=4)
    plot.plot(z_mm[np.argmin(values)], values.min(), "v", color=LOWEST, markersize=10)
    plot.plot(z_mm[np.argmax(values)], values.max(), "^", color=HIGHEST, markersize=10)
    plot.axhline(mean, color="0.4", linestyle="--", linewidth=1)
    plot.annotate(
        f"score = mean = {target.text(mean)}",
        (0.02, mean),
        xycoords=("axes fraction", "data"),
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=9,
        color="0.3",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )
    unit = f" ({target.unit})" if target.unit else ""
    plot.set(xlabel="z from base to apex (mm)", ylabel=f"{target.title}{unit}")
    plot.grid(alpha=0.3)
