"""Train one target with `caffe train`, in a run folder that holds exactly what it ran."""

import argparse
import contextlib
import sys

from pylayers.batch.prefetch import WORKERS, worker_count
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.stored_crops import checked_stores
from pylayers.cohort.targets import TARGETS, target_named
from pylayers.command_line.exit_codes import TrainingStopped, run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.standard_streams import show
from pylayers.files.checkout import ROOT, relative
from pylayers.files.folder_lock import FolderLock
from pylayers.files.whole_file import write_json
from tools.caffe_run.caffe_install import gpu_id
from tools.training.asked_run import asked_run
from tools.training.best_weights import BestWeights
from tools.training.disk_space import check_space
from tools.training.follow_training import Diverged, follow_training
from tools.training.resume_point import resume_point
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import (
    FAILED,
    FINISHED,
    RUNNING,
    check_is_for_runs,
    check_version,
    is_finished,
    made_from,
    make_room,
    resume_command,
    wanted_run,
)
from tools.training.run_prototxt import write_prototxts
from tools.training.schedules import SCHEDULES
from tools.training.snapshots import Snapshots
from tools.training.trained_on import trained_on


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=f"one of {', '.join(TARGETS)}")
    p.add_argument("--cohort", type=given_path, help="folder with cohort.csv")
    p.add_argument("--schedule", help=f"one of {', '.join(SCHEDULES)} (default: paper)")
    p.add_argument("--run", type=given_path, help="run folder (default: runs/TARGET)")
    add_number(p, "slices", "slices per scan, in training and test")
    add_how(p)
    unfinished = p.add_mutually_exclusive_group()
    unfinished.add_argument("--resume", action="store_true", help="go on with an unfinished run")
    unfinished.add_argument("--restart", action="store_true", help="discard an unfinished run")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def add_how(parser) -> None:
    """Give a command line the options on how to train that are not about one run alone."""
    add_number(parser, "batch", "scans per training batch")
    add_number(parser, "split-batch", "parts of a batch, of which the GPU holds one at a time")
    add_number(parser, "iterations", "training iterations")
    add_number(parser, "interval", "iterations between validations, each with a snapshot")
    add_number(parser, "seed", "of weights, order, augmentation, dropout", default="1")
    parser.add_argument(
        "--gpu", default="auto", help="auto, none or a GPU's number (default: %(default)s)"
    )
    parser.add_argument(
        "--workers",
        help="processes that read scans ahead, 0 for none; the weights do not depend on it "
        f"(default: ${WORKERS}, else one per core but one, at most 8)",
    )


def add_number(parser, name: str, text: str, default: str = "the schedule's") -> None:
    """Give a command line one of a run's numbers, absent unless it is given."""
    parser.add_argument(
        f"--{name}", type=int, default=argparse.SUPPRESS, help=f"{text} (default: {default})"
    )


def train(args) -> None:
    """Train one run to its end, unless it is finished already."""
    say = (lambda text: None) if args.quiet else show
    gpu = gpu_id(args.gpu)
    workers = worker_count(args.workers)
    target = target_named(args.target).name
    folder = RunFolder(args.run or ROOT / "runs" / target)
    check_is_for_runs(folder)
    check_version(folder)
    asked = asked_run(vars(args), folder)
    cohort = read_cohort(asked.cohort)
    wanted = wanted_run(target, asked.schedule_name, asked.schedule, asked.seed, cohort)
    grids = checked_stores(cohort, target)
    seen = trained_on(cohort.labelled("train", target), grids["train"])

    if is_finished(folder, wanted):
        say(f"{relative(folder.path)} is trained already; nothing to do")
        return
    with FolderLock(folder.path, "training") as lock:
        try:
            was_begun = make_room(folder, wanted, args.restart, args.resume)
            check_space(folder)
            write_json(folder.run_json, {**wanted, "state": RUNNING})
            folder.snapshots.mkdir(exist_ok=True)
            max_iter = write_prototxts(folder, cohort, target, asked.schedule, asked.seed, gpu)
            best, start = BestWeights(folder, wanted | made_from(cohort, seen)), None
            if was_begun:
                best, start = resume_point(best, say)
            device = "on the CPU" if gpu is None else f"on GPU {gpu}"
            say(
                f"caffe train --solver={relative(folder.solver)}  "
                f"({device}, log: {relative(folder.log)})"
            )
            state = follow_training(best, start, max_iter, args.quiet, workers, lock.file)
            write_json(folder.run_json, {**wanted, "state": state})
        except TrainingStopped as error:
            with contextlib.suppress(OSError):  # of a full disk, which the error is about
                write_json(folder.run_json, {**wanted, "state": FAILED})
            if isinstance(error, Diverged):
                raise
            raise TrainingStopped(f"{error}; {what_is_kept(folder, target)}") from None
        except OSError as error:
            raise TrainingStopped(f"{error}; {what_is_kept(folder, target)}") from None
    if state != FINISHED:
        raise TrainingStopped(f"stopped before its end; {what_is_kept(folder, target)}")
    found = folder.best()
    say(
        f"best validation loss {found['val_loss']:.6g} at iteration {found['iteration']}: "
        f"{relative(folder.best_weights)}"
    )


def what_is_kept(folder: RunFolder, target: str) -> str:
    """Return what a training that ended early has left, and how to go on."""
    newest = Snapshots(folder).newest_whole()
    kept = "no snapshot yet" if newest is None else f"the snapshot of iteration {newest} is kept"
    return f"{kept} in {relative(folder.snapshots)}; go on with `{resume_command(folder, target)}`"


def main(argv=None) -> int | None:
    """Run the program."""
    return train(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
