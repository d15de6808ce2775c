"""One training from its request to its best weights."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

from pylayers.batch.prefetch import WORKERS, worker_count
from pylayers.cohort.cohort import SPLITS, Cohort, read_cohort
from pylayers.cohort.second_scan import KINDS
from pylayers.cohort.stored_crops import checked_stores, view_note
from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.command_line.progress_bar import say
from pylayers.files.checkout import relative
from pylayers.files.folder_lock import FolderLock
from pylayers.files.whole_file import write_json
from tools.caffe_run.caffe_install import gpu_id
from tools.caffe_run.caffe_process import CaffeProcess
from tools.caffe_run.compute_engine import CHOICE
from tools.training.asked_run import asked_target
from tools.training.best_weights import BestWeights
from tools.training.disk_space import check_space
from tools.training.follow_training import follow_training
from tools.training.forecast import long_training_advice
from tools.training.progress import Progress
from tools.training.resume_point import resume_point
from tools.training.run_folder import FAILED, FINISHED, RUNNING, RunFolder
from tools.training.run_manifest import (
    check_engine,
    check_is_for_runs,
    check_version,
    engine_for,
    is_finished,
    made_from,
    make_room,
    wanted_run,
)
from tools.training.run_places import make_command, run_name, run_place
from tools.training.run_plan import run_plan
from tools.training.run_prototxt import write_prototxts
from tools.training.snapshots import Snapshots
from tools.training.train_request import TrainRequest
from tools.training.trained_on import trained_on
from tools.training.trained_patient import patient_note
from tools.training.trained_run import load_trained
from tools.training.training_end import Diverged


def train(request: TrainRequest) -> None:
    """Train one run to its end, unless it is finished already.

    Raises UsageError or CohortError before any work for what cannot be meant, and TrainingStopped
    when the training ended early.
    """
    gpu = gpu_id(request.gpu)
    workers = worker_count(request.workers)
    target = asked_target(request.target, request.cohort, request.run, request.variant)
    place = run_name(target, request.variant)
    folder = RunFolder(request.run) if request.run else run_place(place, request.cohort)
    check_is_for_runs(folder)
    check_version(folder)
    plan = run_plan(request, folder)
    cohort, variant = read_cohort(plan.cohort), plan.variant
    variant.check_target(cohort.target(target))
    engine = engine_for(folder, request.restart, gpu)
    how = (plan.schedule_name, plan.schedule, plan.seed)
    wanted = wanted_run(target, variant, *how, cohort, engine)
    grids = checked_stores(cohort, target, variant.second, variant.view)
    training = cohort.labelled("train", target, variant.second)
    training_split = trained_on(training, grids["train"], variant.view)

    if is_finished(folder, wanted):
        say(f"{relative(folder.path)} is trained already; nothing to do", request.quiet)
        return
    check_engine(folder, engine, gpu)
    if note := left_out_note(cohort, target, variant.second):
        say(note, request.quiet)
    with FolderLock(folder.path, "training") as lock, ending_kept(folder, wanted):
        was_begun = make_room(folder, wanted, request.restart, request.resume or request.go_on)
        check_space(folder)
        keep_state(folder, wanted, RUNNING)
        folder.snapshots.mkdir(exist_ok=True)
        max_iter = write_prototxts(folder, cohort, target, *how[1:], gpu, variant)
        facts = wanted | made_from(cohort, training_split, engine)
        best, start = BestWeights(folder, facts), None
        if was_begun:
            best, start = resume_point(best, partial(say, quiet=request.quiet))
        if note := view_note((grid for split in grids.values() for grid in split), variant.view):
            say(f"note: {note}", request.quiet)
        if note := patient_note(wanted):
            say(note, request.quiet)
        device = "on the CPU" if gpu is None else f"on GPU {gpu}"
        say(
            f"caffe train --solver={relative(folder.solver)}  "
            f"({device}, log: {relative(folder.log)})",
            request.quiet,
        )
        advice = long_training_advice(plan.schedule, max_iter, gpu is not None)
        progress = Progress(max_iter, request.quiet, start or 0, advice)
        env = {WORKERS: str(workers), CHOICE: engine}
        caffe = caffe_train(folder, start, env, lock.file)
        state = follow_training(caffe, folder, best, progress)
        keep_state(folder, wanted, state)
    if state != FINISHED:
        raise TrainingStopped(f"stopped before its end; {what_is_kept(folder, target)}")
    kept = load_trained(folder).best
    say(
        f"best validation loss {kept['val_loss']:.6g} at iteration {kept['iteration']}: "
        f"{relative(folder.best_weights)}",
        request.quiet,
    )


def left_out_note(cohort: Cohort, target: str, second: str) -> str:
    """Return how many labelled scans lack the kind of second scan that is needed; "": none."""
    both = [
        [len(cohort.labelled(split, target, kind)) for split in SPLITS] for kind in ("", second)
    ]
    labelled, used = map(sum, both)
    if labelled == used:
        return ""
    return f"{labelled - used} of {labelled} labelled scans lack {KINDS[second]} and are left out"


def caffe_train(
    folder: RunFolder, start: int | None, env: dict[str, str], lock: int
) -> CaffeProcess:
    """Start `caffe train` in a folder that has its prototxts.

    start: iteration of the snapshot to go on from, None for the beginning. env: the processes that
    read for each data layer, and the engine. lock: descriptor that Caffe holds as long as it lives.
    """
    command = ["train", f"--solver={relative(folder.solver)}"]
    if start is not None:
        command.append(f"--snapshot={relative(Snapshots(folder).prepare(start))}")
    return CaffeProcess(command, folder.log, env, files=(lock,))


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
    command = make_command("resume", folder, target)
    return f"{kept} in {relative(folder.snapshots)}; go on with `{command}`"
