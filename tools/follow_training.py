"""Run `caffe train` and follow its log: progress, best weights, the end and its reason."""

import math

from tqdm import tqdm

from tools.best_weights import BestWeights
from tools.caffe_log import Event, LogReader, last_error, read_events
from tools.caffe_process import CaffeProcess
from tools.exit_codes import TrainingStopped
from tools.figures.loss_curve import draw_loss_curve
from tools.run_folder import RunFolder, relative
from tools.run_manifest import FINISHED, STOPPED


def follow_training(folder: RunFolder, facts: dict, max_iter: int, quiet: bool) -> str:
    """Train in a run folder that has its prototxts; return FINISHED or STOPPED.

    Raises TrainingStopped when Caffe fails or the loss is no longer a number. The log, the best
    weights so far and the loss curve are there however it ends.
    """
    best = BestWeights(folder, facts)
    caffe = CaffeProcess(["train", f"--solver={relative(folder.solver)}"], folder.log)
    progress = Progress(max_iter, quiet)
    reader = LogReader()
    diverged = None
    with caffe.stopped_by_signals():
        for line in caffe.lines():
            event = reader.event(line)
            if event is None:
                continue
            if not math.isfinite(event.loss):
                diverged = event
                break
            is_best = event.kind == "validated" and best.validated(event.iteration, event.loss)
            progress.show(event, is_best)
    progress.close()
    draw_loss_curve(
        read_events(folder.log),
        f"{facts['target']}: caffe train",
        best.iteration,
        folder.path / "curve.png",
    )
    log = f"(log: {relative(folder.log)})"
    if diverged:
        raise TrainingStopped(
            f"the {diverged.kind} loss is {diverged.loss} at iteration {diverged.iteration}: the "
            "training diverged; check the labels and the HU of the cohort or lower base_lr in "
            f"prototxt/solver.prototxt {log}"
        )
    if caffe.process.returncode != 0:
        reason = last_error(folder.log.read_text(errors="replace"))
        raise TrainingStopped(f"caffe failed: {reason} {log}")
    if caffe.stopping:
        return STOPPED
    if best.iteration is None:
        raise TrainingStopped(f"no validation was made before the last iteration {log}")
    return FINISHED


class Progress:
    """A bar on a terminal, a line per validation elsewhere, nothing when quiet."""

    def __init__(self, max_iter: int, quiet: bool):
        self.max_iter, self.quiet = max_iter, quiet
        self.bar = tqdm(total=max_iter, unit="it", disable=True if quiet else None)
        self.train_loss = self.val_loss = math.nan

    def show(self, event: Event, is_best: bool) -> None:
        """Show an event."""
        if event.kind == "trained":
            self.train_loss = event.loss
        elif event.kind == "validated":
            self.val_loss = event.loss
            if self.bar.disable and not self.quiet:
                mark = "  best so far" if is_best else ""
                print(
                    f"iteration {event.iteration}/{self.max_iter}  loss {self.train_loss:.4g}  "
                    f"validation {event.loss:.4g}{mark}",
                    flush=True,
                )
        known = (("loss", self.train_loss), ("validation", self.val_loss))
        self.bar.set_postfix_str(
            ", ".join(f"{name} {loss:.4g}" for name, loss in known if not math.isnan(loss)),
            refresh=False,
        )
        self.bar.update(event.iteration - self.bar.n)

    def close(self) -> None:
        """End the bar."""
        self.bar.close()
