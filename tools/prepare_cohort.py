"""Make a cohort folder from a table of scans: read, find the lungs, crop, store.

The table is a CSV with the columns scan_id and path (a file, or a folder or .zip of DICOM files),
and where known subject_id, mask, mask_labels (the mask's labels that are lung, such as 10-14; blank
for the Chest Imaging Platform's), split, ve, fev1fvc (a fraction), fev1pp (percent); paths are
relative to the table. Other columns are carried along. Scans that fail are left out and listed in
rejected.csv.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from pylayers.cohort import TABLE, store_path, write_rows
from pylayers.errors import CohortError, ScanRefused, UsageError
from pylayers.preprocess import crop_lungs
from pylayers.store import read_facts, write_crop
from pylayers.targets import TARGETS
from tools.exit_codes import run
from tools.path_argument import given_path
from tools.scan_table import ScanJob, checked_table, job_of, source_key

REJECTED = "rejected.csv"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("table", type=given_path, help="CSV of scans")
    p.add_argument(
        "--out", type=given_path, required=True, help="cohort folder to make or complete"
    )
    p.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    p.add_argument(
        "--allow-uneven",
        action="store_true",
        help="take DICOM series with missing, duplicated or uneven slices, too",
    )
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def prepare(args) -> None:
    """Store every scan of the table that is not stored yet, then write cohort.csv."""
    if args.workers < 1:
        raise UsageError(f"--workers {args.workers} is below 1")
    rows = checked_table(args.table)
    (args.out / "scans").mkdir(parents=True, exist_ok=True)
    jobs = [job_of(row, args.table.parent) for row in rows]

    facts, refused = {}, {}
    context = get_context("forkserver")
    with ProcessPoolExecutor(args.workers, mp_context=context) as pool:
        running = {
            pool.submit(store_scan, job, store_path(args.out, job.scan_id), args.allow_uneven): job
            for job in jobs
        }
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


def store_scan(job: ScanJob, store: Path, allow_uneven: bool) -> dict:
    """Store one scan's crop unless it is there already; return what cohort.csv says of it."""
    key = source_key(job, allow_uneven)
    facts = read_facts(store)
    if facts is None or facts["source_key"] != key:
        crop = crop_lungs(job.scan, job.mask, job.mask_labels, allow_uneven=allow_uneven)
        write_crop(store, crop, key)
        facts = read_facts(store)
    return facts


def cohort_row(row: dict, facts: dict) -> dict:
    """Return a row of cohort.csv: ids, labels, what was measured, then the table's own columns."""
    own = {
        "scan_id": row["scan_id"],
        "subject_id": row.get("subject_id") or row["scan_id"],
        "split": row.get("split", ""),
        **{name: row.get(name, "") for name in TARGETS},
        "laa950": f"{facts['laa950']:.4f}",
        "perc15": f"{facts['perc15_hu']:.2f}",
        "lungs_l": f"{facts['lungs_l']:.4f}",
        "mask": "given" if facts["mask_given"] else "computed",
        "slices": facts["slices"],
        "warnings": "; ".join(facts["warnings"]),
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
