"""Where marks lie in the page's drawings, in the units of their viewBoxes."""

from typing import NamedTuple

import numpy as np

from tools.scan_report.meaning import Scale
from tools.scan_report.uncertainty import Interval

WIDTH = 1000  # of every drawing
LINE_LEFT, LINE_RIGHT = 10, WIDTH - 10
OVERVIEW_WIDTH, OVERVIEW_HEIGHT = 400, 460  # at most
LEAD_X = 420  # where the lines from the picture to the rows end
NUMBER_X = 446  # right end of the slices' numbers
PLOT_LEFT, PLOT_RIGHT = 470, 740
Z_X, VALUE_X = 850, 985  # right ends of the columns
TOP = 34  # room for the columns' heads
LEAST_GAP = 23  # between rows of text


class NumberLine(NamedTuple):
    """parts: (left, right, name, upper bound or None). at, low, high: x of marks, None: no mark."""

    parts: list
    at: float
    low: float | None
    high: float | None


class Row(NamedTuple):
    """A slice in the overview: y in the picture, y of its text, x of its value."""

    y: float
    text_y: float
    x: float


class Overview(NamedTuple):
    """The picture's size, the rows in the order of the slices, and x of the mean."""

    width: float
    height: float
    bottom: float
    rows: list[Row]
    mean_x: float


def number_line(scale: Scale, score: float, interval: Interval | None) -> NumberLine:
    """Return the marks of a score on its scale; what lies outside goes to the scale's end."""

    def x(value: float) -> float:
        part = (min(max(value, scale.low), scale.high) - scale.low) / (scale.high - scale.low)
        return round(LINE_LEFT + part * (LINE_RIGHT - LINE_LEFT), 1)

    parts, left = [], scale.low
    for bound, name in scale.parts:
        parts.append((x(left), x(bound), name, f"{bound:g}" if bound < scale.high else None))
        left = bound
    low, high = (x(interval.low), x(interval.high)) if interval else (None, None)
    return NumberLine(parts, x(score), low, high)


def overview(heights: np.ndarray, values: np.ndarray, mean: float, aspect: float) -> Overview:
    """Return where the slices lie beside the coronal picture.

    heights: (n,) in 0..1 of the picture, from its lower edge. values: (n,). mean: where the line
    is drawn. aspect: the picture's height over its width.
    """
    width = min(OVERVIEW_WIDTH, OVERVIEW_HEIGHT / aspect)
    height = width * aspect
    y = TOP + height * (1 - heights)
    text_y = _spread(y)
    margin = np.ptp(values) or abs(values[0]) or 1.0
    low, high = values.min() - 0.06 * margin, values.max() + 0.06 * margin
    x, mean_x = (
        PLOT_LEFT + (number - low) / (high - low) * (PLOT_RIGHT - PLOT_LEFT)
        for number in (values, mean)
    )
    rows = [Row(*(round(float(v), 1) for v in row)) for row in zip(y, text_y, x, strict=True)]
    bottom = max(TOP + height, text_y.max() + 8)
    return Overview(
        round(width, 1), round(height, 1), round(float(bottom), 1), rows, round(float(mean_x), 1)
    )


def _spread(y: np.ndarray) -> np.ndarray:
    """Return the rows' places, at least LEAST_GAP apart, about the same centre as before."""
    order = np.argsort(y, kind="stable")
    text = y[order].copy()
    for i in range(1, len(text)):
        text[i] = max(text[i], text[i - 1] + LEAST_GAP)
    text -= text.mean() - y.mean()
    text += max(0.0, TOP - text[0])
    out = np.empty_like(text)
    out[order] = text
    return out
