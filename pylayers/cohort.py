"""Cohort: a folder with cohort.csv and one stored crop per scan, and the checks on its labels."""

import csv
import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path

from pylayers.errors import CohortError
from pylayers.targets import TARGETS, target_named
from pylayers.whole_file import whole_file

TABLE = "cohort.csv"
SPLITS = ("train", "val", "test")
# Column `source` of scans that were simulated: a network trained on them says nothing of patients.
PHANTOM = "phantom"
# A scan_id becomes a file name: nothing in it may lead out of the folder.
SCAN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class CohortScan:
    """One row of cohort.csv; labels in people's units, only those that are known."""

    scan_id: str
    subject_id: str
    split: str
    labels: dict[str, float]
    row: dict[str, str]


@dataclass(frozen=True)
class Cohort:
    """A prepared cohort; its rows keep the order of the table."""

    folder: Path
    scans: tuple[CohortScan, ...]

    def labelled(self, split: str, target_name: str) -> list[CohortScan]:
        """Return the scans of a split that have a label; CohortError when there is none."""
        target_named(target_name)
        if split not in SPLITS:
            raise CohortError(f"split {split!r} is not one of {', '.join(SPLITS)}")
        scans = [s for s in self.scans if s.split == split and target_name in s.labels]
        if not scans:
            raise CohortError(
                f"{self.folder / TABLE} has no scan in split {split!r} with a label {target_name}; "
                "run tools/split_cohort.py on it"
            )
        return scans

    def store_path(self, scan: CohortScan) -> Path:
        """Return where the crop of a scan is stored."""
        return store_path(self.folder, scan.scan_id)

    def sha256(self) -> str:
        """Return the hash of the table, which names every scan, label, split and crop."""
        return hashlib.sha256((self.folder / TABLE).read_bytes()).hexdigest()


def store_path(folder, scan_id: str) -> Path:
    """Return where a cohort keeps the crop of a scan."""
    return Path(folder) / "scans" / f"{scan_id}.h5"


def read_cohort(folder) -> Cohort:
    """Read and check a prepared cohort. Raises CohortError with the row that is wrong."""
    table = Path(folder) / TABLE
    scans = []
    seen = set()
    for where, row in read_rows(table):
        scan_id = checked_scan_id(row.get("scan_id", ""), where)
        if scan_id in seen:
            raise CohortError(f"{where}: scan_id {scan_id!r} occurs twice")
        seen.add(scan_id)
        split = row.get("split", "")
        if split and split not in SPLITS:
            raise CohortError(f"{where}: split {split!r} is not one of {', '.join(SPLITS)}")
        scans.append(
            CohortScan(
                scan_id, row.get("subject_id") or scan_id, split, checked_labels(row, where), row
            )
        )
    if not scans:
        raise CohortError(f"{table} has no scans")
    return Cohort(Path(folder), tuple(scans))


def read_rows(table) -> list[tuple[str, dict[str, str]]]:
    """Read a CSV as (where, row) pairs; `where` names file and line for messages."""
    table = Path(table)
    if not table.is_file():
        raise CohortError(f"there is no {table}; tools/prepare_cohort.py makes a cohort")
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", strict=True)
            return [
                (
                    f"{table.name} line {reader.line_num}",
                    {key: (value or "").strip() for key, value in row.items() if key},
                )
                for row in reader
            ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CohortError(f"{table} is no CSV in UTF-8: {error}") from None


def write_rows(table, rows: list[dict]) -> None:
    """Write a CSV with the columns of the first row; the file appears whole or not at all."""
    with whole_file(table) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def checked_scan_id(scan_id: str, where: str) -> str:
    """Return a scan_id that is safe as a file name, else raise CohortError."""
    if not SCAN_ID.fullmatch(scan_id):
        raise CohortError(
            f"{where}: scan_id {scan_id!r} must be letters, digits, '.', '_', '-' only"
        )
    return scan_id


def checked_labels(row: dict[str, str], where: str) -> dict[str, float]:
    """Return the labels of a row; blank means unknown. Raises CohortError when out of range."""
    labels = {}
    for target in TARGETS.values():
        text = row.get(target.name, "")
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            raise CohortError(f"{where}: {target.name} {text!r} is no number") from None
        if not math.isfinite(value) or not target.low <= value <= target.high:
            raise CohortError(
                f"{where}: {target.name} {text} is outside {target.low:g}..{target.high:g}"
                f"{' percent' if target.unit == '%' else ''}"
            )
        labels[target.name] = value
    return labels
