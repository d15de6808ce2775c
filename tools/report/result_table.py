"""Table: rows of a result as CSV, Markdown and HTML, from one source."""

import html
import math
from dataclasses import dataclass
from pathlib import Path

from pylayers.cohort.cohort import write_rows
from pylayers.files.whole_file import write_whole
from tools.stats.estimate import Estimate

MISSING = "n/a"


@dataclass(frozen=True)
class Table:
    """name: of its files; title; columns; rows of texts; notes: sentences below it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write it as CSV and Markdown into a folder."""
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

    def html(self) -> str:
        """Return it as an HTML figure."""
        head = "".join(f"<th>{html.escape(column)}</th>" for column in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self.rows
        )
        notes = "".join(f"<p class=note>{html.escape(note)}</p>" for note in self.notes)
        return (
            f'<figure class=table id="{self.name}"><figcaption>{html.escape(self.title)}'
            f"</figcaption><div class=scroll><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>{notes}</figure>"
        )


def shown(estimate: Estimate, decimals: int = 2, scale: float = 1.0) -> str:
    """Return `0.82 [0.77, 0.86]`, or the reason why there is no number."""
    if math.isnan(estimate.value):
        return f"{MISSING}: {estimate.why}" if estimate.why else MISSING
    value = f"{estimate.value * scale:.{decimals}f}"
    if math.isnan(estimate.low):
        return value
    return f"{value} [{estimate.low * scale:.{decimals}f}, {estimate.high * scale:.{decimals}f}]"


def printed(numbers: tuple[float, float, float] | None) -> str:
    """Return a number of the paper with its interval."""
    return "{:.2f} [{:.2f}, {:.2f}]".format(*numbers) if numbers else ""
