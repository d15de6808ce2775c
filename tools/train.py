"""Train one target with `caffe train`, in a run folder that holds exactly what it ran."""

import argparse
import sys
from functools import partial
from pathlib import Path

from pylayers.cohort import SPLITS, Cohort, read_cohort
from pylayers.errors import CohortError
from pylayers.targets import TARGETS, target_named
from tools.caffe_install import ROOT, gpu_id
from tools.exit_codes import TrainingStopped, run
from tools.follow_training import follow_training
from tools.run_folder import RunFolder, relative, write_json
from tools.run_manifest import FAILED, FINISHED, RUNNING, made_from, make_room, wanted_run
from tools.run_prototxt import write_prototxts
from tools.schedules import SCHEDULES, with_overrides


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("target", help=f"one of {', '.join(TARGETS)}")
    p.add_argument("--cohort", type=Path, required=True, help="folder with cohort.csv")
    p.add_argument("--schedule", default="paper", help=f"one of {', '.join(SCHEDULES)}")
    p.add_argument("--run", type=Path, help="run folder (default: runs/TARGET)")
    add_number(p, "slices", "slices per scan, in training and test")
    add_how(p)
    p.add_argument("--restart", action="store_true", help="discard an unfinished run")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def add_how(parser) -> None:
    """Give a command line the options on how to train that are not about one run alone."""
    add_number(parser, "batch", "scans per training batch")
    add_number(parser, "iterations", "training iterations")
    add_number(parser, "interval", "iterations between validations, each with a snapshot")
    parser.add_argument(
        "--seed", type=int, default=1, help="of weights, order, augmentation, dropout"
    )
    parser.add_argument("--gpu", default="auto", help="auto, none or a GPU's number")


def add_number(parser, name: str, text: str) -> None:
    """Give a command line one of the schedule's numbers, absent unless it is given."""
    parser.add_argument(
        f"--{name}",
        type=int,
        default=argparse.SUPPRESS,
        help=f"{text} (default: the schedule's)",
    )


def train(args) -> None:
    """Train one run to its end, unless it is finished already."""
    target = target_named(args.target)
    schedule = with_overrides(args.schedule, vars(args))
    gpu = gpu_id(args.gpu)
    cohort = read_cohort(args.cohort)
    check_stores(cohort, target.name)
    folder = RunFolder(args.run or ROOT / "runs" / target.name)
    wanted = wanted_run(target.name, args.schedule, schedule, args.seed, cohort)
    say = (lambda text: None) if args.quiet else partial(print, flush=True)
    if not make_room(folder, wanted, args.restart):
        say(f"{relative(folder.path)} is trained already; nothing to do")
        return

    max_iter = write_prototxts(folder, cohort, target.name, schedule, args.seed, gpu)
    write_json(folder.run_json, {**wanted, "state": RUNNING})
    say(f"caffe train --solver={relative(folder.solver)}  (log: {relative(folder.log)})")
    state = FAILED
    try:
        state = follow_training(folder, wanted | made_from(cohort), max_iter, args.quiet)
    finally:
        write_json(folder.run_json, {**wanted, "state": state})
    if state != FINISHED:
        newest = folder.snapshot_iterations()[-1:]
        kept = f"the snapshot of iteration {newest[0]} is kept" if newest else "no snapshot yet"
        raise TrainingStopped(f"stopped before its end; {kept} in {relative(folder.snapshots)}")
    best = folder.best()
    say(
        f"best validation loss {best['val_loss']:.6g} at iteration {best['iteration']}: "
        f"{relative(folder.best_weights)}"
    )


def check_stores(cohort: Cohort, target: str) -> None:
    """Look for the stored crop of every scan before hours are spent."""
    for split in SPLITS:
        for scan in cohort.labelled(split, target):
            path = cohort.store_path(scan)
            if not path.is_file():
                raise CohortError(f"{relative(path)} is missing; run tools/prepare_cohort.py")


def main(argv=None) -> int | None:
    """Run the program."""
    return train(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
