"""One training from its request to its best weights."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from pylayers.batch.prefetch import worker_count
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.stored_crops import checked_stores
from pylayers.cohort.targets import target_named
from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.command_line.progress_bar import say
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
from tools.training.snapshots import Snapshots
from tools.training.train_request import TrainRequest
from tools.training.trained_on import trained_on


def train(request: TrainRequest) -> None:
    """Train one run to its end, unless it is finished already.

    Raises UsageError or CohortError before any work for what cannot be meant, and TrainingStopped
    when the training ended early.
    """
    gpu = gpu_id(request.gpu)
    workers = worker_count(request.workers)
    target = target_named(request.target).name
    folder = RunFolder(request.run or ROOT / "runs" / target)
    check_is_for_runs(folder)
    check_version(folder)
    asked = asked_run(request, folder)
    cohort = read_cohort(asked.cohort)
    wanted = wanted_run(target, asked.schedule_name, asked.schedule, asked.seed, cohort)
    grids = checked_stores(cohort, target)
    seen = trained_on(cohort.labelled("train", target), grids["train"])

    if is_finished(folder, wanted):
        say(f"{relative(folder.path)} is trained already; nothing to do", request.quiet)
        return
    with FolderLock(folder.path, "training") as lock, ending_kept(folder, wanted):
        was_begun = make_room(folder, wanted, request.restart, request.resume)
        check_space(folder)
        keep_state(folder, wanted, RUNNING)
        folder.snapshots.mkdir(exist_ok=True)
        max_iter = write_prototxts(folder, cohort, target, asked.schedule, asked.seed, gpu)
        best, start = BestWeights(folder, wanted | made_from(cohort, seen)), None
        if was_begun:
            best, start = resume_point(best, partial(say, quiet=request.quiet))
        device = "on the CPU" if gpu is None else f"on GPU {gpu}"
        say(
            f"caffe train --solver={relative(folder.solver)}  "
            f"({device}, log: {relative(folder.log)})",
            request.quiet,
        )
        state = follow_training(best, start, max_iter, request.quiet, workers, lock.file)
        keep_state(folder, wanted, state)
    if state != FINISHED:
        raise TrainingStopped(f"stopped before its end; {what_is_kept(folder, target)}")
    found = folder.best()
    say(
        f"best validation loss {found['val_loss']:.6g} at iteration {found['iteration']}: "
        f"{relative(folder.best_weights)}",
        request.quiet,
    )


@contextmanager
def ending_kept(folder: RunFolder, wanted: dict) -> Iterator[None]:
    """Keep in run.json that a training failed, and say what is kept and how to go on."""
    try:
        yield
    except TrainingStopped as error:
        with suppress(OSError):  # of a full disk, which the error is about
            keep_state(folder, wanted, FAILED)
        if isinstance(error, Diverged):
            raise
        raise TrainingStopped(f"{error}; {what_is_kept(folder, wanted['target'])}") from None
    except OSError as error:
        raise TrainingStopped(f"{error}; {what_is_kept(folder, wanted['target'])}") from None


def keep_state(folder: RunFolder, wanted: dict, state: str) -> None:
    """Write down what a run was asked for, and how far it came."""
    write_json(folder.run_json, {**wanted, "state": state})


def what_is_kept(folder: RunFolder, target: str) -> str:
    """Return what a training that ended early has left, and how to go on."""
    newest = Snapshots(folder).newest_whole()
    kept = "no snapshot yet" if newest is None else f"the snapshot of iteration {newest} is kept"
    return f"{kept} in {relative(folder.snapshots)}; go on with `{resume_command(folder, target)}`"
