"""The Caffe data layer: an adapter from the loader's batches to blobs, and nothing more."""

from collections.abc import Sequence
from typing import Any

import caffe

from pylayers.batch.caffe_command import first_batch
from pylayers.batch.layer_params import parse
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches, worker_count

Blobs = Sequence[Any]  # pycaffe's type of a blob has no public name


class ScanStackLayer(caffe.Layer):
    """Tops: data (batch * slices, 1, 512, 512), label (batch, 1) and, where the variant has
    patient data, patient (batch, 13).

    With a second scan, twice as many slices: each scan's, then its second's.

    `param_str` is JSON with the keys of pylayers.batch.layer_params.LayerParams. In TRAIN the
    order is drawn and stacks are augmented; in TEST neither. A resumed training goes on with the
    batch after its snapshot's.
    """

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Read param_str and the cohort's table, and start the workers."""
        self.loader = Loader(parse(self.param_str), train=self.phase == caffe.TRAIN)
        first = first_batch() if self.loader.train else 0
        self.batches = open_batches(self.loader, first, worker_count())

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Shape the tops; they stay as they are."""
        for number, shape in enumerate(self.loader.shapes):
            top[number].reshape(*shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Write the next batch."""
        if self.loader.train:
            # dropout depends on the batch, not on what the process drew before
            caffe.set_random_seed(self.loader.dropout_seed(self.batches.index))
        self.batches.next(*(top[number].data for number in range(len(top))))

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        """Pass nothing down: data has no gradient."""
