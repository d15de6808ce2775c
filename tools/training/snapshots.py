"""Snapshots: pairs of weights and solver state, and which of them a training can go on from.

Caffe writes them straight under their names, so a kill or a full disk leaves cut ones; and a
solver state names its weights by the path that they had. Whole pairs are written down with their
hashes; one that was not (Caffe outlived us) is judged by its content.
"""

import json
import math
import re
from pathlib import Path

from google.protobuf.message import DecodeError, Message

from pylayers.batch.layer_params import parse
from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import whole_file, write_json
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.run_folder import SNAPSHOT_PREFIX, RunFolder, read_net

KINDS = ("caffemodel", "solverstate")
NEWEST_KEPT = 2  # one could be damaged when the machine goes down
UNUSABLE = ".unusable"


class Snapshots:
    """The snapshots of a run."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.record = run.snapshots / "sha256.json"
        self.to_resume = run.snapshots / "resume.solverstate"

    def iterations(self) -> list[int]:
        """Return the iterations that have a file of either kind, ascending."""
        name = re.compile(rf"{SNAPSHOT_PREFIX}_iter_(\d+)\.({'|'.join(KINDS)})")
        matches = (name.fullmatch(path.name) for path in self.run.snapshots.glob("*"))
        return sorted({int(match[1]) for match in matches if match})

    def paths(self, iteration: int) -> list[Path]:
        """Return the two paths of a snapshot."""
        return [self.run.snapshot(iteration, kind) for kind in KINDS]

    def written(self, iteration: int) -> None:
        """Write down that a snapshot is whole, if it is: what a full disk cut off may end here."""
        if not self._wrong_content(iteration):
            hashes = [sha256(path) for path in self.paths(iteration)]
            write_json(self.record, self._hashes() | {str(iteration): hashes})

    def prune(self) -> None:
        """Remove all but the newest."""
        old = self.iterations()[:-NEWEST_KEPT]
        for iteration in old:
            for path in self.paths(iteration):
                path.unlink(missing_ok=True)
        hashes = self._hashes()
        if any(str(iteration) in hashes for iteration in old):
            write_json(self.record, {k: v for k, v in hashes.items() if int(k) not in old})

    def newest_whole(self) -> int | None:
        """Return the iteration of the newest snapshot to go on from; None when there is none."""
        return next((i for i in reversed(self.iterations()) if not self.wrong(i)), None)

    def set_unusable_aside(self) -> list[str]:
        """Rename the snapshots newer than the newest whole one; return a sentence for each."""
        sentences, whole = [], self.newest_whole()
        for iteration in reversed(self.iterations()):
            if iteration == whole:
                break
            sentences.append(
                f"the snapshot of iteration {iteration} is unusable: {self.wrong(iteration)}"
            )
            self._set_aside(iteration)
        return sentences

    def set_all_aside(self) -> None:
        """Rename all snapshots, for a training that begins anew."""
        for iteration in self.iterations():
            self._set_aside(iteration)
        self.record.unlink(missing_ok=True)

    def _set_aside(self, iteration: int) -> None:
        for path in self.paths(iteration):
            if path.exists():
                path.rename(path.with_name(path.name + UNUSABLE))

    def wrong(self, iteration: int) -> str:
        """Return what is wrong with a snapshot, "" when it is whole and this run's."""
        hashes = self._hashes().get(str(iteration))
        if not hashes:
            return self._wrong_content(iteration)
        for path, expected in zip(self.paths(iteration), hashes, strict=True):
            if not path.exists():
                return f"{path.name} is missing"
            if sha256(path) != expected:
                return f"{path.name} is not what was written"
        return ""

    def _wrong_content(self, iteration: int) -> str:
        for path in self.paths(iteration):
            if not path.exists():
                return f"{path.name} is missing"
        weights, state = caffe_messages().NetParameter(), caffe_messages().SolverState()
        for path, message in zip(self.paths(iteration), (weights, state), strict=True):
            try:
                message.ParseFromString(path.read_bytes())
            except DecodeError:
                return f"{path.name} is cut off or damaged"
        return self._wrong_weights(weights) or _wrong_state(state, weights, iteration)

    def prepare(self, iteration: int) -> Path:
        """Write the solver state to resume from, with its weights where they are now."""
        state = caffe_messages().SolverState()
        state.ParseFromString(self.run.snapshot(iteration, "solverstate").read_bytes())
        state.learned_net = relative(self.run.snapshot(iteration, "caffemodel"))
        with whole_file(self.to_resume) as partial:
            partial.write_bytes(state.SerializeToString())
        return self.to_resume

    def _hashes(self) -> dict[str, list[str]]:
        try:
            return dict(json.loads(self.record.read_text()))
        except (OSError, ValueError, TypeError):
            return {}

    def _wrong_weights(self, weights: Message) -> str:
        """Compare the net that the weights carry with that of the run."""
        ours = {layer.name: layer for layer in trained_layers(read_net(self.run.net))}
        theirs = {layer.name: layer for layer in trained_layers(weights)}
        if list(ours) != list(theirs):
            return "it is of another net"
        for name, layer in theirs.items():
            if not is_same(layer, ours[name]):
                return f"it is of another run (layer {name} differs)"
            if any(len(blob.data) != math.prod(blob.shape.dim) for blob in layer.blobs):
                return f"it lacks weights of layer {name}"
        return ""


def _wrong_state(state: Message, weights: Message, iteration: int) -> str:
    if state.iter != iteration:
        return f"its solver state is of iteration {state.iter}"
    shapes = [list(blob.shape.dim) for layer in weights.layer for blob in layer.blobs]
    history = [list(blob.shape.dim) for blob in state.history]
    sizes = [len(blob.data) for blob in state.history]
    if history != shapes or sizes != [math.prod(shape) for shape in shapes]:
        return "its solver state is of another net"
    return ""


def trained_layers(net: Message) -> list[Message]:
    """Return the layers that training sees and that say what is learned, from what."""
    types = ("Python", "Convolution", "InnerProduct")
    test = caffe_messages().TEST
    return [
        layer
        for layer in net.layer
        if layer.type in types and not any(rule.phase == test for rule in layer.include)
    ]


def is_same(layer: Message, other: Message) -> bool:
    """Return whether two layers do the same, so that weights of one are weights of the other."""
    kinds = ("convolution_param", "inner_product_param")
    if any(getattr(layer, kind) != getattr(other, kind) for kind in kinds):
        return False
    try:
        return layer.type != "Python" or (
            parse(layer.python_param.param_str) == parse(other.python_param.param_str)
        )
    except UsageError:  # of another project, or another time
        return False
