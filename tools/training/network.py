"""Network: what scores slices, whatever computes it."""

from typing import Protocol

import numpy as np


class Network(Protocol):
    """A trained network; slices: how many of a scan it scores."""

    slices: int

    def forward(self, stack: np.ndarray) -> np.ndarray:
        """Return what the network says of each slice, float32 (n, k), in its own unit.

        stack: network input, float32 (n, 1, 512, 512).
        """
        ...
