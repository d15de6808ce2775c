"""Figure 3: how well a number tells COPD from no COPD, at every threshold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from tools.figures.style import GREY, SERIES, SINGLE_MM, new_figure, styled, wrapped, write_png
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import MINUS, estimate_text, number_text
from tools.stats.roc import RocCurve


@dataclass(frozen=True)
class NamedCurve:
    """One curve with its name, such as "network", and its area.

    operating_point: (false, true) positive rate at the threshold that operating_label names, such
    as "FEV1/FVC < 0.7".
    """

    name: str
    curve: RocCurve
    auc: Estimate
    operating_point: tuple[float, float] | None = None
    operating_label: str = ""


@styled
def roc_figure(curves: Sequence[NamedCurve]) -> Figure:
    """Return figure 3: the curves with their areas and operating points, and the diagonal."""
    areas = [
        wrapped(f"{one.name}: AUC {estimate_text(one.auc, minus=MINUS)}", 48) for one in curves
    ]
    labels = len("\n".join(areas).split("\n")) + sum(
        one.operating_point is not None for one in curves
    )
    figure = new_figure(SINGLE_MM, SINGLE_MM + 5 + 4 * labels)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color=GREY, linewidth=0.8)
    for one, area, (colour, marker) in zip(curves, areas, SERIES, strict=False):
        axes.plot(
            one.curve.false_positive_rate,
            one.curve.sensitivity,
            color=colour,
            linewidth=1.3,
            label=area,
        )
        if one.operating_point is None or not np.isfinite(one.operating_point).all():
            continue
        false, true = one.operating_point
        axes.plot(
            false,
            true,
            marker,
            color=colour,
            markersize=6,
            markeredgewidth=0.6,
            markeredgecolor="white",
            clip_on=False,
            zorder=4,
            label=f"{one.operating_label}: sensitivity {number_text(true)}, "
            f"specificity {number_text(1 - false)}",
        )
    axes.set(
        xlabel=f"false positive rate (1 {MINUS} specificity)",
        ylabel="true positive rate (sensitivity)",
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.01),
    )
    axes.set_box_aspect(1)
    axes.grid()
    figure.legend(
        loc="outside lower center", title="area under the curve [95 % CI]", alignment="left"
    )
    return figure


def draw_roc(curves: Sequence[NamedCurve], path: Path) -> None:
    """Write roc_figure as a PNG."""
    write_png(roc_figure(curves), path)
