"""Table: rows of a result, from one source for CSV, Markdown and the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pylayers.cohort.cohort import write_rows
from pylayers.files.whole_file import write_whole


@dataclass(frozen=True)
class Table:
    """name: of its files; title; columns; rows of texts; notes: sentences below it."""

    template: ClassVar[str] = "table.html"

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it as CSV and Markdown into a folder. Raises OSError."""
        write_rows(
            folder / f"{self.name}.csv",
            [dict(zip(self.columns, row, strict=True)) for row in self.rows],
        )
        write_whole(folder / f"{self.name}.md", self.markdown())

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        cells = [" | ".join(cell.replace("|", r"\|") for cell in line) for line in lines]
        table = "\n".join(f"| {line} |" for line in cells)
        return "\n".join([f"### {self.title}", "", table, "", *self.notes, ""])
