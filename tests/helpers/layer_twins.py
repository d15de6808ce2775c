"""One layer twice in one net, by the engine in use and by Caffe's own code, on the same numbers."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()

PARAMETERS = {
    "Convolution": "convolution_param",
    "Pooling": "pooling_param",
    "ReLU": "relu_param",
}
NET = """
force_backward: {force}
layer {{ name: "data" type: "Input" top: "ours_in" top: "caffes_in"
  input_param {{ shape {{ {shape} }} shape {{ {shape} }} }} }}
layer {{ name: "ours" type: "{type}" bottom: "ours_in" top: "ours" {body} }}
layer {{ name: "caffes" type: "{type}" bottom: "caffes_in" top: "caffes" {caffes_body} }}
"""


def dimensions(shape: tuple[int, ...]) -> str:
    """Return a shape as the lines of a BlobShape."""
    return " ".join(f"dim: {size}" for size in shape)


@dataclass
class Computed:
    """What a layer computed: output, gradient of the input, gradients of the parameters."""

    output: np.ndarray
    input_gradient: np.ndarray
    gradients: list[np.ndarray]

    @property
    def arrays(self) -> list[np.ndarray]:
        """All of it."""
        return [self.output, self.input_gradient, *self.gradients]


def one_layer(folder: Path, kind: str, parameters: str, shape: tuple[int, ...]) -> caffe.Net:
    """Return the net of one layer, "ours" from "ours_in", which gets a gradient, too."""
    path = folder / "one_layer.prototxt"
    path.write_text(
        f'force_backward: true layer {{ name: "data" type: "Input" top: "ours_in" '
        f"input_param {{ shape {{ {dimensions(shape)} }} }} }} "
        f'layer {{ name: "ours" type: "{kind}" bottom: "ours_in" top: "ours" {parameters} }}',
        encoding="utf-8",
    )
    return caffe.Net(str(path), caffe.TRAIN)


class Twins:
    """The net of both.

    parameters: of the layer, such as 'num_output: 3 kernel_size: 2'. more: other lines of it.
    test: whether the net is for tests rather than for training.
    """

    def __init__(
        self,
        folder: Path,
        kind: str,
        parameters: str,
        shape: tuple[int, ...],
        more: str = "",
        test: bool = False,
    ) -> None:
        name = PARAMETERS[kind]
        path = folder / "twins.prototxt"
        text = NET.format(
            force=str(not more).lower(),  # it would make parameters learn that are not to
            type=kind,
            shape=dimensions(shape),
            body=f"{name} {{ {parameters} }} {more}",
            caffes_body=f"{name} {{ {parameters} engine: CAFFE }} {more}",
        )
        path.write_text(text, encoding="utf-8")
        self.net = caffe.Net(str(path), caffe.TEST if test else caffe.TRAIN)
        self.rng = np.random.default_rng(0)
        self.fill(self.rng.normal(size=shape))
        for ours, caffes in zip(*self._parameters(), strict=True):
            ours.data[...] = caffes.data[...] = self.rng.normal(size=ours.data.shape)

    def fill(self, values: np.ndarray) -> None:
        """Give both the same input."""
        for side in ("ours_in", "caffes_in"):
            self.net.blobs[side].data[...] = values

    def reshape(self, *shape: int) -> None:
        """Give both an input of another shape."""
        for side in ("ours_in", "caffes_in"):
            self.net.blobs[side].reshape(*shape)
        self.fill(self.rng.normal(size=shape))

    def compute(self, backwards: int = 1) -> tuple[Computed, Computed]:
        """Return what ours and Caffe's compute; parameters' gradients add up over `backwards`."""
        for blob in chain(*self._parameters()):
            blob.diff[...] = 0
        self.net.forward()
        gradient = self.rng.normal(size=self.net.blobs["ours"].data.shape)
        for side in ("ours", "caffes"):
            self.net.blobs[side].diff[...] = gradient
        for _ in range(backwards):
            self.net.backward()
        return self._computed("ours"), self._computed("caffes")

    def _parameters(self) -> tuple[list, list]:
        return tuple(list(self.net.params.get(side, [])) for side in ("ours", "caffes"))

    def _computed(self, side: str) -> Computed:
        return Computed(
            self.net.blobs[side].data.copy(),
            self.net.blobs[f"{side}_in"].diff.copy(),
            [blob.diff.copy() for blob in self.net.params.get(side, [])],
        )
