"""A table of scans: a CSV with the columns scan_id and path, and where known mask, mask_labels.

Paths are relative to the table. Every wrong row is found before any scan is read.
"""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from pylayers.cohort import checked_labels, checked_scan_id, read_rows
from pylayers.errors import CohortError, UsageError
from pylayers.label_map import parse_labels
from pylayers.scan import files_of

MOST_SAID = 10
# Where a header's voxels usually lie; they count though the header cannot be read.
DETACHED = {
    ".mhd": (".raw", ".zraw", ".raw.gz"),
    ".nhdr": (".raw", ".raw.gz"),
    ".hdr": (".img", ".img.gz"),
}


class ScanJob(NamedTuple):
    """One scan to read: a file or a DICOM folder, and its lung mask where there is one."""

    scan_id: str
    scan: Path
    mask: Path | None = None
    mask_labels: tuple[int, ...] | None = None


def checked_table(table, labels=True) -> list[dict[str, str]]:
    """Read the table; labels: whether the columns of the targets must be right, too.

    Raises CohortError with every wrong row.
    """
    rows, wrong, seen = [], [], set()
    for where, row in read_rows(table):
        try:
            scan_id = checked_scan_id(row.get("scan_id", ""), where)
            if scan_id in seen:
                raise CohortError(f"{where}: scan_id {scan_id!r} occurs twice")
            seen.add(scan_id)
            if not row.get("path"):
                raise CohortError(f"{where}: {scan_id} has no path")
            if row.get("mask_labels") and not row.get("mask"):
                raise CohortError(f"{where}: {scan_id} has mask_labels but no mask")
            parse_labels(row.get("mask_labels", ""))
            if labels:
                checked_labels(row, where)
            rows.append(row)
        except UsageError as error:
            wrong.append(f"{where}: {error}")
        except CohortError as error:
            wrong.append(str(error))
    if wrong:
        more = f"\n  and {len(wrong) - MOST_SAID} more" if len(wrong) > MOST_SAID else ""
        raise CohortError("\n  ".join(["the table is wrong:", *wrong[:MOST_SAID]]) + more)
    if not rows:
        raise CohortError(f"{table} lists no scans")
    return rows


def job_of(row: dict[str, str], base: Path) -> ScanJob:
    """Return the job of a checked row; its paths are relative to `base`."""
    mask = base / row["mask"] if row.get("mask") else None
    labels = parse_labels(row.get("mask_labels", ""))
    return ScanJob(row["scan_id"], base / row["path"], mask, labels)


def source_key(job: ScanJob, allow_uneven=False) -> str:
    """Return a hash of what a crop is made from and how.

    Files count by name, size and time of change, a folder by all files in it.
    """
    digest = hashlib.sha256()
    for path in (job.scan, job.mask):
        for file in _files(path) if path is not None else ():
            try:
                status = file.stat()
            except OSError:
                continue  # what is not there now makes another key once it is
            name = file.relative_to(path.parent)
            digest.update(f"{name}:{status.st_size}:{status.st_mtime_ns};".encode(errors="replace"))
    # added only where they differ from the usual, so that older stores stay valid
    if job.mask_labels:
        digest.update(f"labels {job.mask_labels};".encode())
    if allow_uneven:
        digest.update(b"uneven;")
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    """Return the files that belong to a scan or mask, in a fixed order."""
    if os.path.isdir(path):
        return sorted(Path(base, name) for base, _, names in os.walk(path) for name in names)
    usual = (path.with_suffix(suffix) for suffix in DETACHED.get(path.suffix.lower(), ()))
    return list(dict.fromkeys([path, *usual, *files_of(path)]))
