"""The tables of `score_cohort --shard I/N`, read back and put together as one without --shard."""

import csv
import json
from pathlib import Path
from typing import NamedTuple

from pylayers.cohort.own_targets import NAME
from pylayers.errors import UsageError
from pylayers.lungs.views import VIEWS
from tools.scan_lists.scan_list import shard_numbers
from tools.scoring.score_journal import difference
from tools.scoring.score_output import WHOLE, about_path, journal_path
from tools.scoring.score_tables import columns, contributions_path, slice_columns

OF_A_PART = ("shard", "scans", "scans_sha256")  # what its head has for itself
OF_THE_LIST = ("all_scans", "all_scans_sha256")


class Part(NamedTuple):
    """A part's table, what it is made with, its rows, and by scan_id what the journal had kept."""

    table: Path
    head: dict
    rows: list[dict[str, str]]
    entries: dict[str, dict]

    def __str__(self) -> str:
        return f"{self.table}, part {self.head['shard']},"


def read_part(table: Path) -> Part:
    """Read a part and what lies beside it; UsageError when it is none, unfinished or damaged."""
    if not table.exists() and journal_path(table).exists():
        raise UsageError(
            f"{table} is unfinished; its score_cohort.py command with --continue goes on"
        )
    head = _read_head(table)
    rows = _read_table(table, columns(list(head["weights_sha256"])))
    entries = {row["scan_id"]: {"scan_id": row["scan_id"], "slices": {}} for row in rows}
    part = Part(table, head, rows, entries)
    if not len(entries) == len(rows) == head["scans"]:
        raise UsageError(f"{part} does not have {head['scans']} rows of as many scans")
    for target in head["weights_sha256"] if head["contributions"] else ():
        names = slice_columns(target, head)
        of_scans: dict[str, list] = {}
        for row in _read_table(contributions_path(table, target), names):
            of_scans.setdefault(row["scan_id"], []).append([row[name] for name in names[1:]])
        if of_scans.keys() != {row["scan_id"] for row in rows if row[target]}:
            raise UsageError(f"{part} has contributions to {target} of other scans than scores")
        for scan_id, slices in of_scans.items():
            entries[scan_id]["slices"][target] = slices
    return part


def merged(parts: list[Part]) -> tuple[dict, list[dict], list[dict]]:
    """Return what write_tables takes: the head, rows and entries of a run without --shard.

    Raises UsageError unless these are all parts of one list, each once, made with the same.
    """
    first = parts[0]
    count = shard_numbers(first.head["shard"])[1]
    by_number: dict[int, Part] = {}
    for part in parts:
        number, its_count = shard_numbers(part.head["shard"])
        if its_count != count:
            raise UsageError(f"{part} is not of as many parts as {first.table}: {count}")
        if number in by_number:
            raise UsageError(f"{part} is there twice: {by_number[number].table}")
        ours, others = (_of_all_parts(each.head) for each in (part, first))
        if ours != others:
            how = difference(ours, others)
            raise UsageError(f"{part} is made with {how} than {first.table}")
        by_number[number] = part
    for number in range(1, count + 1):
        if number not in by_number:
            raise UsageError(f"part {number}/{count} is missing")
    total = sum(len(part.rows) for part in parts)
    rows: list[dict] = [{}] * total
    entries: dict[str, dict] = {}
    for number, part in by_number.items():
        places = range(number - 1, total, count)  # as shard_of takes them
        if len(part.rows) != len(places) or total != part.head["all_scans"]:
            raise UsageError(f"{part} does not have the rows of that part")
        if entries.keys() & part.entries.keys():
            raise UsageError(f"{part} holds scans of another part")
        rows[number - 1 :: count] = part.rows
        entries |= part.entries
    head = {name: fact for name, fact in first.head.items() if name not in OF_THE_LIST}
    facts = (WHOLE, *(first.head[name] for name in OF_THE_LIST))
    head |= dict(zip(OF_A_PART, facts, strict=True))
    return head, rows, [entries[row["scan_id"]] for row in rows]


def _of_all_parts(head: dict) -> dict:
    """Return what all parts must agree in."""
    return {name: fact for name, fact in head.items() if name not in OF_A_PART}


def _read_head(table: Path) -> dict:
    """Read what a part is made with; UsageError."""
    path = about_path(table)
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        shard_numbers(head["shard"])
        whole = all(map(NAME.fullmatch, head["weights_sha256"]))
        whole &= isinstance(head["contributions"], bool) and isinstance(head["scans"], int)
        whole &= all(map(VIEWS.__contains__, head.get("views", {}).values()))
        is_part = all(name in head for name in OF_THE_LIST)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, UsageError):
        whole = False
    if not whole:
        raise UsageError(f"{path} is damaged")
    if not is_part:
        raise UsageError(f"{table} is no part: it was not made with --shard, or by an old version")
    return head


def _read_table(path: Path, names: list[str] | tuple[str, ...]) -> list[dict[str, str]]:
    """Read a table with these columns; UsageError."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file, strict=True)
        if header != list(names):
            raise ValueError
        return [dict(zip(names, row, strict=True)) for row in rows]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, csv.Error):
        raise UsageError(f"{path} is damaged or is no table of score_cohort.py") from None
