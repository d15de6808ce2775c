"""Figure 3: how well a number tells COPD from no COPD, at every threshold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from tools.figures.estimate_text import estimate_text, number_text, wrapped
from tools.figures.style import GREY, SERIES, SINGLE_MM, new_figure, styled, write_png


@dataclass(frozen=True)
class RocCurve:
    """One curve.

    name: such as 'network'. false_positives, true_positives: rates, float (k,), from (0, 0) to
    (1, 1). auc: value, bounds and perhaps a reason (figures.estimate). operating_point: (false,
    true) positive rate at the threshold that operating_label tells, such as 'FEV1/FVC < 0.7'.
    """

    name: str
    false_positives: np.ndarray
    true_positives: np.ndarray
    auc: Sequence
    operating_point: tuple[float, float] | None = None
    operating_label: str = ""


@styled
def roc_figure(curves: Sequence[RocCurve]) -> Figure:
    """Return figure 3: the curves with their areas and operating points, and the diagonal."""
    areas = [wrapped(f"{curve.name}: AUC {estimate_text(curve.auc)}", 48) for curve in curves]
    labels = len("\n".join(areas).split("\n")) + sum(
        curve.operating_point is not None for curve in curves
    )
    figure = new_figure(SINGLE_MM, SINGLE_MM + 5 + 4 * labels)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color=GREY, linewidth=0.8)
    for curve, area, (colour, marker) in zip(curves, areas, SERIES, strict=False):
        axes.plot(
            curve.false_positives, curve.true_positives, color=colour, linewidth=1.3, label=area
        )
        if curve.operating_point is None or not np.isfinite(curve.operating_point).all():
            continue
        false, true = curve.operating_point
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
            label=f"{curve.operating_label}: sensitivity {number_text(true)}, "
            f"specificity {number_text(1 - false)}",
        )
    axes.set(
        xlabel="false positive rate (1 \N{MINUS SIGN} specificity)",
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


def draw_roc(curves: Sequence[RocCurve], path) -> None:
    """Write roc_figure as a PNG."""
    write_png(roc_figure(curves), path)
