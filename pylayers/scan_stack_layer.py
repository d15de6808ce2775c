"""The Caffe data layer: an adapter from the loader's batches to blobs, and nothing more."""

import caffe

from pylayers.batch.caffe_command import first_batch
from pylayers.batch.layer_params import parse
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches, worker_count


class ScanStackLayer(caffe.Layer):
    """Tops: data (batch * slices, 1, 512, 512) and label (batch, 1).

    `param_str` is JSON with the keys of pylayers.batch.layer_params.LayerParams. In TRAIN the
    order is drawn and stacks are augmented; in TEST neither. A resumed training goes on with the
    batch after its snapshot's.
    """

    def setup(self, bottom, top):
        """Read param_str and the cohort's table, and start the workers."""
        self.loader = Loader(parse(self.param_str), train=self.phase == caffe.TRAIN)
        self.index = first_batch() if self.loader.train else 0
        self.batches = open_batches(self.loader, self.index, worker_count())

    def reshape(self, bottom, top):
        """Shape the tops; they stay as they are."""
        data_shape, label_shape = self.loader.shapes
        top[0].reshape(*data_shape)
        top[1].reshape(*label_shape)

    def forward(self, bottom, top):
        """Write the next batch."""
        if self.loader.train:
            # dropout draws follow the batch, not the process's history
            caffe.set_random_seed(self.loader.dropout_seed(self.index))
        self.batches.next(top[0].data, top[1].data)
        self.index += 1

    def backward(self, top, propagate_down, bottom):
        """Pass nothing down: data has no gradient."""
