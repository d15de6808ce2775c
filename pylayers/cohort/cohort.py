"""Cohort: a folder with cohort.csv and one stored crop per scan, and the checks on its labels."""

import csv
import hashlib
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pylayers.cohort.own_targets import DECLARATIONS, declaration, read_targets
from pylayers.cohort.second_scan import hash_column, second_id
from pylayers.cohort.subject_splits import SubjectSplits
from pylayers.cohort.targets import TARGETS, Target, target_named
from pylayers.errors import CohortError
from pylayers.files.table_cells import shown
from pylayers.files.text_table import NUMBER, numbered_records
from pylayers.files.whole_file import whole_file

TABLE = "cohort.csv"
SPLITS = ("train", "val", "test")
# Column `source` of simulated scans: a network trained on them says nothing about patients.
PHANTOM = "phantom"
# A scan_id becomes a file name: nothing in it may lead out of the folder.
SCAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class CohortScan:
    """One row of cohort.csv; labels in their reported units, only those that are known."""

    scan_id: str
    subject_id: str
    split: str
    labels: dict[str, float]
    row: dict[str, str]


@dataclass(frozen=True)
class Cohort:
    """A prepared cohort; its rows keep the order of the table. own: the targets it declares."""

    folder: Path
    scans: tuple[CohortScan, ...]
    own: Mapping[str, Target] = field(default_factory=dict)

    def target(self, name: str) -> Target:
        """Return the target of that name; UsageError lists the names when there is none."""
        return target_named(name, TARGETS | self.own)

    def labelled(self, split: str, target_name: str, second: str = "") -> list[CohortScan]:
        """Return the scans of a split that have a label; CohortError when there is none.

        second: the kind of second scan that they must have, too; blank: none.
        """
        self.target(target_name)
        if split not in SPLITS:
            raise CohortError(f"split {split!r} is not one of {', '.join(SPLITS)}")
        scans = [s for s in self.scans if s.split == split and target_name in s.labels]
        if not scans:
            raise CohortError(
                f"{self.folder / TABLE} has no scan in split {split!r} with a label {target_name}; "
                "run tools/split_cohort.py on it"
            )
        paired = [s for s in scans if not second or s.row.get(hash_column(second))]
        if not paired:
            raise CohortError(
                f"{self.folder / TABLE} has no scan in split {split!r} with a label {target_name} "
                f"and a second scan: name them in a column {second} of the table and run "
                "tools/prepare_cohort.py again"
            )
        return paired

    def store_path(self, scan: CohortScan, second: str = "") -> Path:
        """Return where the crop of a scan is stored, or that of its second scan of a kind."""
        return store_path(self.folder, second_id(scan.scan_id, second) if second else scan.scan_id)

    def sha256(self) -> str:
        """Return the hash of the table, which names every scan, label, split and crop."""
        return hashlib.sha256((self.folder / TABLE).read_bytes()).hexdigest()


def store_path(folder: str | os.PathLike[str], scan_id: str) -> Path:
    """Return where a cohort keeps the crop of a scan."""
    return Path(folder) / "scans" / f"{scan_id}.h5"


def read_cohort(folder: str | os.PathLike[str]) -> Cohort:
    """Read and check a prepared cohort. Raises CohortError with the row that is wrong."""
    table = Path(folder) / TABLE
    scans = []
    scan_ids, split_of = set(), SubjectSplits()
    rows, own = read_rows(table), read_targets(folder)
    check_columns(table, rows[0][1] if rows else (), own)
    for where, row in rows:
        scan_id = checked_scan_id(row.get("scan_id", ""), where)
        if scan_id in scan_ids:
            raise CohortError(f"{where}: scan_id {scan_id!r} occurs twice")
        scan_ids.add(scan_id)
        split = row.get("split", "")
        if split and split not in SPLITS:
            raise CohortError(f"{where}: split {split!r} is not one of {', '.join(SPLITS)}")
        subject_id = row.get("subject_id") or scan_id
        split_of.check(subject_id, split, where)
        labels = checked_labels(row, where, TARGETS | own)
        scans.append(CohortScan(scan_id, subject_id, split, labels, row))
    if not scans:
        raise CohortError(f"{table} has no scans")
    return Cohort(Path(folder), tuple(scans), own)


