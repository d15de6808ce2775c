"""Pictures of a scan as data URIs: slices as the network gets them, maps over them, an overview."""

from collections.abc import Sequence

import cv2
import matplotlib
import numpy as np

from pylayers.batch.pixel_size import input_pixel_mm
from pylayers.batch.stack import FILL_HU, place
from pylayers.lungs.crop import LungCrop
from tools.figures.ct_image import LUNG_WINDOW_HU
from tools.figures.html_page import data_uri

JPEG = (
    *(cv2.IMWRITE_JPEG_QUALITY, 88),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)
MAP_NAME = "managua"  # perceptually uniform, dark in the middle (Crameri 2018)
OPAQUE = 0.85  # of the strongest colour: the slice stays visible under it
OPACITY_POWER = 0.7
LUNG_GREY = 0.3  # of lung at -850 HU, behind the colour bar
WIDEST = 560  # pixels of the overview


def framed(crop: LungCrop) -> tuple[slice, slice]:
    """Return where a crop's planes lie in the network's square input: rows, columns."""
    inside = place(np.zeros(crop.hu.shape[1:], np.int16)) != FILL_HU
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def grey(hu: np.ndarray) -> np.ndarray:
    """Return HU in the lung window, float in 0..1."""
    low, high = LUNG_WINDOW_HU
    return np.clip((hu.astype(np.float32) - low) / (high - low), 0, 1)


def slice_picture(crop: LungCrop, plane: np.ndarray) -> str:
    """Return an HU plane of the crop, (h, w), in the lung window."""
    image = grey(place(plane)[framed(crop)])
    return _data_uri(image, input_pixel_mm(crop.hu.shape, crop.spacing_mm))


def map_picture(crop: LungCrop, plane: np.ndarray, strength: np.ndarray) -> str:
    """Return an HU plane (h, w) under a map.

    strength: over the network's whole input, -1 (first colour) to 1 (last), 0 is transparent.
    """
    frame = framed(crop)
    return _data_uri(
        _under_colour(grey(place(plane)[frame]), strength[frame]),
        input_pixel_mm(crop.hu.shape, crop.spacing_mm),
    )


def colour_bar() -> str:
    """Return the map's colours from -1 to 1, as they look on dark lung."""
    strength = np.repeat(np.linspace(-1, 1, 256)[None], 12, axis=0)
    return _data_uri(_under_colour(np.full_like(strength, LUNG_GREY), strength), (1, 1))


def coronal_picture(crop: LungCrop, lungs: np.ndarray) -> tuple[str, float]:
    """Return the coronal plane with the most lung, apex up, and its height over its width.

    lungs: bool of the crop's shape.
    """
    row = int(np.argmax(lungs.sum(axis=(0, 2))))
    image = grey(crop.hu[::-1, row])
    height, width = (n * crop.spacing_mm[axis] for n, axis in zip(image.shape, (0, 2), strict=True))
    columns = min(image.shape[1], WIDEST)
    return _data_uri(image, (height / len(image), width / image.shape[1]), columns), height / width


def _under_colour(image: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return a grey image (h, w) under the colours of a strength -1..1, RGB."""
    strength = np.clip(strength, -1, 1)
    colours = matplotlib.colormaps[MAP_NAME](0.5 + strength / 2)[..., :3]
    opacity = OPAQUE * np.abs(strength)[..., None] ** OPACITY_POWER
    return image[..., None] * (1 - opacity) + colours * opacity


def _data_uri(image: np.ndarray, spacing_mm: Sequence[float], columns: int | None = None) -> str:
    """Return a grey or RGB image of floats in 0..1 as a JPEG with square pixels."""
    rows, wide = image.shape[:2]
    columns = columns or wide
    square = rows * spacing_mm[0] / (wide * spacing_mm[1]) * columns
    image = np.rint(255 * image).astype(np.uint8)
    image = cv2.resize(image, (columns, max(1, round(square))), interpolation=cv2.INTER_LINEAR)
    image = image[..., ::-1] if image.ndim == 3 else image
    _, content = cv2.imencode(".jpg", image, JPEG)
    return data_uri(content.tobytes(), "jpeg")
