"""Follow a running `caffe train` by its log: progress, best weights, loss curve, the end."""

import math
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.files.checkout import relative
from tools.caffe_run.caffe_log import Event, LogReader, read_events
from tools.caffe_run.caffe_process import CaffeProcess
from tools.training.best_weights import BestWeights
from tools.training.disk_space import free_mb, is_full
from tools.training.progress import Progress
from tools.training.run_folder import RunFolder
from tools.training.training_end import Diverged, end_of_training


def follow_training(
    caffe: CaffeProcess, folder: RunFolder, best: BestWeights, progress: Progress
) -> str:
    """Follow a training to its end; return FINISHED or STOPPED.

    Raises TrainingStopped when Caffe fails or the disk is full, Diverged when the loss is no longer
    a number. The log, the best weights so far and the loss curve are kept however it ends.
    """
    try:
        with caffe.stopped_by_signals():
            follow_log(caffe, folder, best, progress)
    finally:
        progress.close()
        title = f"{best.facts['target']}: caffe train"
        draw_curve(folder, title, best.iteration)
    state = end_of_training(caffe, folder, best.iteration)
    best.record_last_snapshot()
    return state


def follow_log(
    caffe: CaffeProcess, folder: RunFolder, best: BestWeights, progress: Progress
) -> None:
    """Show each event of the log and keep the best weights, until Caffe ends.

    Raises Diverged and TrainingStopped where there is no use in going on.
    """
    reader = LogReader()
    for line in caffe.lines():
        event = reader.event(line)
        if event is None:
            continue
        if not math.isfinite(event.loss):
            raise Diverged(divergence(event, folder))
        is_best = False
        if event.kind == "validated":
            is_best = keep(best, event, folder)
        progress.show(event, is_best)
        if event.kind == "validated" and is_full(folder):
            raise TrainingStopped(
                f"the disk is full: {free_mb(folder)} MB are free (log: {relative(folder.log)})"
            )


def keep(best: BestWeights, event: Event, folder: RunFolder) -> bool:
    """Take note of a validation; return whether it is the best so far.

    TrainingStopped when the disk takes no more.
    """
    try:
        return best.validated(event.iteration, event.loss)
    except OSError as error:
        raise TrainingStopped(
            f"the weights of iteration {event.iteration} are not kept: {error.strerror} (log: "
            f"{relative(folder.log)})"
        ) from None


def draw_curve(folder: RunFolder, title: str, best_iteration: int | None) -> None:
    """Draw curve.png; on a full disk say that it is missing."""
    from tools.figures.loss_curve import draw_loss_curve  # here: matplotlib is slow to import

    path: Path = folder.path / "curve.png"
    try:
        draw_loss_curve(read_events(folder.log), title, best_iteration, path)
    except OSError as error:
        print(f"{relative(path)} is not drawn: {error.strerror}", file=sys.stderr)


def divergence(event: Event, folder: RunFolder) -> str:
    """Return the sentence about a loss that is no number."""
    return (
        f"the {event.kind} loss is {event.loss} at iteration {event.iteration}: the training "
        "diverged; check the labels and the HU of the cohort or lower base_lr in "
        f"prototxt/solver.prototxt, and remove {relative(folder.path)} (log: "
        f"{relative(folder.log)})"
    )
