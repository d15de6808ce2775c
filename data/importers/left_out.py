"""What an import leaves out or doubts: collected, counted by reason, written as a table."""

from collections import Counter
from pathlib import Path

from pylayers.cohort.cohort import write_rows


class LeftOut:
    """Entries of (id, reason, sentence); id_column names the first in the table.

    reasons: slug -> whether a scan with that reason is kept all the same.
    """

    def __init__(self, id_column: str, reasons: dict[str, bool]) -> None:
        self.id_column = id_column
        self.reasons = reasons
        self.entries: list[tuple[str, str, str]] = []

    def add(self, name: str, reason: str, sentence: str) -> None:
        """Add an entry."""
        assert reason in self.reasons, reason
        self.entries.append((name, reason, sentence))

    def summary(self, path: Path) -> list[str]:
        """Return lines with the number of entries by reason; path: where they are listed."""
        counted = Counter(reason for _, reason, _ in self.entries)
        lines = []
        for title, kept in (("left out", False), ("kept, but to be checked", True)):
            reasons = [r for r in self.reasons if self.reasons[r] == kept and counted[r]]
            if reasons:
                lines.append(f"{title}: {', '.join(f'{r} {counted[r]}' for r in reasons)}")
        return [*lines, f"each is listed in {path}"] if lines else []

    def write(self, path: Path) -> None:
        """Write the entries, sorted; no file when there are none."""
        columns = (self.id_column, "reason", "sentence")
        if self.entries:
            write_rows(path, [dict(zip(columns, e, strict=True)) for e in sorted(self.entries)])
        else:
            path.unlink(missing_ok=True)


def left_out_path(out: Path) -> Path:
    """Return where an import lists its entries: beside its table."""
    return out.with_name(f"{out.stem}_left_out.csv")
