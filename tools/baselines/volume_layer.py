"""The Caffe data layer of the 3D network: whole, coarse scans from one file."""

import json

import caffe
import numpy as np

from pylayers.batch.stack import window
from pylayers.scan_stack_layer import Blobs


class VolumeLayer(caffe.Layer):
    """Tops: data (batch, 1, z, y, x) windowed HU and label (batch, 1).

    `param_str` is JSON: file, an .npz with volumes int16 (n, z, y, x) in HU and labels (n,); batch;
    seed. In TRAIN every epoch has each scan once in a drawn order, mirrored left-right by chance;
    in TEST scans come in their order.
    """

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Read the file."""
        params = json.loads(self.param_str)
        with np.load(params["file"]) as file:
            self.volumes, self.labels = file["volumes"], file["labels"]
        self.batch, self.sample = params["batch"], 0
        self.rng = np.random.default_rng(params["seed"])
        self.order = np.arange(len(self.labels))

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Shape the tops; they stay as they are."""
        top[0].reshape(self.batch, 1, *self.volumes.shape[1:])
        top[1].reshape(self.batch, 1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Write the next batch."""
        for place in range(self.batch):
            number = self.sample % len(self.labels)
            mirrored = False
            if self.phase == caffe.TRAIN:
                if number == 0:
                    self.order = self.rng.permutation(len(self.labels))
                mirrored = self.rng.random() < 0.5
            scan = self.order[number]
            volume = self.volumes[scan]
            window(volume[..., ::-1] if mirrored else volume, top[0].data[place, 0])
            top[1].data[place] = self.labels[scan]
            self.sample += 1

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        """Pass nothing down: data has no gradient."""
