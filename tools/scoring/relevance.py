"""Relevance: which parts of a slice moved its score, by Caffe's backward pass."""

import tempfile
from pathlib import Path

import numpy as np

from pylayers.batch.stack import scoring_stack
from tools.caffe_run.caffe_device import caffe_on
from tools.training.run_folder import read_net
from tools.training.trained_run import TrainedRun

# What the lungs are compared with: about what healthy lung has at full inspiration, without
# structure. Against air or against nothing, the maps are mostly speckle outside the lungs.
PLAIN_LUNG_HU = -850
STEPS = 8  # sums within 0.04 VE grades, 0.006 of FEV1/FVC and 0.4 % predicted on a phantom
SLICES_AT_ONCE = 4


class RelevanceNet:
    """One run's deploy net with a backward pass to its input, on the CPU or the GPU of that number.

    Raises WeightsError when the net is damaged.
    """

    def __init__(self, run: TrainedRun, gpu: int | None = None) -> None:
        self.gpu, self.network_unit = gpu, run.target.network_unit
        caffe = caffe_on(gpu)
        message = read_net(run.folder.deploy)
        message.force_backward = True
        for layer in message.layer:
            if layer.type in ("Convolution", "InnerProduct"):
                # without the gradients of weights and biases, a third of the work
                del layer.param[:]
                layer.param.add(lr_mult=0)
                layer.param.add(lr_mult=0)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "relevance.prototxt")
            path.write_text(str(message))
            self.net = caffe.Net(str(path), caffe.TEST, weights=str(run.folder.best_weights))

    def gradient(self, stack: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the slices' scores, float64 (n,), and their gradients by the input, (n, h, w).

        stack: network input, float32 (n, 1, h, w). Both in the target's unit.
        """
        caffe_on(self.gpu)  # Caffe has one device for all nets
        data, score = self.net.blobs["data"], self.net.blobs["fc7"]
        scores, gradients = [], []
        for start in range(0, len(stack), SLICES_AT_ONCE):
            part = stack[start : start + SLICES_AT_ONCE]
            data.reshape(*part.shape)
            data.data[...] = part
            self.net.forward()
            scores.append(score.data[:, 0].astype(np.float64))
            score.diff[...] = 1
            self.net.backward()
            gradients.append(data.diff[:, 0].copy())
        unit = self.network_unit
        return np.concatenate(scores) * unit, np.concatenate(gradients) * np.float32(unit)

    def relevance(self, stack: np.ndarray, reference: np.ndarray, steps: int = STEPS) -> np.ndarray:
        """Return each pixel's part in the slices' scores, float32 (n, h, w), in the target's unit.

        stack, reference: network input, float32 (n, 1, h, w). The input's difference from the
        reference times the gradient, averaged over `steps` points on the straight way from the one
        to the other: a slice's parts add up to its score minus its reference's score. Integrated
        gradients, Sundararajan et al. 2017, doi 10.48550/arXiv.1703.01365.
        """
        way = stack - reference
        mean = np.zeros(way[:, 0].shape, np.float32)
        for step in range(steps):
            mean += self.gradient(reference + (step + 0.5) / steps * way)[1]
        return mean / steps * way[:, 0]


def stack_of(planes: np.ndarray) -> np.ndarray:
    """Return HU planes (n, h, w) as network input, float32 (n, 1, side, side), as in scoring."""
    return scoring_stack(planes, np.arange(len(planes)))


def plain_lung(planes: np.ndarray, lungs: np.ndarray) -> np.ndarray:
    """Return HU planes with every lung voxel at PLAIN_LUNG_HU; lungs: bool of the same shape."""
    return np.where(lungs, np.int16(PLAIN_LUNG_HU), planes)
