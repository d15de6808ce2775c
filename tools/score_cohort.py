"""Score many chest CTs: one row per scan with one number per trained target.

SCANS is a text file with one path per line (# starts a comment), a CSV with the columns scan_id and
path and where known mask and mask_labels (paths are relative to either file), or a folder: every
.mhd, .mha, .nrrd, .nhdr, .nii, .nii.gz, .zip, .tar, .tar.gz, .tgz and .tar.bz2 in it and below, and
every folder of DICOM files. For weights that take a second scan of each subject a CSV has a column
expiration or earlier, and for weights of VARIANT=patient age, sex, height_cm, weight_kg, pack_years
and smoking. A CSV names its scans as you like; else a scan_id is the path from the list or folder
without its ending, with '_' for all but letters, digits, '.', '_' and '-'; equal ones become a,
a-2, a-3.

A scan that is refused has a row with the reason and no score. Finished scans are kept in a hidden
journal beside the table until that is complete: after an interruption of whatever kind, the same
command with --continue goes on. The tables do not depend on the number of workers.

Exit code 0: every scan has a row. 1: some row says `error`, a failure of the program and not of the
scan; --continue tries those again. Others as for all tools.

Research use, not a medical device.
"""

import argparse
import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # without `make setup`, too

from pylayers.batch.slice_sample import checked_offsets
from pylayers.command_line.exit_codes import (
    DONE,
    FAILED,
    complain,
    interrupted_code,
    run,
    stopped_by,
)
from pylayers.command_line.path_argument import given_path, given_path_text
from pylayers.command_line.progress_bar import progress_bar
from pylayers.files.output_check import check_output
from tools.scan_lists.scan_list import jobs_of, shard_of
from tools.scan_lists.scan_table import ScanJob, absolute, source_key
from tools.scoring.chosen_runs import (
    add_offsets,
    add_resample,
    add_weights,
    chosen_runs,
    device,
    second_kinds,
    weights_note,
)
from tools.scoring.engines import add_engine, engine_of, load_runs
from tools.scoring.score_output import WHOLE, Output, made_with, scored_with
from tools.scoring.score_tables import error_row, summary
from tools.scoring.scored_crop import PHANTOM_WARNING
from tools.training.trained_run import checked_resample
from tools.workers.chosen_pool import answers
from tools.workers.scratch_folder import scratch_folder
from tools.workers.worker_options import (
    add_allow_uneven,
    add_scheduler,
    add_worker_options,
    check_worker_options,
)
from tools.workers.worker_pool import Lost, NoWorkers
from tools.workers.worker_setup import ScoreSetup


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "scans", type=given_path_text, metavar="SCANS", help="list of scans, CSV or folder"
    )
    p.add_argument(
        "--out",
        type=given_path,
        help="table to write (default: scores.csv, or scores_2of8.csv with --shard 2/8)",
    )
    add_weights(p)
    add_engine(p)
    p.add_argument(
        "--contributions",
        action="store_true",
        help="write the slices' contributions, too: <out>_contributions_<target>.csv",
    )
    p.add_argument(
        "--continue", dest="go_on", action="store_true", help="score only what is missing"
    )
    p.add_argument(
        "--shard",
        default=WHOLE,
        metavar="I/N",
        help="every N-th scan, beginning with the I-th; tools/merge_scores.py merges the parts",
    )
    add_offsets(p)
    add_resample(p)
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")
    add_allow_uneven(p)
    add_worker_options(p, "processes; each has its own nets")
    add_scheduler(p)
    return p


def score_cohort(args: argparse.Namespace) -> int:
    """Score the scans that are not scored yet and write the tables; return the exit code."""
    check_worker_options(args)
    checked_offsets(args.offsets)
    gpu = device(args.device)
    listed = jobs_of(args.scans)
    out = args.out or default_out(args.shard)
    if not os.path.isdir(args.scans):
        check_output(out, "--out", inputs=(args.scans,))
    folders = chosen_runs(args.weights)
    needed = second_kinds(folders)
    everything = [
        replace(
            job,
            allow_uneven=args.allow_uneven,
            seconds=tuple(second for second in job.seconds if second[0] in needed),
        )
        for job in listed
    ]
    jobs = shard_of(everything, args.shard)
    engine = engine_of(args.engine, folders, gpu)
    runs = load_runs(folders, engine)
    for trained in runs:
        checked_resample(args.resample, trained)
    paths = tuple(str(folder.name.resolve()) for folder in folders)

    with Output(out, args.go_on) as output:
        if not output.begin(made_with(runs, engine, args, everything)):
            if not args.quiet:
                print(f"{output.table} is complete already")
            return DONE
        with scratch_folder(output.scratch) as scratch:
            how = (gpu, args.contributions, scratch, args.offsets, args.resample, engine)
            setup = ScoreSetup(paths, *how, scored_with(runs, engine, gpu))
            errors = score_missing(jobs, output, setup, args)
        rows = output.finish(jobs, errors)
    if not args.quiet:
        phantom = [PHANTOM_WARNING] if any(run.is_phantom for run in runs) else []
        for note in (weights_note(runs), *phantom):
            print(f"note: {note}", file=sys.stderr)
        print(summary(rows, output.table))
    return FAILED if errors else DONE


def score_missing(
    jobs: list[ScanJob], output: Output, setup: ScoreSetup, args: argparse.Namespace
) -> dict[str, dict[str, str]]:
    """Score what the journal lacks and keep it there; return the rows of those that failed."""
    kept, errors = output.journal.entries, {}
    for job in jobs:
        if job.scan_id in kept and kept[job.scan_id]["source_key"] != source_key(job):
            del kept[job.scan_id]
    todo = [absolute(job) for job in jobs if job.scan_id not in kept]
    refused = sum(bool(entry["row"]["refused"]) for entry in kept.values())
    bar = progress_bar(
        name="score", unit="scan", quiet=args.quiet, total=len(jobs), start=len(kept)
    )
    with bar, closing(answers(todo, setup, args)) as scored:
        bar.set_postfix_str(f"{refused} refused")
        for job, answer in scored:
            if isinstance(answer, Lost):
                errors[job.scan_id] = error_row(job.scan_id, answer.sentence)
                bar.write(f"error: {job.scan_id}: {answer.sentence}", file=sys.stderr)
            else:
                output.journal.add(answer)
                refused += bool(answer["row"]["refused"])
            bar.set_postfix_str(f"{refused} refused", refresh=False)
            bar.update()
    return errors


def default_out(shard: str) -> Path:
    """Return the table's path where --out names none; shard: I/N of --shard."""
    return Path("scores.csv" if shard == WHOLE else f"scores_{shard.replace('/', 'of')}.csv")


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    args = parser().parse_args(argv)
    try:
        return score_cohort(args)
    except NoWorkers as error:
        complain(f"error: {error}; finished scans are kept, --continue goes on")
        return FAILED
    except KeyboardInterrupt as error:
        complain(f"{stopped_by(error)}; the same command with --continue goes on")
        return interrupted_code(error)


if __name__ == "__main__":
    sys.exit(run(main))
