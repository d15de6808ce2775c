"""COPDGene's phenotype table: one row of labels for each subject of a visit."""

import re
from typing import NamedTuple

from data.copdgene.columns import SID_COLUMN, VISIT_COLUMN, Choice, choose_columns
from data.copdgene.gold_check import GOLD_CODES
from data.copdgene.scales import unit_factor
from data.importers.left_out import LeftOut
from pylayers.cohort.cohort import checked_labels
from pylayers.cohort.targets import TARGETS
from pylayers.errors import CohortError
from pylayers.files.text_table import TextTable, number

SID = re.compile(r"\d{5}[A-Z]", re.ASCII)


class Phenotypes(NamedTuple):
    """Rows by sid; columns and factors by quantity. twice: the lines of sids with several rows."""

    rows: dict[str, dict[str, str]]
    twice: dict[str, list[int]]
    columns: dict[str, Choice | None]
    factors: dict[str, float]
    other_visits: int


def phenotypes_of(table: TextTable, visit: int, left: LeftOut) -> Phenotypes:
    """Sort a table's rows by sid, choose its columns and their scales.

    Raises CohortError for no sid, no row of the visit, no known column, and mixed scales.
    """
    key = table.column(SID_COLUMN)
    if key is None:
        raise CohortError(f"{table.name} has no column {SID_COLUMN}")
    for line in table.misfits:
        left.add("", "bad-row", f"line {line} has more cells than the header")
    numbered = rows_of_visit(table, visit)
    by_sid: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in numbered:
        sid = row[key].upper()
        if SID.fullmatch(sid):
            by_sid.setdefault(sid, []).append((line, row))
        else:  # the cell is not shown: it may be a name
            left.add("", "bad-sid", f"line {line}: the sid is not 5 digits and a letter")
    if not by_sid:
        raise CohortError(f"no row of {table.name} has a sid of 5 digits and a letter")
    columns = choose_columns(table, [row for _, row in numbered], visit)
    factors = {}
    for quantity, choice in columns.items():
        if choice:
            cells = [
                (f"{sid} (line {line})", row[choice.column.lower()])
                for sid, lines in by_sid.items()
                for line, row in lines
            ]
            factors[quantity] = unit_factor(quantity, choice.column, cells)
    return Phenotypes(
        {sid: lines[0][1] for sid, lines in sorted(by_sid.items()) if len(lines) == 1},
        {sid: [line for line, _ in lines] for sid, lines in by_sid.items() if len(lines) > 1},
        columns,
        factors,
        len(table.rows) - len(numbered),
    )


def rows_of_visit(table: TextTable, visit: int) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a visit: all of them, unless the table has a column visitnum."""
    key = table.column(VISIT_COLUMN)
    if key is None:
        return table.rows
    rows = [(line, row) for line, row in table.rows if same_number(row[key], visit)]
    if not rows:
        raise CohortError(f"{table.name} has no row with {table.columns[key]} {visit}")
    return rows


def same_number(text: str, value: int) -> bool:
    """Return whether a cell is that number."""
    try:
        return number(text) == value
    except ValueError:
        return False


def labels_of(sid: str, row: dict[str, str], source: Phenotypes, left: LeftOut) -> dict[str, str]:
    """Return the labels, gold and pctEmph of a row as texts in the cohort's units.

    A value that is not a number or is out of range is listed and left blank.
    """
    values = {}
    for quantity, choice in source.columns.items():
        text = row[choice.column.lower()] if choice else ""
        if not text:
            values[quantity] = ""
            continue
        try:
            value = number(text) * source.factors[quantity]
            values[quantity] = in_range(quantity, f"{value:.10g}", sid)
        except ValueError:
            values[quantity] = ""
            sentence = f"{choice.column} {text[:40]!r} is not a number; left blank"
            left.add(sid, "no-number", sentence)
        except CohortError as error:
            values[quantity] = ""
            left.add(sid, "out-of-range", f"{error} (column {choice.column}); left blank")
    return values


def in_range(quantity: str, text: str, sid: str) -> str:
    """Return a value's text; CohortError when it is out of range."""
    if quantity in TARGETS:
        checked_labels({quantity: text}, sid)
    elif quantity == "gold" and float(text) not in GOLD_CODES:
        raise CohortError(f"{sid}: gold {text} is not one of -2..4")
    elif quantity == "pctEmph" and not 0 <= float(text) <= 100:
        raise CohortError(f"{sid}: pctEmph {text} is outside 0..100 percent")
    return text
