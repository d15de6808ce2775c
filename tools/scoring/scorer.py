"""Scorer: a trained run's deploy net, loaded once; lung crops in, slices' contributions out."""

from typing import NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from pylayers.batch.slice_sample import SliceSample, checked_offsets, sample_slices
from pylayers.batch.stack import scoring_stack
from pylayers.lungs.crop import LungCrop
from tools.caffe_run.caffe_device import caffe_on
from tools.training.trained_on import suited
from tools.training.trained_run import TrainedRun, checked_resample
from tools.training.version_note import version_note

SLICES_AT_ONCE = 4  # more cost memory and gain no time; a fixed number keeps the bits the same


class SliceScores(NamedTuple):
    """What a network makes of a scan's slices.

    sample: which slices of the crop, and their weights. contributions: float64 (listed,), each
    slice's own score times its weight, in the target's unit.
    """

    sample: SliceSample
    contributions: np.ndarray

    @property
    def score(self) -> float:
        """The scan's score in the target's unit: the mean of the contributions."""
        return float(self.contributions.mean())


class Scorer:
    """One run's network on the CPU, or on the GPU of that number.

    offsets: from how many start offsets a scan is scored (UsageError when out of range). resample:
    whether scans are brought to the training's pixel size (UsageError when that is not recorded).
    """

    def __init__(
        self, run: TrainedRun, gpu: int | None = None, offsets: int = 1, resample: bool = False
    ) -> None:
        self.run, self.gpu, self.target = run, gpu, run.target
        self.offsets = checked_offsets(offsets)
        self.resample = checked_resample(resample, run)
        caffe, files = caffe_on(gpu), run.folder
        self.net = caffe.Net(str(files.deploy), caffe.TEST, weights=str(files.best_weights))
        self.slices = self.net.blobs["data"].shape[0]
        self.blas = ThreadpoolController()
        self.net.blobs["data"].reshape(SLICES_AT_ONCE, *self.net.blobs["data"].shape[1:])

    def sample(self, n: int) -> SliceSample:
        """Return which of n slices through the lungs are scored, and their weights."""
        return sample_slices(n, self.slices, self.offsets)

    def suited(self, crop: LungCrop) -> tuple[LungCrop, list[str]]:
        """Return the crop to score in a crop's place, and what is unusual about it for the weights.

        Raises ScanRefused for pixels that the network knows nothing about.
        """
        note = version_note(self.run.best)
        crop, notes = suited(crop, self.run.trained_on, self.resample)
        return crop, [note, *notes] if note else notes

    def score(self, hu: np.ndarray) -> SliceScores:
        """Score a lung crop, int16 (n, h, w) HU: the slices that sample(n) lists."""
        sample = self.sample(len(hu))
        caffe_on(self.gpu)  # Caffe has one device for all nets
        blob = self.net.blobs["data"]
        scores = []
        for start in range(0, len(sample.indices), SLICES_AT_ONCE):
            part = scoring_stack(hu, sample.indices[start : start + SLICES_AT_ONCE])
            blob.data[: len(part)] = part
            blob.data[len(part) :] = 0
            # on some CPUs OpenBLAS sums in another order with other numbers of threads
            with self.blas.limit(limits=1, user_api="blas"):
                self.net.forward()
            scores.append(self.net.blobs["fc7"].data[: len(part), 0].astype(np.float64))
        unit = self.target.network_unit
        return SliceScores(sample, np.concatenate(scores) * unit * sample.weights)
