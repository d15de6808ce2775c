"""Caffe network: a run's deploy net in Caffe, which computes scores by default."""

from collections.abc import Mapping

import numpy as np
from threadpoolctl import ThreadpoolController

from pylayers.errors import UsageError
from tools.caffe_run.caffe_device import caffe_on
from tools.training.run_folder import RunFolder


class CaffeNetwork:
    """A run's deploy net on the CPU, or on the GPU of that number; slices: of a scan."""

    def __init__(self, folder: RunFolder, gpu: int | None = None) -> None:
        self.gpu = gpu
        caffe = caffe_on(gpu)
        self.net = caffe.Net(str(folder.deploy), caffe.TEST, weights=str(folder.best_weights))
        self.slices = self.net.blobs["fc7"].shape[0]
        self.blas = ThreadpoolController()

    def forward(
        self, stack: np.ndarray, beside: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Return what the network says of each slice, float32 (n, k), in its own unit.

        stack: network input, float32 (n, 1, 512, 512); of pairs of slices (2 n, 1, 512, 512), each
        slice of the first scan before its partner. beside: by blob, what a variant gets beside each
        slice, float32, the same for all of them. UsageError when a blob is left out.
        """
        caffe_on(self.gpu)  # Caffe has one device for all nets
        blob = self.net.blobs["data"]
        if blob.shape[0] != len(stack):
            blob.reshape(*stack.shape)
        blob.data[...] = stack
        beside = beside or {}
        for name in self.net.inputs:
            if name == "data":
                continue
            if name not in beside:
                raise UsageError(
                    f"these weights need {name} data beside a scan, which have no way in here"
                )
            self.net.blobs[name].reshape(len(stack), *beside[name].shape)
            self.net.blobs[name].data[...] = beside[name]
        # on some CPUs OpenBLAS sums in another order with other numbers of threads
        with self.blas.limit(limits=1, user_api="blas"):
            self.net.forward()
        return self.net.blobs["fc7"].data.copy()
