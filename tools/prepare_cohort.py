"""Make a cohort folder from a table of scans: read, find the lungs, crop, store.

The table is a CSV with the columns scan_id and path (a file, or a folder or .zip of DICOM files),
and where known subject_id, mask, mask_labels (the mask's labels that are lung, such as 10-14; blank
for the Chest Imaging Platform's), split, ve, fev1fvc (a fraction), fev1pp (percent), expiration and
earlier (second scans, for VARIANT=expiration and followup), and for VARIANT=patient age, sex,
height_cm, weight_kg, pack_years and smoking; paths are relative to the table. Other columns are
carried along; those that a targets.csv beside the table declares are checked as labels. That file
is copied into the cohort, whose own one counts where the table has none. Scans that are refused are
left out and listed in rejected.csv.

With --views, planes of other directions are stored beside each crop, and added to crops that are
stored already without reading their scans again.

Stored scans are kept: after any interruption the same command goes on. cohort.csv is written at
the end.

Exit code 0: every scan is stored or refused. 1: some rows of rejected.csv say `error`: the machine
or the program failed, not the scan; the same command tries those again. Others as for all tools.
"""

import argparse
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from pylayers.cohort.cohort import TABLE, write_rows, write_targets
from pylayers.cohort.cohort_row import cohort_row
from pylayers.cohort.own_targets import DECLARATIONS
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import (
    DONE,
    FAILED,
    complain,
    interrupted_code,
    run,
    stopped_by,
)
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import CohortError, MachineError
from pylayers.files.folder_lock import COHORT_WORK, FolderLock
from pylayers.files.output_check import check_folder
from pylayers.files.whole_file import NotWritten, remove_partials
from pylayers.lungs.views import MOST_SLICE_MM, USUAL_SLICE_MM, VIEWS, views_named
from tools.scan_lists.declared_targets import check_labels, declared_targets
from tools.scan_lists.scan_table import ScanJob, checked_table, job_of
from tools.workers.chosen_pool import answers
from tools.workers.scratch_folder import scratch_folder
from tools.workers.worker_options import (
    add_allow_uneven,
    add_scheduler,
    add_worker_options,
    check_worker_options,
)
from tools.workers.worker_pool import Lost, NoWorkers
from tools.workers.worker_setup import PrepareSetup

REJECTED = "rejected.csv"
SCRATCH = ".scan2num-scratch"
ERROR = "error"  # in place of a reason: the scan could not be read, but is not at fault
GOES_ON = "what is stored is kept, the same command goes on"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("table", type=given_path, help="CSV of scans")
    p.add_argument(
        "--out", type=given_path, required=True, help="cohort folder to make or complete"
    )
    p.add_argument(
        "--views",
        default="",
        metavar="NAMES",
        help=f"store planes of these directions, too, for VIEW=: {','.join(VIEWS)}; scans with "
        f"slices more than {MOST_SLICE_MM:g} mm apart are then left out (default: none)",
    )
    add_allow_uneven(p)
    add_worker_options(p)
    add_scheduler(p)
    return p


def prepare(args: argparse.Namespace) -> int:
    """Store every scan of the table that is not stored yet, then write cohort.csv."""
    check_worker_options(args)
    if args.views:
        views_named(args.views)
    own = declared_targets(args.table, args.out)
    rows = checked_table(args.table, own=own)
    check_labels(rows, own)
    declared = (DECLARATIONS,) if own else ()
    files = (TABLE, REJECTED, *declared)
    check_folder(args.out, "--out", files=files, inputs=(args.table,))
    with FolderLock(args.out, COHORT_WORK):
        check_folder(args.out / "scans", "--out")
        remove_partials(args.out / "scans", ".h5")  # of a run that was killed
        jobs = [job_of(row, args.table.parent) for row in rows]
        jobs = [replace(job, allow_uneven=args.allow_uneven) for job in jobs]
        facts, left = store_scans(jobs, args)
        write_rejected(args.out / REJECTED, left)
        kept = [cohort_row(row, facts[row["scan_id"]]) for row in rows if row["scan_id"] in facts]
        errors = [sentence for slug, sentence in left.values() if slug == ERROR]
        if not kept:
            nothing = f"none of the {len(rows)} scans could be used; see {args.out / REJECTED}"
            raise MachineError(f"{nothing}: {errors[0]}") if errors else CohortError(nothing)
        if own:
            write_targets(args.out, own.values())
        write_rows(args.out / TABLE, kept)
    if not args.quiet:
        if doubtful := sum(bool(known["doubts"]) for known in facts.values()):
            print(
                f"note: {doubtful} scans have slices more than {USUAL_SLICE_MM:g} mm apart: the "
                "rows of their coronal and sagittal planes are coarse"
            )
        print(summary(args.out, kept, len(left) - len(errors), len(errors), own))
    return FAILED if errors else DONE


def store_scans(
    jobs: list[ScanJob], args: argparse.Namespace
) -> tuple[dict[str, dict], dict[str, tuple[str, str]]]:
    """Store the scans that are not stored yet; return the facts of each, and what is left out.

    Both are by scan_id: what cohort.csv says of a stored scan; slug and sentence of one left out.
    Raises MachineError when the stores cannot be written.
    """
    facts, left = {}, {}
    bar = progress_bar(name="prepare", unit="scan", quiet=args.quiet, total=len(jobs))
    with bar, scratch_folder(args.out / SCRATCH) as scratch:
        cohort = args.out.absolute() if args.scheduler else args.out
        setup = PrepareSetup(str(cohort), scratch, args.views)
        with closing(answers(jobs, setup, args)) as stored:
            for job, answer in stored:
                if isinstance(answer, NotWritten):
                    raise answer
                if isinstance(answer, dict):
                    facts[job.scan_id] = answer
                elif isinstance(answer, Lost):
                    left[job.scan_id] = (ERROR, answer.sentence)
                    bar.write(f"error: {job.scan_id}: {answer.sentence}", file=sys.stderr)
                else:
                    left[job.scan_id] = (answer.slug, answer.sentence)
                    bar.write(f"left out: {job.scan_id}: {answer}", file=sys.stderr)
                bar.update()
    return facts, left


def summary(out: Path, kept: list[dict], refused: int, errors: int, own: Iterable[str] = ()) -> str:
    """Return the line printed at the end; own: names of the targets that are declared."""
    names = (*TARGETS, *own)
    known = ", ".join(f"{name} {sum(bool(row[name]) for row in kept)}" for name in names)
    parts = [
        f"{out / TABLE}: {len(kept)} scans (labels: {known})",
        *([f"{refused} left out ({out / REJECTED})"] if refused else []),
        *([f"{errors} failed ({out / REJECTED}); the same command tries again"] if errors else []),
    ]
    return ", ".join(parts)


def write_rejected(path: Path, left: dict[str, tuple[str, str]]) -> None:
    """Write the scans left out with their reasons; no file when there are none."""
    names = ("scan_id", "reason", "sentence")
    if left:
        rows = [(scan_id, *why) for scan_id, why in sorted(left.items())]
        write_rows(path, [dict(zip(names, row, strict=True)) for row in rows])
    else:
        path.unlink(missing_ok=True)


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    args = parser().parse_args(argv)
    try:
        return prepare(args)
    except (NotWritten, NoWorkers) as error:
        complain(f"error: {error}; {GOES_ON}")
        return FAILED
    except KeyboardInterrupt as error:
        complain(f"{stopped_by(error)}; {GOES_ON}")
        return interrupted_code(error)


if __name__ == "__main__":
    sys.exit(run(main))