def read_rows(table: str | os.PathLike[str]) -> list[tuple[str, dict[str, str]]]:
    """Read a CSV that this project wrote as (where, row) pairs; `where` names file and line.

    Raises CohortError for a file that write_rows would not have written: tables of users are read
    by pylayers.files.text_table.
    """
    table = Path(table)
    if not table.is_file():
        raise CohortError(f"there is no {table}; tools/prepare_cohort.py makes a cohort")
    try:
        text = table.read_text(encoding="utf-8-sig")
        records = list(numbered_records(table.name, text, ",", skipped=0))
    except UnicodeDecodeError as error:
        raise CohortError(f"{table} is not a UTF-8 CSV: {error}") from None
    header = records[0][1] if records else []
    for name in header:
        if header.count(name) > 1:
            raise CohortError(f"{table} has two columns named {name!r}; keep one")
    rows = []
    for line, cells in records[1:]:
        where = f"{table.name} line {line}"
        if len(cells) > len(header):
            raise CohortError(f"{where} has more cells than the header, after {header[-1]!r}")
        if len(cells) < len(header):
            raise CohortError(f"{where} breaks off before column {header[len(cells)]!r}")
        rows.append((where, {key: cell for key, cell in zip(header, cells, strict=True) if key}))
    return rows


def check_columns(table: Path, columns: Iterable[str], own: Iterable[str] = ()) -> None:
    """Raise CohortError for a known column of cohort.csv in other case, and for no scan_id.

    own: columns that must be there, too.
    """
    known = {"scan_id", "subject_id", "split", *TARGETS, *own}
    for name in columns:
        if name not in known and name.lower() in known:
            raise CohortError(f"{table} has a column {name!r}; write it {name.lower()}")
    if columns and "scan_id" not in columns:
        raise CohortError(f"{table} has no column scan_id; its first is {next(iter(columns))!r}")
    for name in own:
        if columns and name not in columns:
            raise CohortError(f"{table} has no column {name}, which its {DECLARATIONS} declares")


def write_rows(table: str | os.PathLike[str], rows: list[dict]) -> None:
    """Write a CSV with the columns of the first row; the file appears whole or not at all."""
    with whole_file(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_targets(folder: Path, targets: Iterable[Target]) -> None:
    """Write the declarations of targets into a folder."""
    write_rows(folder / DECLARATIONS, [declaration(target) for target in targets])


def checked_scan_id(scan_id: str, where: str) -> str:
    """Return a scan_id; CohortError when it is not safe as a file name."""
    if not SCAN_ID.fullmatch(scan_id):
        raise CohortError(
            f"{where}: scan_id {scan_id!r} must be letters, digits, '.', '_', '-' only"
        )
    return scan_id


def checked_labels(
    row: dict[str, str], where: str, targets: Mapping[str, Target] = TARGETS
) -> dict[str, float]:
    """Return the labels of a row; blank means unknown. Raises CohortError when out of range."""
    labels = {}
    for target in targets.values():
        text = row.get(target.name, "")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = None
        # float also takes 1_0 and digits of other scripts
        if value is None or (math.isfinite(value) and not NUMBER.fullmatch(text)):
            raise CohortError(f"{where}: {target.name} {shown(text)!r} is not a number")
        if not math.isfinite(value) or not target.low <= value <= target.high:
            raise CohortError(
                f"{where}: {target.name} {shown(text)} is outside {target.low:g}..{target.high:g}"
                f"{' percent' if target.unit == '%' else f' {target.unit}'.rstrip()}"
            )
        labels[target.name] = value
    return labels
