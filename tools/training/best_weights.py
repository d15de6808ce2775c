"""Keeps the weights of the lowest validation loss, and beside them only the newest snapshots."""

import json
import math
import shutil

from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import whole_file, write_json
from tools.caffe_run.caffe_log import read_events
from tools.training.run_folder import RunFolder
from tools.training.snapshots import Snapshots

EARLIER = ".earlier"


class BestWeights:
    """Follows a training; ties go to the earlier iteration (paper, section 3: lowest loss)."""

    def __init__(self, run: RunFolder, facts: dict) -> None:
        self.run = run
        self.facts = facts
        self.snapshots = Snapshots(run)
        self.iteration = None
        self.loss = math.inf

    def validated(self, iteration: int, loss: float) -> bool:
        """Take note of a validation loss; return whether its weights are now the best."""
        self.snapshots.written(iteration)
        better = self._consider(iteration, loss)
        self.snapshots.prune()
        return better

    def record_last_snapshot(self) -> None:
        """Write down that the snapshot which ended the training is whole, if it is."""
        for iteration in self.snapshots.iterations()[-1:]:
            self.snapshots.written(iteration)

    def resume(self, iteration: int) -> bool:
        """Take up what a training that is resumed at `iteration` had reached.

        Validations that only Caffe lived to see are taken from its log. Return False when the best
        weights so far are lost: a training from the beginning finds them again.
        """
        validations = [
            event
            for event in read_events(self.run.log)
            if event.kind == "validated" and event.iteration <= iteration
        ]
        try:
            if self.run.best_json.exists():
                best = json.loads(self.run.best_json.read_text())
                self.iteration, self.loss = best["iteration"], best["val_loss"]
            for event in validations:
                if not self.snapshots.wrong(event.iteration):
                    self._consider(event.iteration, event.loss)
            if self.iteration is None:
                return not validations
            expected = json.loads(self.run.best_json.read_text())["weights_sha256"]
            is_whole = sha256(self.run.best_weights) == expected
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False
        return is_whole and self.loss <= min(
            (event.loss for event in validations), default=math.inf
        )

    def set_aside(self) -> None:
        """Rename what a training that begins anew would overwrite."""
        for path in (self.run.best_weights, self.run.best_json):
            if path.exists():
                path.rename(path.with_name(path.name + EARLIER))

    def _consider(self, iteration: int, loss: float) -> bool:
        snapshot = self.run.snapshot(iteration, "caffemodel")
        if not (loss < self.loss and snapshot.exists()):
            return False
        with whole_file(self.run.best_weights) as partial:
            shutil.copyfile(snapshot, partial)
            digest = sha256(partial)
        self.iteration, self.loss = iteration, loss
        write_json(
            self.run.best_json,
            {
                "target": self.facts["target"],
                "iteration": iteration,
                "val_loss": loss,
                "weights_sha256": digest,
                **self.facts,
            },
        )
        return True
