"""Python layers of check_wheel.py: a source of data, and a loss with a backward pass of its own."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import caffe
import numpy as np

STOP_AT = Path("stop_at")  # in the current folder: the forward pass in which Ctrl-C comes
IMAGES, SIZE = 8, 12

Blobs = Sequence[Any]  # pycaffe's type of a blob has no public name


class StripeLayer(caffe.Layer):
    """Tops: data (8, 1, 12, 12), a bright row in noise, and label (8, 1), where the row is, 0 to 1.

    Takes no param_str. The batch is always the same.
    """

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Draw the batch."""
        self.passes = 0
        self.data = np.random.default_rng(1).normal(0, 0.1, (IMAGES, 1, SIZE, SIZE))
        rows = np.arange(IMAGES) + 2
        self.data[np.arange(IMAGES), 0, rows] += 1
        self.label = rows[:, None] / SIZE

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Shape the tops as the batch."""
        top[0].reshape(*self.data.shape)
        top[1].reshape(*self.label.shape)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Copy the batch out; send this process Ctrl-C in the pass that `stop_at` names."""
        top[0].data[...] = self.data
        top[1].data[...] = self.label
        self.passes += 1
        if STOP_AT.exists() and int(STOP_AT.read_text()) == self.passes:
            os.kill(os.getpid(), signal.SIGINT)

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        """Nothing to propagate: a source of data."""


class SquaredErrorLayer(caffe.Layer):
    """Bottoms: prediction and label (n, 1); top: half the mean squared difference, a scalar."""

    def setup(self, bottom: Blobs, top: Blobs) -> None:
        """Nothing to set up: there are no parameters."""

    def reshape(self, bottom: Blobs, top: Blobs) -> None:
        """Make room for the difference."""
        self.difference = np.zeros_like(bottom[0].data)
        top[0].reshape(1)

    def forward(self, bottom: Blobs, top: Blobs) -> None:
        """Compute the loss."""
        self.difference[...] = bottom[0].data - bottom[1].data
        top[0].data[...] = (self.difference**2).mean() / 2

    def backward(self, top: Blobs, propagate_down: list[bool], bottom: Blobs) -> None:
        """Compute the gradient of the prediction."""
        bottom[0].diff[...] = self.difference / len(self.difference)
