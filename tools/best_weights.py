"""Keeps the snapshot of the lowest validation loss, and on disk only it and the newest ones."""

import math
import shutil

from pylayers.whole_file import whole_file
from tools.run_folder import RunFolder, sha256, write_json

NEWEST_KEPT = 2  # one could be half written when the machine goes down


class BestWeights:
    """Follows a training; ties go to the earlier iteration (paper, section 3: lowest loss)."""

    def __init__(self, run: RunFolder, facts: dict):
        self.run = run
        self.facts = facts
        self.iteration = None
        self.loss = math.inf

    def validated(self, iteration: int, loss: float) -> bool:
        """Take note of a validation loss; return whether its weights are now the best."""
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
        self.prune()
        return better

    def prune(self) -> None:
        """Remove all snapshots but the newest."""
        for iteration in self.run.snapshot_iterations()[:-NEWEST_KEPT]:
            for kind in ("caffemodel", "solverstate"):
                self.run.snapshot(iteration, kind).unlink(missing_ok=True)
