"""The way of a scan through the network: from the chest to slices, features and one number."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from pylayers.batch.stack import WINDOW_HIGH_HU, WINDOW_LOW_HU, place
from tools.figures.chest_planes import WINDOW_HU, Chest, Plane, coronal
from tools.figures.ct_image import window_text
from tools.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    footnote,
    new_figure,
    styled,
)

HEIGHT_MM = 101
TOP_MM, PICTURE_MM = 96, 30  # upper edge of the pictures, their height
FLOOR_MM, FLOOR_LINES_MM = 21.5, 3.5  # where the blocks stand; height of a line below them
MARGIN_MM = 18
LAST_COLUMN = 1.35  # width of the column of the one number, in columns of a layer
DEPTH = (0.45, 0.3)  # of a block's thickness, to the right and up
INPUT_HU = (WINDOW_LOW_HU, WINDOW_HIGH_HU)
COLOURS = {"conv": BLUE, "max": GREEN, "linear": ORANGE, "one": GREY}


class Block(NamedTuple):
    """A layer and the blob that it makes.

    shape: of one slice, (channels, height, width) or (features,). operation: in words. relu:
    whether a ReLU follows. parameters: how many are learned.
    """

    name: str
    operation: str
    shape: tuple[int, ...]
    relu: bool
    parameters: int

    @property
    def side(self) -> int:
        """Pixels of one side; 1 for features without a place."""
        return self.shape[1] if len(self.shape) == 3 else 1


@styled
def network_figure(chest: Chest, indices: Sequence[int], blocks: Sequence[Block]) -> Figure:
    """Return the drawing.

    indices: the slices of the chest that are scored. blocks: the network's, from input to score.
    """
    figure = new_figure(DOUBLE_MM, HEIGHT_MM)
    axes = figure.subplots()
    axes.set(xlim=(0, DOUBLE_MM), ylim=(0, HEIGHT_MM), aspect="equal")
    axes.set_axis_off()
    _draw_pipeline(axes, chest, indices)
    _draw_blocks(axes, blocks, len(indices))
    footnote(figure)
    return figure


def _draw_pipeline(axes: Axes, chest: Chest, indices: Sequence[int]) -> None:
    """Draw the four steps from scan to input, with pictures of the chest."""
    wide, lungs = coronal(chest, MARGIN_MM), coronal(chest, 0)
    middle = chest.box.of(chest.hu)[(chest.box.z1 - chest.box.z0) // 2]
    steps = (
        ("1  chest CT", "any format, brought to LPS;\nrefused if it is not in HU", wide),
        ("2  lungs", "found and checked,\ncut out as a box", wide),
        (f"3  {len(indices)} slices", "evenly spaced,\nfull resolution", lungs),
        ("4  input", f"{place(middle).shape[0]} × {place(middle).shape[1]},\n"
         f"{window_text(INPUT_HU)}", None),
    )  # fmt: skip
    left = 1.5
    places = []
    for number, (title, words, plane) in enumerate(steps):
        places.append((left, _draw_step(axes, left, number, title, words, plane)))
        left = places[-1][1] + 10
    (_, right), (crop_left, crop_right), (input_left, _) = places[1:]
    for start, stop in ((places[0][1], places[1][0]), (right, crop_left), (crop_right, input_left)):
        _arrow(axes, (start + 1.5, TOP_MM - PICTURE_MM / 2), (stop - 1.5, TOP_MM - PICTURE_MM / 2))
    box_height = chest.box.z1 - chest.box.z0
    for index in indices:
        y = TOP_MM - PICTURE_MM + PICTURE_MM * (index - chest.box.z0 + 0.5) / box_height
        axes.plot((crop_left, crop_right), (y, y), color=SKY, linewidth=0.7)
    for shift in (2, 1, 0):
        at = indices[len(indices) // 2 - shift]
        plane = chest.hu[at, chest.box.y0 : chest.box.y1, chest.box.x0 : chest.box.x1]
        corner = input_left + 2 * shift, TOP_MM - 2 * shift
        _picture(axes, place(plane), *corner, INPUT_HU, 26, zorder=2 + shift)


def _draw_step(
    axes: Axes, left: float, number: int, title: str, words: str, plane: Plane | None
) -> float:
    """Draw a step's picture and words; return its right edge."""
    width = 30.0
    if plane is not None:
        width = PICTURE_MM * plane.size_mm[1] / plane.size_mm[0]
        _picture(axes, plane.hu, left, TOP_MM, WINDOW_HU, PICTURE_MM, width)
        if number == 1:
            rows, columns = plane.lungs.shape
            x = left + (np.arange(columns) + 0.5) * width / columns
            y = TOP_MM - (np.arange(rows) + 0.5) * PICTURE_MM / rows
            axes.contour(x, y, plane.lungs, [0.5], colors=[VERMILION], linewidths=0.7)
            ys, xs = np.nonzero(plane.lungs)
            low, high = y[ys.max()], y[ys.min()]
            corner = (x[xs.min()], low)
            axes.add_patch(
                Rectangle(corner, np.ptp(x[xs]), high - low, fill=False, ec=SKY, linewidth=0.8)
            )
    axes.text(left, TOP_MM + 1.5, title, fontweight="bold", va="bottom")
    axes.text(left, TOP_MM - PICTURE_MM - 1.2, words, va="top", linespacing=1.2)
    return left + width


