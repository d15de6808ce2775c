"""Network: what scores slices, whatever computes it."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np


class Network(Protocol):
    """A trained network; slices: how many of a scan it scores."""

    slices: int

    def forward(
        self, stack: np.ndarray, beside: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Return what the network says of each slice, float32 (n, k), in its own unit.

        stack: network input, float32 (n, 1, 512, 512). beside: by blob, what a variant gets beside
        each slice, the same for all of them.
        """
        ...
