"""Keeps the weights of the lowest validation loss, and beside them only the newest snapshots."""

import json
import math
import shutil

from pylayers.whole_file import whole_file
from tools.caffe_log import read_events
from tools.run_folder import RunFolder, sha256, write_json
from tools.snapshots import Snapshots


class BestWeights:
    """Follows a training; ties go to the earlier iteration (paper, section 3: lowest loss)."""

    def __init__(self, run: RunFolder, facts: dict):
        self.run = run
        self.facts = facts
        self.snapshots = Snapshots(run)
        self.iteration = None
        self.loss = math.inf

    def validated(self, iteration: int, loss: float) -> bool:
        """Take note of a validation loss; return whether its weights are now the best."""
        self.snapshots.written(iteration)
        snapshot = self.run.snapshot(iteration, "caffemodel")
        better = loss < self.loss and snapshot.exists()
        if better:
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
        self.snapshots.prune()
        return better

    def resume(self, iteration: int) -> bool:
        """Take up what a training that is resumed at `iteration` had reached.

        Validations that only Caffe lived to see are taken from its log. Return False when the best
        weights do not fit what is known of them.
        """
        if self.run.best_json.exists():
            best = json.loads(self.run.best_json.read_text())
            self.iteration, self.loss = best["iteration"], best["val_loss"]
        for event in read_events(self.run.log):
            if event.kind == "validated" and event.iteration <= iteration:
                self.validated(event.iteration, event.loss)
        if self.iteration is None:
            return True
        promised = json.loads(self.run.best_json.read_text())["weights_sha256"]
        return self.run.best_weights.exists() and sha256(self.run.best_weights) == promised