def _picture(
    axes: Axes,
    hu: np.ndarray,
    left: float,
    top: float,
    window_hu: tuple[int, int],
    height: float,
    width: float | None = None,
    zorder: int = 1,
) -> None:
    """Draw HU into a rectangle in mm, in a thin frame."""
    width = width or height
    low, high = window_hu
    extent = (left, left + width, top - height, top)
    axes.imshow(hu, cmap="gray", vmin=low, vmax=high, extent=extent, aspect="auto", zorder=zorder)
    frame = {"fill": False, "ec": "0.5", "linewidth": 0.5, "zorder": zorder}
    axes.add_patch(Rectangle((left, top - height), width, height, **frame))
    axes.set(xlim=(0, DOUBLE_MM), ylim=(0, HEIGHT_MM), aspect="equal")


def _draw_blocks(axes: Axes, blocks: Sequence[Block], slices: int) -> None:
    """Draw a block for each layer, what it does and how large it is below, then the mean."""
    column = DOUBLE_MM / (len(blocks) + LAST_COLUMN)
    for number, block in enumerate(blocks):
        left = number * column + 1.5
        right = _draw_block(axes, block, left)
        lines = [block.name, *_words(block)]
        for line, text in enumerate(lines):
            y = FLOOR_MM - 1.5 - line * FLOOR_LINES_MM
            weight = "bold" if line == 0 else "normal"
            axes.text(left, y, text, va="top", fontweight=weight)
        after = (number + 1) * column + 1
        if after - right > 3:
            _arrow(axes, (right + 0.8, FLOOR_MM + 1.2), (after, FLOOR_MM + 1.2))
    left = len(blocks) * column + 1.5
    axes.text(left, FLOOR_MM + 4.5, "mean of\nthe slices", va="bottom")
    axes.add_patch(Rectangle((left, FLOOR_MM), 2.4, 2.4, fc=PURPLE, ec="0.2", linewidth=0.5))
    axes.text(left, FLOOR_MM - 1.5, "one number", va="top", fontweight="bold")
    for line, text in ((4, "channels × side²"), (5, "parameters")):
        y = FLOOR_MM - 1.5 - line * FLOOR_LINES_MM
        axes.text(left, y, text, va="top", color=GREY)
    total = sum(block.parameters for block in blocks)
    axes.text(
        1.5, FLOOR_MM + 32.5,
        f"5  the same 2D network for each of the {slices} slices ({total / 1e6:.2f} million "
        "parameters)",
        fontweight="bold",
    )  # fmt: skip


def _draw_block(axes: Axes, block: Block, left: float) -> float:
    """Draw a block: height for its side, thickness for its channels; return its right edge."""
    height = 1.6 + 2.3 * math.log2(block.side)
    thick = 0.8 + 0.35 * math.log2(block.shape[0])
    face = COLOURS[block.operation.split()[0]]
    dx, dy = (share * height * 0.45 for share in DEPTH)
    x0, x1, y0, y1 = left, left + thick, FLOOR_MM, FLOOR_MM + height
    front = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    top = [(x0, y1), (x1, y1), (x1 + dx, y1 + dy), (x0 + dx, y1 + dy)]
    side = [(x1, y0), (x1 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1, y1)]
    for corners, alpha in ((front, 1.0), (top, 0.5), (side, 0.75)):
        axes.add_patch(Polygon(corners, fc="white", ec="none"))
        axes.add_patch(Polygon(corners, fc=face, ec="0.2", alpha=alpha, linewidth=0.4))
    return x1 + dx


def _words(block: Block) -> list[str]:
    """Return the lines below a block's name: operation, shape, parameters."""
    operation, _, stride = block.operation.partition(", ")
    shape = f"{block.shape[0]} × {block.side}²" if block.side > 1 else f"{block.shape[0]}"
    count = block.parameters
    learned = (
        "" if not count else f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.1f} k"
    )
    return [operation, stride, "ReLU" if block.relu else "", shape, learned]


def _arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": GREY, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", stop, start, arrowprops=style)
