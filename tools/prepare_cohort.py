"""Make a cohort folder from a table of scans: read, find the lungs, crop, store.

The table is a CSV with the columns scan_id and path, and where known subject_id, mask, split, ve,
fev1fvc (a fraction), fev1pp (percent); paths are relative to the table. Other columns are carried
along. Scans that fail are left out and listed in rejected.csv.
"""

import argparse
import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from pylayers.cohort import (
    TABLE,
    checked_labels,
    checked_scan_id,
    read_rows,
    store_path,
    write_rows,
)
from pylayers.errors import CohortError, ScanRefused, UsageError
from pylayers.preprocess import crop_lungs
from pylayers.store import read_facts, write_crop
from pylayers.targets import TARGETS
from tools.exit_codes import run

REJECTED = "rejected.csv"


class Job(NamedTuple):
    """One scan to prepare; source_key tells whether a stored crop came from these files."""

    scan_id: str
    scan: Path
    mask: Path | None
    store: Path


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("table", type=Path, help="CSV of scans")
    p.add_argument("--out", type=Path, required=True, help="cohort folder to make or complete")
    p.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def prepare(args) -> None:
    """Store every scan of the table that is not stored yet, then write cohort.csv."""
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers} is below 1")
    rows = checked_table(args.table)
    (args.out / "scans").mkdir(parents=True, exist_ok=True)
    jobs = [job_of(row, args.table.parent, args.out) for row in rows]

    facts, refused = {}, {}
    context = get_context("forkserver")
    with ProcessPoolExecutor(args.workers, mp_context=context) as pool:
        running = {pool.submit(store_scan, job): job for job in jobs}
        bar = tqdm(
            as_completed(running),
            total=len(jobs),
            desc="prepare",
            unit="scan",
            disable=None if not args.quiet else True,
        )
        for future in bar:
            scan_id = running[future].scan_id
            try:
                facts[scan_id] = future.result()
            except ScanRefused as error:
                refused[scan_id] = error
                bar.write(f"left out: {scan_id}: {error}", file=sys.stderr)

    write_rejected(args.out / REJECTED, refused)
    kept = [cohort_row(row, facts[row["scan_id"]]) for row in rows if row["scan_id"] in facts]
    if not kept:
        raise CohortError(f"none of the {len(rows)} scans could be used; see {args.out / REJECTED}")
    write_rows(args.out / TABLE, kept)
    if not args.quiet:
        left = f", {len(refused)} left out ({args.out / REJECTED})" if refused else ""
        print(f"{args.out / TABLE}: {len(kept)} scans{left}")


def checked_table(table: Path) -> list[dict[str, str]]:
    """Read the table; CohortError lists every wrong row before any scan is read."""
    rows, wrong, seen = [], [], set()
    for where, row in read_rows(table):
        try:
            scan_id = checked_scan_id(row.get("scan_id", ""), where)
            if scan_id in seen:
                raise CohortError(f"{where}: scan_id {scan_id!r} occurs twice")
            seen.add(scan_id)
            if not row.get("path"):
                raise CohortError(f"{where}: {scan_id} has no path")
            checked_labels(row, where)
            rows.append(row)
        except CohortError as error:
            wrong.append(str(error))
    if wrong:
        more = f"\n  and {len(wrong) - 10} more" if len(wrong) > 10 else ""
        raise CohortError("\n  ".join(["the table is wrong:", *wrong[:10]]) + more)
    if not rows:
        raise CohortError(f"{table} lists no scans")
    return rows


def job_of(row: dict, base: Path, out: Path) -> Job:
    """Return the job of a row."""
    mask = base / row["mask"] if row.get("mask") else None
    return Job(row["scan_id"], base / row["path"], mask, store_path(out, row["scan_id"]))


def store_scan(job: Job) -> dict:
    """Store one scan's crop unless it is there already; return what cohort.csv says of it."""
    key = source_key(job)
    facts = read_facts(job.store)
    if facts is None or facts["source_key"] != key:
        write_crop(job.store, crop_lungs(job.scan, job.mask), key)
        facts = read_facts(job.store)
    return facts


def source_key(job: Job) -> str:
    """Return a hash of the files a crop is made from: names, sizes and times of change."""
    digest = hashlib.sha256()
    for path in (job.scan, job.mask):
        if path is not None and path.exists():
            status = path.stat()
            digest.update(f"{path.name}:{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()


def cohort_row(row: dict, facts: dict) -> dict:
    """Return a row of cohort.csv: ids, labels, what was measured, then the table's own columns."""
    own = {
        "scan_id": row["scan_id"],
        "subject_id": row.get("subject_id") or row["scan_id"],
        "split": row.get("split", ""),
        **{name: row.get(name, "") for name in TARGETS},
        "laa950": f"{facts['laa950']:.4f}",
        "lungs_l": f"{facts['lungs_l']:.4f}",
        "mask": "given" if facts["mask_given"] else "computed",
        "slices": facts["slices"],
        "crop_sha256": facts["crop_sha256"],
    }
    return own | {k: v for k, v in row.items() if k not in own and k != "path"}


def write_rejected(path: Path, refused: dict[str, ScanRefused]) -> None:
    """Write the scans left out with their reasons; no file when there are none."""
    if refused:
        write_rows(
            path,
            [
                {"scan_id": scan_id, "reason": error.slug, "sentence": error.sentence}
                for scan_id, error in sorted(refused.items())
            ],
        )
    else:
        path.unlink(missing_ok=True)


def main(argv=None) -> int | None:
    """Run the program."""
    return prepare(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
