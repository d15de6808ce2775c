"""The look all figures share: print sizes, fonts, colours; and how a picture reaches the disk."""

import textwrap
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pylayers.cohort.targets import Target
from pylayers.files.whole_file import whole_file

SINGLE_MM, DOUBLE_MM = 85, 170  # a journal's column, and both columns
DPI = 300
MM_PER_INCH = 25.4
SMALL_PT, TEXT_PT = 7, 8

# Okabe and Ito's palette, which colour-blind readers tell apart
BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
ORANGE, SKY, PURPLE = "#e69f00", "#56b4e9", "#cc79a7"
SERIES = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"), (ORANGE, "v"), (SKY, "P"))
GREY = "0.45"

NOT_A_DEVICE = "research use, not a medical device"

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": SMALL_PT,
    "figure.titlesize": TEXT_PT,
    "axes.titlesize": SMALL_PT,
    "axes.labelsize": TEXT_PT,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
}


Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def styled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Return the function run in this style, whatever the user's matplotlibrc says."""

    @wraps(function)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with matplotlib.style.context(["default", STYLE]):
            return function(*args, **kwargs)

    return run


def new_figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty Figure of a printed size; no window and no global state belong to it."""
    size = (width_mm / MM_PER_INCH, height_mm / MM_PER_INCH)
    return Figure(figsize=size, dpi=DPI, layout="constrained")


@styled
def write_png(figure: Figure, path: Path | str) -> None:
    """Write a Figure at DPI; the file appears whole or not at all. Raises OSError."""
    with whole_file(path) as partial:
        figure.savefig(partial, format="png", dpi=DPI)


def axis_label(target: Target, before: str = "", after: str = "") -> str:
    """Return the label of an axis: words around a target's name, and its unit."""
    title = target.title
    if before and title[1:2].islower():
        title = title[0].lower() + title[1:]
    unit = f" ({target.unit})" if target.unit else ""
    return f"{before} {title} {after}".strip() + unit


def letter(index: int, panels: int) -> str:
    """Return '(a) ' for the first of several panels, nothing for a single one."""
    return f"({chr(ord('a') + index)}) " if panels > 1 else ""


def write_in_middle(axes: Axes, sentence: str) -> None:
    """Write a sentence into the middle of axes that have nothing to show."""
    axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color=GREY)


def wrapped(text: str, width: int) -> str:
    """Return a text broken into lines of at most `width` characters, long names included."""
    return "\n".join(
        line for part in text.split("\n") for line in textwrap.wrap(part, width) or [""]
    )


def footnote(figure: Figure) -> None:
    """Put NOT_A_DEVICE below a Figure that shows patients."""
    figure.supxlabel(NOT_A_DEVICE, x=0.995, ha="right", fontsize=SMALL_PT, color=GREY)
