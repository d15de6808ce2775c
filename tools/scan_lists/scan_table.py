"""A table of scans: a CSV with the columns scan_id and path, and where known mask, mask_labels,
and second scans, expiration and earlier.

Paths are relative to the table. Every wrong row is found before any scan is read.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from pylayers.cohort.cohort import checked_labels, checked_scan_id
from pylayers.cohort.patient_data import PATIENT_COLUMNS, patient_cells
from pylayers.cohort.second_scan import KINDS, second_id
from pylayers.cohort.subject_splits import SubjectSplits
from pylayers.cohort.targets import TARGETS, Target
from pylayers.errors import CohortError, UsageError
from pylayers.files.text_table import TextTable, read_text_table
from pylayers.lungs.label_map import parse_labels
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.folder_walk import folders_of
from pylayers.reading.scan import files_of
from tools.scan_lists.scan_columns import cell_of, checked_split, columns_of

MOST_LISTED = 10
# Where a header's voxels usually lie; they count though the header cannot be read.
DETACHED = {
    ".mhd": (".raw", ".zraw", ".raw.gz"),
    ".nhdr": (".raw", ".raw.gz"),
    ".hdr": (".img", ".img.gz"),
}


@dataclass(frozen=True)
class ScanJob(ScanRequest):
    """One scan of a list: what to read, its scan_id in the tables, what is known of its patient.

    seconds: (kind, scan) of its second scans, of second_scan.KINDS. patient: columns and cells, as
    the table has them.
    """

    scan_id: str = field(kw_only=True)
    seconds: tuple[tuple[str, Path], ...] = field(default=(), kw_only=True)
    patient: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)

    def second(self, kind: str) -> "ScanJob":
        """Return the second scan of a kind as a job of its own; its lungs are computed."""
        scan = dict(self.seconds)[kind]
        name = second_id(self.scan_id, kind)
        return ScanJob(scan, allow_uneven=self.allow_uneven, scan_id=name)


def checked_table(
    path: str | PathLike[str], labels: bool = True, own: Mapping[str, Target] | None = None
) -> list[dict[str, str]]:
    """Read the table; labels: whether labels, splits and subjects must be right, too.

    own: the targets that are declared beside the paper's, by name: their columns are labels, too.
    The rows have our names for our columns, and others as written. Raises CohortError with every
    wrong row.
    """
    own = own or {}
    rows, wrong, scan_ids, splits = [], [], set(), SubjectSplits()
    table = read_text_table(path, verbatim=True)
    if not table.columns:
        raise CohortError(f"{path} lists no scans")
    names = columns_of(table, labels, own)
    wrong += [(line, too_long(table, line)) for line in table.misfits]
    for line, cells in table.rows:
        where = f"{table.name} line {line}"
        row = {names[k]: cell_of(names[k], cells[k], table.delimiter, own) for k in cells}
        try:
            scan_id = checked_scan_id(row["scan_id"], where)
            if scan_id in scan_ids:
                raise CohortError(f"{where}: scan_id {scan_id!r} occurs twice")
            scan_ids.add(scan_id)
            if not row["path"]:
                raise CohortError(f"{where}: {scan_id} has no path")
            if row.get("mask_labels") and not row.get("mask"):
                raise CohortError(f"{where}: {scan_id} has mask_labels but no mask")
            parse_labels(row.get("mask_labels", ""))
            if labels:
                checked_labels(row, where, TARGETS | own)
                row |= patient_cells(row, where)
                row["split"] = checked_split(row.get("split", ""), where)
                splits.check(row.get("subject_id") or scan_id, row["split"], where)
            rows.append(row)
        except UsageError as error:
            wrong.append((line, f"{where}: {error} (column mask_labels)"))
        except CohortError as error:
            wrong.append((line, str(error)))
    if wrong:
        sentences = [sentence for _, sentence in sorted(wrong)]
        more = (
            f"\n  and {len(sentences) - MOST_LISTED} more" if len(sentences) > MOST_LISTED else ""
        )
        between = "\n  " if len(sentences) > 1 else " "
        raise CohortError(between.join(["the table is wrong:", *sentences[:MOST_LISTED]]) + more)
    if not rows:
        raise CohortError(f"{path} lists no scans")
    return rows


def too_long(table: TextTable, line: int) -> str:
    """Return what is wrong with a row that has more cells than the header."""
    last = list(table.columns.values())[-1]
    hint = "; put quotes around a cell with a comma" if table.delimiter == "," else ""
    return f"{table.name} line {line} has more cells than the header, after column {last}{hint}"


def job_of(row: dict[str, str], base: Path) -> ScanJob:
    """Return the job of a checked row; its paths are relative to `base`."""
    mask = base / row["mask"] if row.get("mask") else None
    labels = parse_labels(row.get("mask_labels", ""))
    seconds = tuple((kind, base / row[kind]) for kind in KINDS if row.get(kind))
    patient = tuple((name, row[name]) for name in PATIENT_COLUMNS if row.get(name))
    known = {"scan_id": row["scan_id"], "seconds": seconds, "patient": patient}
    return ScanJob(base / row["path"], mask, labels, **known)


def absolute(job: ScanJob) -> ScanJob:
    """Return a job that means the same files in every folder."""
    mask = job.mask and Path(job.mask).absolute()
    seconds = tuple((kind, Path(scan).absolute()) for kind, scan in job.seconds)
    return replace(job, scan=Path(job.scan).absolute(), mask=mask, seconds=seconds)


def source_key(job: ScanJob) -> str:
    """Return a hash of what a crop is made from and how.

    Files count by name, size and time of change, a folder by all files in it.
    """
    digest = hashlib.sha256()
    # a second scan moves nothing in the key of a scan without one
    for path in (job.scan, job.mask, *(scan for _, scan in job.seconds)):
        for file in _files(path) if path is not None else ():
            try:
                status = file.stat()
            except (OSError, ValueError):  # ValueError: a null byte
                continue  # what is not there now makes another key once it is
            name = file.relative_to(path.parent)
            digest.update(f"{name}:{status.st_size}:{status.st_mtime_ns};".encode(errors="replace"))
    # added only where they differ from the usual, so that older stores stay valid
    if job.mask_labels:
        digest.update(f"labels {job.mask_labels};".encode())
    if job.allow_uneven:
        digest.update(b"uneven;")
    if job.seconds:
        digest.update(f"second {[kind for kind, _ in job.seconds]};".encode())
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    """Return the files that belong to a scan or mask, in a fixed order."""
    if os.path.isdir(path):
        with contextlib.suppress(OSError):  # to be told when the scan is read
            return sorted(file for _, files in folders_of(path) for file in files)
        return []
    usual = (path.with_suffix(suffix) for suffix in DETACHED.get(path.suffix.lower(), ()))
    return list(dict.fromkeys([path, *usual, *files_of(path)]))
