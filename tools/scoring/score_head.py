"""Score head: from a network's outputs for the slices to the scan's score, by variant.

The nets are linear after the trunk, so a scan's output is the mean of its slices' outputs.
"""

from typing import Protocol

import numpy as np

from tools.training.trained_run import TrainedRun


class ScoreHead(Protocol):
    """How a variant's outputs are read."""

    def contributions(self, outputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the slices' contributions, float64 (n,), whose mean is the scan's score.

        outputs: float64 (n, k). weights: of the slices, float64 (n,), their mean is 1.
        """
        ...

    def loss(self, output: np.ndarray, truth: float) -> float:
        """Return Caffe's loss of a scan: of its output, float64 (k,), and its label as reported."""
        ...


class Regression:
    """One output, in the network's unit (paper, section 3: L2 loss)."""

    def __init__(self, network_unit: float) -> None:
        self.network_unit = network_unit

    def contributions(self, outputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return each slice's own score times its weight."""
        return outputs[:, 0] * self.network_unit * weights

    def loss(self, output: np.ndarray, truth: float) -> float:
        """Return half the squared error in the network's unit, as EuclideanLoss."""
        return float((output[0] - truth / self.network_unit) ** 2 / 2)


class Grades:
    """A logit for each grade; the score is the expected grade."""

    def contributions(self, outputs: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the score plus how far, to first order, each slice's logits move it."""
        logits = outputs * weights[:, None]
        mean = logits.mean(axis=0)
        grades = np.arange(outputs.shape[1])
        p = np.exp(_log_softmax(mean))
        score = float(p @ grades)
        return score + (logits - mean) @ (p * (grades - score))

    def loss(self, output: np.ndarray, truth: float) -> float:
        """Return -log of the true grade's probability, as SoftmaxWithLoss."""
        return float(-_log_softmax(output)[round(truth)])


def score_head(run: TrainedRun) -> ScoreHead:
    """Return the head of a run's variant."""
    return Grades() if run.variant.grades else Regression(run.target.network_unit)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    above = logits - logits.max()
    return above - np.log(np.exp(above).sum())
