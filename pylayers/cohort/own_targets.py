"""Own targets: numeric columns that a table declares in the targets.csv beside it, a line each.

name,title,unit,min,max,decimals,network_unit,thresholds: only the name, min and max are needed.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pylayers.cohort.targets import TARGETS, Target
from pylayers.errors import CohortError
from pylayers.files.table_cells import letters_of, shown
from pylayers.files.text_table import TextTable, number, read_text_table

DECLARATIONS = "targets.csv"
COLUMNS = ("name", "title", "unit", "min", "max", "decimals", "network_unit", "thresholds")
NEEDED = ("name", "min", "max")
MOST_BYTES = 1 << 16
# A name becomes a folder, a column of tables and a file of results, which have others already.
NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
TAKEN = (
    *("scan_id", "subject_id", "path", "mask", "mask_labels", "split", "source"),
    *("laa950", "perc15", "lungs_l", "slices", "warnings", "crop_sha256", "refused", "sentence"),
    *("expiration", "earlier", "expiration_sha256", "earlier_sha256"),
    *("repeat", "dose", "extent", "report", "reproduce", "variants", "scan2num"),
)
TAKEN_START = "sweep_"
# Both are drawn and printed, and put into DICOM (64 characters with what is said around a title):
# no markup, no formula of a spreadsheet, none of matplotlib's mathematics.
TITLE = re.compile(r"[^\W_][\w /%.,:()+²³µ°·-]{0,39}")
UNIT = re.compile(r"([^\W_]|[%°µ])[\w /%.,()²³µ°·^*\[\]-]{0,15}")
MOST = 1e9  # of a label; printed with its decimals
MOST_DECIMALS, USUAL_DECIMALS = 6, 2
MOST_THRESHOLDS = 9
# The built-in targets span 0.95 to 2 units of the network, for which its learning rate is meant.
LEAST_SPAN, MOST_SPAN = 0.1, 10.0


def read_targets(folder: str | os.PathLike[str]) -> dict[str, Target]:
    """Return the targets that a folder's targets.csv declares, by name; none without the file.

    Raises CohortError with the line that is wrong.
    """
    path = Path(folder) / DECLARATIONS
    if not path.exists():
        return {}
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise CohortError(f"{path} is no table of targets: it takes at most {MOST_BYTES} bytes")
    table = read_text_table(path)
    _check_header(table)
    own: dict[str, Target] = {}
    for line, cells in table.rows:
        target = declared_target(cells, f"{DECLARATIONS} line {line}")
        for other in own:
            if letters_of(other) == letters_of(target.name):
                raise CohortError(f"{DECLARATIONS} line {line}: {target.name} is declared twice")
        own[target.name] = target
    return own


def declared_target(cells: Mapping[str, str], where: str) -> Target:
    """Return what a line declares; CohortError, which begins with `where`, for what is wrong.

    cells: by COLUMNS; blank or missing ones have defaults.
    """
    name = cells.get("name", "")
    if not NAME.fullmatch(name):
        raise CohortError(
            f"{where}: name {shown(name)!r} must be a-z, then at most 31 of a-z, 0-9 and _"
        )
    where = f"{where}: {name}"
    taken = {letters_of(other): other for other in (*TAKEN, *TARGETS)}
    if name.startswith(TAKEN_START) or letters_of(name) in taken:
        raise CohortError(f"{where}: the name is taken; choose another one for the column")
    title, unit = cells.get("title") or name, cells.get("unit", "")
    for what, text, allowed in (("title", title, TITLE), ("unit", unit, UNIT)):
        if text and not allowed.fullmatch(text):
            raise CohortError(
                f"{where}: {what} {shown(text)!r} is too long or has a character other than "
                "letters, digits and simple punctuation, beginning with a letter or digit"
            )
    low, high = (_number(cells, column, where) for column in ("min", "max"))
    if not low < high:
        raise CohortError(f"{where}: min {low:g} is not below max {high:g}")
    decimals = _decimals(cells.get("decimals", ""), where)
    if high - low < 10**-decimals:
        raise CohortError(f"{where}: with {decimals} decimals all of {low:g}..{high:g} looks alike")
    network_unit = high - low
    if cells.get("network_unit"):
        network_unit = _number(cells, "network_unit", where, 2 * MOST / LEAST_SPAN)
    if network_unit <= 0 or not LEAST_SPAN <= (high - low) / network_unit <= MOST_SPAN:
        raise CohortError(
            f"{where}: network_unit {network_unit:g} is not suited: {low:g}..{high:g} should span "
            f"{LEAST_SPAN:g} to {MOST_SPAN:g} of it, best about 1"
        )
    thresholds = _thresholds(cells.get("thresholds", ""), low, high, where)
    return Target(name, title, unit, low, high, network_unit, decimals, thresholds)


def declaration(target: Target) -> dict[str, str]:
    """Return the line from which declared_target makes a target."""
    return {
        "name": target.name,
        "title": target.title,
        "unit": target.unit,
        "min": repr(target.low),
        "max": repr(target.high),
        "decimals": str(target.decimals),
        "network_unit": repr(target.network_unit),
        "thresholds": ";".join(map(repr, target.thresholds)),
    }


def _check_header(table: TextTable) -> None:
    columns = list(table.columns)
    for column in (*COLUMNS, *columns):
        if column not in COLUMNS:
            raise CohortError(
                f"{table.name} has a column {shown(table.columns[column])!r}; its columns are "
                f"{', '.join(COLUMNS)}"
            )
        if table.column(column) is None and column in NEEDED:
            raise CohortError(f"{table.name} has no column {column}")
    if columns[0] != COLUMNS[0]:  # where make looks for names
        raise CohortError(f"the first column of {table.name} is not {COLUMNS[0]}")
    if table.misfits:
        raise CohortError(f"{table.name} line {table.misfits[0]} has more cells than the header")


def _number(cells: Mapping[str, str], column: str, where: str, most: float = MOST) -> float:
    text = cells.get(column, "")
    try:
        value = number(text) + 0.0  # no minus before a zero
    except ValueError:
        raise CohortError(f"{where}: {column} {shown(text)!r} is not a number") from None
    if not abs(value) <= most:
        raise CohortError(f"{where}: {column} {shown(text)!r} is beyond {most:g}")
    return value


def _decimals(text: str, where: str) -> int:
    if not text:
        return USUAL_DECIMALS
    if not (text.isascii() and text.isdigit() and len(text) == 1 and int(text) <= MOST_DECIMALS):
        raise CohortError(
            f"{where}: decimals {shown(text)!r} is not a whole number from 0 to {MOST_DECIMALS}"
        )
    return int(text)


def _thresholds(text: str, low: float, high: float, where: str) -> tuple[float, ...]:
    parts: Sequence[str] = re.split(r"[;\s]+", text) if text else ()
    values = tuple(_number({"thresholds": part}, "thresholds", where) for part in parts)
    rising = all(a < b for a, b in zip((low, *values), (*values, high), strict=True))
    if len(values) > MOST_THRESHOLDS or not rising:
        raise CohortError(
            f"{where}: thresholds {shown(text)!r} are not at most {MOST_THRESHOLDS} rising numbers "
            f"between {low:g} and {high:g}, such as 1;2;3"
        )
    return values
