"""Text tables as studies publish them: TAB or comma, any encoding, quotes, ragged rows."""

import codecs
import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pylayers.errors import CohortError

# Words for "not known": COPDGene writes NA, SAS a dot, spreadsheets the rest.
UNKNOWN = frozenset({"", "na", "n/a", "nan", ".", "null", "none"})
# float() would also take "1_0", "infinity" and digits of other scripts.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
ABOVE = re.compile(r'\s*($|#|"?sep=.?"?\s*$)', re.IGNORECASE)  # a header; sep=; is Excel's
QUOTE = '"'


@dataclass(frozen=True)
class TextTable:
    """A table; cells are stripped, and blank where the value is not known.

    name: the file's. columns: lower-case name -> name as written. rows: (line, {lower-case name:
    cell}). misfits: lines with more cells than the header, which are not in rows. delimiter:
    between the cells.
    """

    name: str
    columns: dict[str, str]
    twice: frozenset[str]
    rows: list[tuple[int, dict[str, str]]]
    misfits: list[int]
    delimiter: str = ","

    def column(self, name: str) -> str | None:
        """Return the lower-case name of a column if the table has it.

        Raises CohortError when it has the column twice: we do not guess which one is meant.
        """
        key = name.lower()
        if key in self.twice:
            raise CohortError(f"{self.name} has two columns named {self.columns[key]}; keep one")
        return key if key in self.columns else None


def read_text_table(
    path: str | os.PathLike[str], names: Iterable[str] | None = None, verbatim: bool = False
) -> TextTable:
    """Read a table of text; the header decides between TAB, comma and semicolon.

    names: the columns to keep, in any case; all by default. Studies have thousands. verbatim: cells
    as written, for `known` and `with_point` to interpret; the table may then have no rows. Lines
    that start with # and Excel's `sep=;` above the header are skipped. Raises CohortError when the
    file is not a table of text or has no rows.
    """
    path = Path(path)
    if not (path.is_file() or path.is_fifo()):
        raise CohortError(f"there is no table {path}")
    try:
        text = decoded(path.read_bytes(), path.name)
    except OSError as error:
        raise CohortError(f"{path}: {error.strerror}") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    skipped = 0
    while skipped < len(lines) and ABOVE.match(lines[skipped]):
        skipped += 1
    body = "\n".join(lines[skipped:])
    delimiter = delimiter_of(body.split("\n", 1)[0])
    keep = None if names is None else {name.lower() for name in names}
    records = numbered_records(path.name, body, delimiter, skipped)

    def value(cell: str) -> str:
        if verbatim:
            return cell
        # between commas a decimal comma would be two cells, or part of a text
        return known(cell if delimiter == "," else with_point(cell))

    table = replace(table_of(path.name, records, keep, value), delimiter=delimiter)
    if not table.rows and not verbatim:
        raise CohortError(
            f"every row of {table.name} has more cells than its header"
            if table.misfits
            else f"{table.name} has no rows below a header"
        )
    return table


def delimiter_of(header: str) -> str:
    """Return what separates a header's cells: TAB, or the more frequent of comma and semicolon."""
    if "\t" in header:
        return "\t"
    bare = re.sub('"[^"]*"', "", header)
    return max(",;", key=bare.count)


def decoded(content: bytes, name: str) -> str:
    """Return bytes as text: UTF-16 by its mark or its zeros, UTF-8, else Windows' Latin-1."""
    start = content[:64]
    encodings = ("utf-8-sig", "cp1252", "latin-1")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    elif len(start) > 3 and any(start[::2]) != any(start[1::2]):  # every second byte is a zero
        encodings = ("utf-16-le" if any(start[::2]) else "utf-16-be",)
    text = "\0"
    for encoding in reversed(encodings):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
    if "\0" in text.lstrip().split("\n", 1)[0]:  # further down, it spoils that row alone
        raise CohortError(f"{name} is not text; export the table as TAB-separated text or CSV")
    return text


def numbered_records(
    name: str, body: str, delimiter: str, skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of the records that are not blank; skipped: lines above the body."""
    # In TAB text a quote is often an inch: one that is never closed would swallow the next rows.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(
        io.StringIO(body, newline="\n"),
        delimiter=delimiter,
        quoting=quoting,
        skipinitialspace=True,
        strict=True,
    )
    try:
        for cells in reader:
            # with commas, csv itself has removed the quotes
            cells = [cleaned(cell) if delimiter == "\t" else cell.strip() for cell in cells]
            if any(cells):
                yield reader.line_num + skipped, cells
    except csv.Error as error:
        raise CohortError(f"{name} line {reader.line_num + skipped}: {error}") from None


def cleaned(cell: str) -> str:
    """Return a cell without white space and without quotes around it."""
    cell = cell.strip()
    if len(cell) >= 2 and cell[0] == cell[-1] == QUOTE:
        cell = cell[1:-1].replace(QUOTE * 2, QUOTE).strip()
    return cell


def known(cell: str) -> str:
    """Return a cell; blank where it is one of the words for an unknown value."""
    return "" if cell.lower() in UNKNOWN else cell


def table_of(
    name: str,
    records: Iterator[tuple[int, list[str]]],
    keep: set[str] | None,
    value: Callable[[str], str] = known,
) -> TextTable:
    """Return the table of numbered records, whose first is the header.

    value: what a cell stands for.
    """
    _, header = next(records, (0, []))
    keys = [cell.lower() for cell in header]
    columns = {}
    for key, cell in zip(keys, header, strict=True):
        if key and (keep is None or key in keep):
            columns.setdefault(key, cell)
    rows, misfits = [], []
    for line, cells in records:
        if any(cells[len(keys) :]):
            misfits.append(line)
            continue
        # rows may be short: some exports drop blank cells at the end
        cells += [""] * (len(keys) - len(cells))
        kept = zip(keys, cells, strict=False)
        rows.append((line, {key: value(cell) for key, cell in kept if key in columns}))
    twice = frozenset(key for key in columns if keys.count(key) > 1)
    return TextTable(name, columns, twice, rows, misfits)


def number(text: str) -> float:
    """Return a decimal number; ValueError for anything else."""
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def with_point(text: str) -> str:
    """Return a number with a decimal point where it has a decimal comma; other text as it is."""
    return text.replace(",", ".") if DECIMAL_COMMA.fullmatch(text) else text
