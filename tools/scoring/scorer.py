"""Scorer: a trained run's deploy net, loaded once; stacks in, slices' contributions out."""

import numpy as np
from threadpoolctl import ThreadpoolController

from pylayers.batch.slice_sample import SliceSample, checked_offsets, sample_slices
from pylayers.batch.stack import scoring_stack
from pylayers.cohort.targets import TARGETS, Target
from pylayers.errors import WeightsError
from pylayers.files.checkout import relative
from pylayers.lungs.crop import LungCrop
from tools.caffe_run.caffe_install import import_caffe
from tools.training.run_folder import RunFolder
from tools.training.trained_on import checked_resample, read_trained_on, suited
from tools.training.version_note import version_note

SLICES_AT_ONCE = 4  # more cost memory and gain no time; a fixed number keeps the bits the same


class Scorer:
    """One run's network on the CPU, or on the GPU of that number.

    offsets: from how many start offsets a scan is scored (UsageError when out of range). resample:
    whether scans are brought to the training's pixel size (UsageError when that is not recorded).
    """

    def __init__(
        self, run: RunFolder, gpu: int | None = None, offsets: int = 1, resample: bool = False
    ):
        self.offsets = checked_offsets(offsets)
        self.best = run.best()
        self.trained_on = read_trained_on(run, self.best)
        self.resample = checked_resample(resample, run, self.trained_on)
        if self.best["target"] not in TARGETS:
            raise WeightsError(f"{relative(run.best_json)}: unknown target {self.best['target']!r}")
        self.target: Target = TARGETS[self.best["target"]]
        caffe = import_caffe()
        if gpu is None:
            caffe.set_mode_cpu()
        else:
            caffe.set_device(gpu)
            caffe.set_mode_gpu()
        self.net = caffe.Net(str(run.deploy), caffe.TEST, weights=str(run.best_weights))
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
        note = version_note(self.best)
        crop, notes = suited(crop, self.trained_on, self.resample)
        return crop, [note, *notes] if note else notes

    def score(self, hu: np.ndarray) -> np.ndarray:
        """Return each slice's contribution in the people's unit, float64 (listed,).

        hu: a lung crop (n, h, w), HU. The slices are those that sample(n) lists, the scan's score
        is the mean of their contributions.
        """
        sample = self.sample(len(hu))
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
        return np.concatenate(scores) * self.target.network_unit * sample.weights
