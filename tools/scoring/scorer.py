"""Scorer: a trained run's network, loaded once; lung crops in, slices' contributions out."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from pylayers.batch.slice_sample import (
    SliceSample,
    checked_offsets,
    sample_pairs,
    sample_slices,
)
from pylayers.batch.stack import SIDE, scoring_stack
from pylayers.batch.view_planes import upright_planes
from pylayers.cohort.second_scan import KINDS, named
from pylayers.errors import ScanRefused, UsageError
from pylayers.files.checkout import relative
from pylayers.lungs.crop import LungCrop
from tools.scoring.caffe_network import CaffeNetwork
from tools.scoring.engines import CAFFE, ONNX
from tools.scoring.score_head import score_head
from tools.training.trained_on import suited
from tools.training.trained_run import TrainedRun, checked_resample
from tools.training.version_note import version_note

SLICES_AT_ONCE = 4  # more cost memory and gain no time; a fixed number keeps the bits the same


class SliceScores(NamedTuple):
    """What a network makes of a scan's slices.

    sample: which slices of the crop, and their weights. contributions: float64 (listed,), each
    slice's own score times its weight, in the target's unit; of a soft-max, as score_head.Grades
    has it. output: float64 (k,), what the network says of the scan, in its own unit.
    """

    sample: SliceSample
    contributions: np.ndarray
    output: np.ndarray

    @property
    def score(self) -> float:
        """The scan's score in the target's unit: the mean of the contributions."""
        return float(self.contributions.mean())


class Scorer:
    """One run's network, in Caffe on the CPU or on the GPU of that number, or its ONNX twin.

    offsets: from how many start offsets a scan is scored (UsageError when out of range). resample:
    whether scans are brought to the training's pixel size (UsageError when that is not recorded).
    """

    def __init__(
        self, run: TrainedRun, gpu: int | None = None, offsets: int = 1, resample: bool = False
    ) -> None:
        self.run, self.gpu, self.target = run, gpu, run.target
        self.offsets = checked_offsets(offsets)
        self.resample = checked_resample(resample, run)
        self.head = score_head(run)
        self.network = run.twin or CaffeNetwork(run.folder, gpu)

    @property
    def engine(self) -> str:
        """What computes: one of engines.ENGINES."""
        return ONNX if self.run.twin else CAFFE

    def sample(self, n: int) -> SliceSample:
        """Return which of n slices through the lungs are scored, and their weights."""
        return sample_slices(n, self.network.slices, self.offsets)

    def suited(self, crop: LungCrop) -> tuple[LungCrop, list[str]]:
        """Return the crop to score in a crop's place, and what is unusual about it for the weights.

        Raises ScanRefused for pixels that the network knows nothing about.
        """
        note = version_note(self.run.best)
        crop, notes = suited(crop, self.run.trained_on, self.resample, self.run.variant.view)
        return crop, [note, *notes] if note else notes

    def suited_second(self, seconds: Mapping[str, LungCrop]) -> tuple[LungCrop | None, list[str]]:
        """Return the crop of the second scan that the network takes, None where it takes none.

        seconds: of a scan, by kind. With it comes what is unusual about it for the weights, as in
        suited(). Raises ScanRefused where it is missing, or as suited() does.
        """
        kind = self.run.variant.second
        if not kind:
            return None, []
        if kind not in seconds:
            raise ScanRefused("second-scan-missing", f"{kind}: the weights need {KINDS[kind]}")
        try:
            crop, notes = suited(seconds[kind], self.run.trained_on, self.resample)
        except ScanRefused as error:
            raise named(kind, error) from None
        return crop, [f"{kind}: {note}" for note in notes]

    def planes(self, crop: LungCrop) -> np.ndarray:
        """Return the planes of a crop that the network knows, int16 (n, h, w) HU, for score()."""
        view = self.run.variant.view
        return crop.hu if view is None else upright_planes(crop, view)

    def score(
        self,
        hu: np.ndarray,
        second: np.ndarray | None = None,
        beside: Mapping[str, np.ndarray] | None = None,
    ) -> SliceScores:
        """Score the planes of a lung crop, int16 (n, h, w) HU: those that sample(n) lists.

        second: the crop of the second scan where the network takes one; each slice is scored with
        one of it then, as sample_pairs() has it. beside: as in Network.forward. UsageError where
        what the variant needs is missing, or a second scan is too much.
        """
        if (second is None) == bool(self.run.variant.second):
            takes = "takes a second scan" if second is None else "takes no second scan"
            raise UsageError(f"the network of {relative(self.run.folder.path)} {takes}")
        if second is None:
            sample = self.sample(len(hu))
        else:
            sample = sample_pairs(len(hu), len(second), self.network.slices, self.offsets)
        rows = 1 if second is None else 2
        stack = np.zeros((SLICES_AT_ONCE * rows, 1, SIDE, SIDE), np.float32)
        outputs = []
        for start in range(0, len(sample.indices), SLICES_AT_ONCE):
            chosen = slice(start, start + SLICES_AT_ONCE)
            part = scoring_stack(hu, sample.indices[chosen])
            end = len(part) * rows
            stack[0:end:rows] = part
            if second is not None:
                stack[1:end:rows] = scoring_stack(second, sample.second[chosen])
            stack[end:] = 0
            outputs.append(self.network.forward(stack, beside)[: len(part)].astype(np.float64))
        outputs = np.concatenate(outputs)
        output = np.mean(outputs * sample.weights[:, None], axis=0)
        return SliceScores(sample, self.head.contributions(outputs, sample.weights), output)
