"""Run `caffe train` and follow its log: progress, best weights, the end and its reason."""

import math
import re
import signal
import sys

from pylayers.batch.prefetch import WORKERS
from pylayers.command_line.exit_codes import TrainingStopped
from pylayers.command_line.progress_bar import progress_bar
from pylayers.command_line.standard_streams import show
from pylayers.files.checkout import relative
from tools.caffe_run.caffe_log import Event, LogReader, last_error, read_events
from tools.caffe_run.caffe_process import CaffeProcess
from tools.figures.loss_curve import draw_loss_curve
from tools.training.best_weights import BestWeights
from tools.training.disk_space import free_mb, is_full
from tools.training.run_folder import RunFolder
from tools.training.run_manifest import FINISHED, STOPPED

# of CUDA's runtime; of cuDNN and cuBLAS
GPU_FULL = re.compile("cudaSuccess.*out of memory|STATUS_ALLOC_FAILED")


class Diverged(TrainingStopped):
    """The loss is no longer a number: going on would end there again."""


def follow_training(
    best: BestWeights, start: int | None, max_iter: int, quiet: bool, workers: int, lock: int
) -> str:
    """Train in the run folder of `best`, which has its prototxts; return FINISHED or STOPPED.

    start: iteration of the snapshot to go on from, None for the beginning. workers: processes that
    read for each data layer. lock: descriptor that Caffe holds as long as it lives. Raises
    TrainingStopped when Caffe fails or the disk is full, Diverged when the loss is no longer a
    number. The log, the best weights so far and the loss curve are there however it ends.
    """
    folder = best.run
    command = ["train", f"--solver={relative(folder.solver)}"]
    if start is not None:
        command.append(f"--snapshot={relative(best.snapshots.prepare(start))}")
    caffe = CaffeProcess(command, folder.log, {WORKERS: str(workers)}, files=(lock,))
    progress = Progress(max_iter, quiet, start or 0)
    reader = LogReader()
    diverged, trouble = None, ""
    with caffe.stopped_by_signals():
        for line in caffe.lines():
            event = reader.event(line)
            if event is None:
                continue
            if not math.isfinite(event.loss):
                diverged = event
                break
            is_best = False
            if event.kind == "validated":
                is_best, trouble = keep(best, event)
            progress.show(event, is_best)
            if trouble:
                break
    progress.close()
    draw_curve(best)
    log = f"(log: {relative(folder.log)})"
    if diverged:
        raise Diverged(divergence(diverged, folder))
    if trouble:
        raise TrainingStopped(f"{trouble} {log}")
    if caffe.stopping and caffe.process.returncode == -signal.SIGINT:
        return STOPPED  # before Caffe knew what to do about the signal, or after its last iteration
    if caffe.process.returncode != 0:
        raise TrainingStopped(f"{failure(caffe, folder)} {log}")
    for iteration in best.snapshots.iterations()[-1:]:
        best.snapshots.written(iteration)
    if caffe.stopping:
        return STOPPED
    if best.iteration is None:
        raise TrainingStopped(f"no validation was made before the last iteration {log}")
    return FINISHED


def draw_curve(best: BestWeights) -> None:
    """Draw curve.png; on a full disk say that it is missing."""
    title, path = f"{best.facts['target']}: caffe train", best.run.path / "curve.png"
    try:
        draw_loss_curve(read_events(best.run.log), title, best.iteration, path)
    except OSError as error:
        print(f"{relative(path)} is not drawn: {error.strerror}", file=sys.stderr)


def keep(best: BestWeights, event: Event) -> tuple[bool, str]:
    """Take note of a validation; return whether it is the best, and what is wrong with the disk."""
    try:
        is_best = best.validated(event.iteration, event.loss)
    except OSError as error:
        return False, f"the weights of iteration {event.iteration} are not kept: {error.strerror}"
    if is_full(best.run):
        return is_best, f"the disk is full: {free_mb(best.run)} MB are free"
    return is_best, ""


def divergence(event: Event, folder: RunFolder) -> str:
    """Return the sentence about a loss that is no number."""
    return (
        f"the {event.kind} loss is {event.loss} at iteration {event.iteration}: the training "
        "diverged; check the labels and the HU of the cohort or lower base_lr in "
        f"prototxt/solver.prototxt, and remove {relative(folder.path)} (log: "
        f"{relative(folder.log)})"
    )


def failure(caffe: CaffeProcess, folder: RunFolder) -> str:
    """Return the sentence about a Caffe that ended by itself."""
    code = caffe.process.returncode
    if code == -signal.SIGKILL:
        return "caffe was killed, as when memory runs out"
    full = f"the disk is full ({free_mb(folder)} MB are free): " if is_full(folder) else ""
    error = last_error(caffe.added())
    hint = ""
    if GPU_FULL.search(error):
        hint = "; where a GPU does not hold a batch, TRAIN_OPTIONS='--split-batch 2 --restart'"
        hint += " trains the same with half the memory"
    return f"{full}caffe failed: {error}{hint}"


class Progress:
    """A bar on a terminal, a line per validation elsewhere, nothing when quiet."""

    def __init__(self, max_iter: int, quiet: bool, start: int):
        self.max_iter, self.quiet = max_iter, quiet
        self.bar = progress_bar(name=None, unit="it", quiet=quiet, total=max_iter, start=start)
        self.train_loss = self.val_loss = math.nan

    def show(self, event: Event, is_best: bool) -> None:
        """Show an event."""
        if event.kind == "trained":
            self.train_loss = event.loss
        elif event.kind == "validated":
            self.val_loss = event.loss
            if self.bar.disable and not self.quiet:
                mark = "  best so far" if is_best else ""
                where = f"iteration {event.iteration}/{self.max_iter}"
                show("  ".join([where, *self.losses()]) + mark)
        self.bar.set_postfix_str(", ".join(self.losses()), refresh=False)
        self.bar.update(max(0, event.iteration - self.bar.n))

    def losses(self) -> list[str]:
        """Return the losses that are known, each with its name."""
        known = (("loss", self.train_loss), ("validation", self.val_loss))
        return [f"{name} {loss:.4g}" for name, loss in known if not math.isnan(loss)]

    def close(self) -> None:
        """End the bar."""
        self.bar.close()
