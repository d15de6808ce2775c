"""Figure 5: the slices' contributions along z, and the slices at both ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from pylayers.batch.slice_sample import SliceSample, sample_slices
from pylayers.cohort.targets import TARGETS, Target
from pylayers.lungs.crop import LungCrop
from tools.figures.ct_image import LUNG_WINDOW_HU, show_slice, window_text
from tools.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREY,
    VERMILION,
    axis_label,
    footnote,
    new_figure,
    styled,
    wrapped,
    write_in_middle,
    write_png,
)
from tools.stats.estimate_text import number_text

ROW_MM = 50
LOWEST, HIGHEST = (BLUE, "v"), (VERMILION, "^")


class PlaneAxis(NamedTuple):
    """Where a crop's planes lie. letter: of the axis. way: how it grows. mm: float (planes,)."""

    letter: str
    way: str
    mm: np.ndarray

    @classmethod
    def of(cls, crop: LungCrop) -> Self:
        """Return the heights of a crop's axial slices."""
        mm = crop.bottom_mm + np.arange(len(crop.hu)) * crop.spacing_mm[0]
        return cls("z", "from base to apex", mm)


@dataclass(frozen=True)
class Contributions:
    """One scan.

    name: its heading. crop: its lungs. values: target name -> float (slices,), in the reported
    unit. truth: target name -> the true value, where it is known. samples: target name -> the
    slices, where they come from several start offsets. targets: what the names are. axis: of the
    crop's planes, None for axial slices.
    """

    name: str
    crop: LungCrop
    values: Mapping[str, np.ndarray]
    truth: Mapping[str, float] = field(default_factory=dict)
    samples: Mapping[str, SliceSample] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=lambda: TARGETS)
    axis: PlaneAxis | None = None

    def own(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the slices' indices and own scores: a slice met twice weighs twice in the mean."""
        values = np.asarray(self.values[name], float)
        sample = self.samples.get(name) or sample_slices(len(self.crop.hu), len(values))
        return sample.indices, values / sample.weights


@styled
def contributions_figure(scans: Sequence[Contributions]) -> Figure:
    """Return figure 5: a row per scan and target, with the lowest and the highest slice."""
    rows = sum(len(scan.values) for scan in scans)
    figure = new_figure(DOUBLE_MM, ROW_MM * rows + 10)
    contributions_on(figure, scans)
    footnote(figure)
    return figure


def contributions_on(figure: Figure | SubFigure, scans: Sequence[Contributions]) -> None:
    """Draw the rows of figure 5 on a figure; a target has the same y axis in every row."""
    rows = [(scan, name) for scan in scans for name in scan.values]
    figure.suptitle(f"contribution of each slice ({window_text()})")
    grid = figure.subplots(len(rows), 3, squeeze=False, width_ratios=(1.2, 1, 1))
    for (plot, low, high), (scan, name) in zip(grid, rows, strict=True):
        indices, values = scan.own(name)
        axis = scan.axis or PlaneAxis.of(scan.crop)
        mm = axis.mm[indices]
        _plot(plot, axis._replace(mm=mm), values, scan, name)
        if not np.isfinite(values).all():
            for axes in (low, high):
                axes.set_axis_off()
            continue
        plot.set_ylim(_limits([other.own(name)[1] for other in scans if name in other.values]))
        for axes, at, (colour, marker), which in (
            (low, int(np.argmin(values)), LOWEST, "lowest"),
            (high, int(np.argmax(values)), HIGHEST, "highest"),
        ):
            plot.plot(mm[at], values[at], marker, color=colour, markersize=7)
            show_slice(axes, scan.crop.hu[indices[at]], scan.crop.spacing_mm[1:], LUNG_WINDOW_HU)
            value = number_text(values[at], scan.targets[name].decimals)
            axes.set_title(
                f"{which}: {value} at {axis.letter} = {number_text(mm[at], 0)} mm",
                color=colour,
                loc="center",
            )


def draw_contributions(scans: Sequence[Contributions], path: Path | str) -> None:
    """Write contributions_figure as a PNG."""
    write_png(contributions_figure(scans), path)


def _plot(plot: Axes, axis: PlaneAxis, values: np.ndarray, scan: Contributions, name: str) -> None:
    target = scan.targets[name]
    plot.set(xlabel=f"{axis.letter} {axis.way} (mm)", ylabel=axis_label(target))
    known = f", truth {target.text(scan.truth[name])}" if name in scan.truth else ""
    if not np.isfinite(values).all():
        plot.set_title(wrapped(scan.name, 38) + f"\nno score{known}")
        write_in_middle(plot, "not all contributions are numbers")
        return
    mean = np.mean(scan.values[name])
    score = number_text(mean, target.decimals) + (f" {target.unit}" if target.unit else "")
    plot.set_title(wrapped(scan.name, 38) + f"\nscore = mean (dashed) = {score}{known}")
    plot.plot(axis.mm, values, "o-", color="0.25")
    plot.axhline(mean, color=GREY, linestyle="--", linewidth=0.8)
    plot.grid()


def _limits(contributions: list) -> tuple[float, float]:
    """Return y limits that hold the contributions of all scans."""
    numbers = np.concatenate([np.asarray(values, float) for values in contributions])
    numbers = numbers[np.isfinite(numbers)]
    margin = 0.08 * np.ptp(numbers) or 0.05 * abs(numbers[0]) or 0.05
    return float(numbers.min() - margin), float(numbers.max() + margin)
