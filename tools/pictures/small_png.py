"""Small PNG: a figure or a screenshot at a screen's width, in few colours."""

from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.spatial import cKDTree

from pylayers.files.whole_file import whole_file
from tools.figures.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILION

MOST_COLUMNS = 1500  # GitHub shows 900; the rest is for dense screens
SCREEN_COLOURS = 128
GREYS = 64  # more only keep a scan's noise
MIXED_WITH = (0.0, 1.0)  # black and white, which edges and shades mix with the style's colours
SHARES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.12)


def figure_palette() -> np.ndarray:
    """Return the colours of a figure, uint8 (n, 3): greys, and the style's colours mixed."""
    greys = np.linspace(0, 1, GREYS)[:, None].repeat(3, axis=1)
    colours = map(to_rgb, (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE))
    mixed = [
        share * np.array(colour) + (1 - share) * other
        for colour, other, share in product(colours, MIXED_WITH, SHARES)
    ]
    return np.rint(255 * np.vstack([greys, mixed])).astype(np.uint8)


def write_small_png(source: Path, target: Path, palette: np.ndarray | None = None) -> None:
    """Write a PNG again, at most MOST_COLUMNS wide, in a palette and without metadata.

    palette: uint8 (n, 3), at most 256 colours; None chooses SCREEN_COLOURS of the picture's own.
    The same source gives the same bytes. The file appears whole or not at all.
    """
    image = Image.open(source).convert("RGB")
    if image.width > MOST_COLUMNS:
        height = round(image.height * MOST_COLUMNS / image.width)
        image = image.resize((MOST_COLUMNS, height), Image.Resampling.LANCZOS)
    if palette is None:
        image = image.quantize(SCREEN_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    else:
        image = nearest_colours(image, palette)
    with whole_file(target) as partial:
        image.save(partial, format="PNG", optimize=True)


def nearest_colours(image: Image.Image, palette: np.ndarray) -> Image.Image:
    """Return an RGB image with each pixel's nearest colour; Pillow's own search is a rough one."""
    pixels = np.asarray(image)
    colours, where = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    nearest = cKDTree(palette).query(colours)[1].astype(np.uint8)
    indexed = Image.fromarray(nearest[where].reshape(pixels.shape[:2]))
    indexed.putpalette(palette.tobytes())
    return indexed
