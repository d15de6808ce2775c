"""An axial slice as a picture."""

import numpy as np
from matplotlib.axes import Axes

from tools.stats.estimate_text import number_text

# Lung tissue, -950 to -700 HU, gets half of the greys: emphysema is black in grey lung. What is
# denser than the window, soft tissue and vessels, is white.
LUNG_WINDOW_HU = (-1000, -500)


def show_slice(
    axes: Axes,
    plane: np.ndarray,
    spacing_mm: tuple[float, float] = (1.0, 1.0),
    window_hu: tuple[int, int] = LUNG_WINDOW_HU,
) -> None:
    """Draw an HU plane (h, w), patient's right on the left side, in a thin frame.

    spacing_mm: (y, x) of the pixels.
    """
    low, high = window_hu
    axes.imshow(plane, cmap="gray", vmin=low, vmax=high, aspect=spacing_mm[0] / spacing_mm[1])
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color="0.7", linewidth=0.4)  # white tissue on white paper


def window_text(window_hu: tuple[int, int] = LUNG_WINDOW_HU) -> str:
    """Return the words for the window in a caption."""
    low, high = (number_text(bound, 0) for bound in window_hu)
    return f"greys from {low} to {high} HU"
