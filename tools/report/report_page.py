"""The page: one self-contained HTML file with tables and figures; it needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from PIL import Image

from tools.figures.html_page import data_uri, page_templates
from tools.figures.style import DOUBLE_MM, DPI, MM_PER_INCH, SINGLE_MM
from tools.report.result_table import Table

TEMPLATES = Path(__file__).parent / "templates"
# Halfway between the printed widths of one column and of two
COLUMN_PIXELS = (SINGLE_MM + DOUBLE_MM) / 2 / MM_PER_INCH * DPI


@dataclass(frozen=True)
class Picture:
    """A PNG with its caption."""

    template: ClassVar[str] = "picture.html"

    path: Path
    caption: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        with Image.open(self.path) as image:
            return image.size

    @property
    def is_one_column(self) -> bool:
        """Whether the figure has the width of one printed column, not of two."""
        return self.size[0] < COLUMN_PIXELS

    @property
    def uri(self) -> str:
        """The picture itself, for the page."""
        return data_uri(self.path.read_bytes(), "png")


@dataclass(frozen=True)
class Section:
    """A heading, its sentences, and its tables and pictures in order."""

    title: str
    sentences: list[str] = field(default_factory=list)
    parts: list[Table | Picture] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """The section's name in the page's links."""
        return "".join(c if c.isalnum() else "-" for c in self.title.lower())


def page(title: str, warning: str, sections: Sequence[Section]) -> str:
    """Return the whole page; warning: stands at its top, blank for none. Raises OSError."""
    return (
        page_templates(TEMPLATES)
        .get_template("report.html")
        .render(title=title, warning=warning, sections=sections)
        + "\n"
    )
