"""Train one run per number of slices and compare them on the test split (paper, Table 6).

Each number is that of training, validation and test alike, with any schedule: SCHEDULE=demo, which
alone trains with 2 slices and tests with 16, here trains with what it tests. Scans per batch stay
the same for all numbers, so an iteration of 24 slices takes three times the time and memory of one
of 8; the first line says how much. --batch lowers it for all.

The runs are OUT/8, OUT/12 and so on; OUT/table6.csv is their table. After an interruption of
whatever kind the same command goes on: a finished run is kept, an unfinished one is resumed.
With other numbers of slices the same OUT gets more runs, and the table of those that were asked
for. Anything else that differs needs another OUT.
"""

import argparse
import sys
from dataclasses import replace

from pylayers.batch.variants import PLAIN
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.stored_crops import checked_stores
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import say
from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_output
from tools.caffe_run.caffe_install import gpu_id
from tools.caffe_run.compute_engine import engine_in_use
from tools.report.paper import SLICES_RHO
from tools.report.sweep_table import row_of, table_text, write_table
from tools.scoring.predictions import predict_split, write_predictions
from tools.training.asked_run import TARGET_HELP, asked_target
from tools.training.run_manifest import wanted_run
from tools.training.run_places import PHANTOM_COHORT, SWEEP, run_place
from tools.training.run_plan import default_schedule
from tools.training.run_prototxt import whole_batch
from tools.training.schedules import SCHEDULES, Schedule, with_overrides
from tools.training.sweep_folder import SweepFolder
from tools.training.train_request import TrainRequest, add_training_options
from tools.training.train_run import train
from tools.training.trained_run import TrainedRun, load_trained

# Of Caffe's nets on a CPU, measured: activations with their gradients, and without
TRAIN_MB, TEST_MB = 30, 14


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    p.add_argument(
        "--slices",
        dest="numbers",
        default=",".join(map(str, SLICES_RHO)),
        metavar="N,N",
        help="numbers of slices (default: %(default)s, the paper's)",
    )
    p.add_argument(
        "--cohort",
        type=given_path,
        default=PHANTOM_COHORT,
        help="folder with cohort.csv (default: the phantoms)",
    )
    p.add_argument(
        "--schedule",
        help=f"one of {', '.join(SCHEDULES)} (default: demo for the phantoms, else paper)",
    )
    p.add_argument(
        "--out",
        type=given_path,
        help="folder of the runs (default: runs/sweep_TARGET, of another cohort than the phantoms "
        "runs/COHORT/sweep_TARGET)",
    )
    add_training_options(p)
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def sweep(args: argparse.Namespace) -> None:
    """Train and test what is missing, then write and print the table."""
    target = asked_target(args.target, args.cohort)
    numbers = slice_numbers(args.numbers)
    name = args.schedule or default_schedule(args.cohort)
    request = TrainRequest.of(args)
    seed = 1 if request.seed is None else request.seed
    schedules = {n: with_overrides(name, request.changes() | {"slices": n}) for n in numbers}
    gpu = gpu_id(args.gpu)
    cohort = read_cohort(args.cohort)
    checked_stores(cohort, target)
    wanted = wanted_run(target, PLAIN, name, schedules[numbers[0]], seed, cohort, engine_in_use())

    out = args.out or run_place(f"{SWEEP}{target}", args.cohort, "OUT=").path
    with SweepFolder(out, wanted) as folder:
        check_output(folder.table)
        plan = plan_text(schedules, len(cohort.labelled("val", target)))
        say(f"{target}: {plan}", args.quiet)
        rows = []
        for n in numbers:
            one = folder.run(n)
            train(replace(request, schedule=name, slices=n, run=one.path, resume=True))
            trained = load_trained(one)
            predict_test(trained, gpu, args.quiet)
            rows.append(row_of(trained))
        write_table(folder.table, rows)
        say(f"\n{table_text(target, rows)}\n\ntable  {relative(folder.table)}", args.quiet)


def slice_numbers(text: str) -> list[int]:
    """Return the numbers of --slices, ascending, each once; UsageError when they are none."""
    numbers = [number.strip() for number in text.split(",")]
    if not all(number.isdecimal() for number in numbers):
        raise UsageError(f"--slices {text!r} is not a list of numbers such as 8,12,16,24")
    return sorted({int(number) for number in numbers})


def plan_text(schedules: dict[int, Schedule], validated: int) -> str:
    """Return what is about to be trained; validated: scans of the validation split."""
    most = schedules[max(schedules)]
    train_slices, test_slices = most.slices * most.batch, most.slices * whole_batch(validated)
    needed_gb = (train_slices * TRAIN_MB + test_slices * TEST_MB) / 1000
    times_first = sum(schedules) / min(schedules)
    return (
        f"{len(schedules)} runs with {', '.join(map(str, schedules))} slices of {most.batch} scans "
        f"an iteration: at most {train_slices} slices, about {needed_gb:.1f} GB; together they "
        f"take about {times_first:.2g} times as long as the first"
    )


def predict_test(run: TrainedRun, gpu: int | None, quiet: bool) -> None:
    """Write the predictions of a finished run over the test split, unless they are there."""
    path = run.folder.predictions("test")
    if not path.exists():
        write_predictions(path, predict_split(run, "test", gpu, quiet))


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return sweep(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
