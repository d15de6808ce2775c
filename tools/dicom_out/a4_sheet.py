"""A4 sheet: text and figures placed in mm from the upper left corner, for matplotlib's PDF."""

from collections.abc import Sequence

from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from tools.figures.style import MM_PER_INCH, SMALL_PT, TEXT_PT, VERMILION

WIDTH_MM, HEIGHT_MM, MARGIN_MM = 210, 297, 18
LINE_MM = 3.4  # of text at SMALL_PT


class A4Sheet:
    """An empty sheet; `figure` is what is printed. x is counted from the left margin."""

    def __init__(self) -> None:
        size = (WIDTH_MM / MM_PER_INCH, HEIGHT_MM / MM_PER_INCH)
        self.figure = Figure(figsize=size, layout="constrained")

    def write(self, x_mm: float, y_mm: float, text: str, **style: object) -> None:
        """Write text whose first line stands on y; style: as matplotlib's Text takes it."""
        place = ((MARGIN_MM + x_mm) / WIDTH_MM, 1 - y_mm / HEIGHT_MM)
        # header texts are no formulas
        drawn = self.figure.text(*place, text, **{"fontsize": TEXT_PT, **style}, parse_math=False)
        drawn.set_in_layout(False)

    def write_lines(self, y_mm: float, lines: Sequence[str]) -> None:
        """Write lines of small text below each other."""
        for number, line in enumerate(lines):
            self.write(0, y_mm + number * LINE_MM, line, fontsize=SMALL_PT)

    def alert(self, y_mm: float, height_mm: float, text: str) -> None:
        """Write a line in a frame whose upper edge lies on y."""
        frame = Rectangle(
            (MARGIN_MM / WIDTH_MM, 1 - (y_mm + height_mm) / HEIGHT_MM),
            1 - 2 * MARGIN_MM / WIDTH_MM,
            height_mm / HEIGHT_MM,
            transform=self.figure.transFigure,
            fill=False,
            edgecolor=VERMILION,
            linewidth=1.2,
        )
        self.figure.add_artist(frame).set_in_layout(False)
        self.write(3, y_mm + height_mm / 2 + 1, text, fontweight="bold")

    def part(self, y_mm: float, height_mm: float) -> SubFigure:
        """Return the part of the sheet between the margins from y downwards."""
        grid = self.figure.add_gridspec(
            3,
            3,
            width_ratios=(MARGIN_MM, WIDTH_MM - 2 * MARGIN_MM, MARGIN_MM),
            height_ratios=(y_mm, height_mm, HEIGHT_MM - y_mm - height_mm),
        )
        return self.figure.add_subfigure(grid[1, 1])
