"""A scan strongly down-sampled: what a 3D network can take whole."""

import numpy as np

from pylayers.batch.pixel_size import resized
from pylayers.batch.stack import FILL_HU
from pylayers.lungs.crop import LungCrop

VOXEL_MM = 8.0
SHAPE = (43, 43, 47)  # (z, y, x): 344 x 344 x 376 mm, more than lungs measure


def volume_features(crop: LungCrop) -> dict[str, np.ndarray]:
    """Return the lungs' box at VOXEL_MM, centred in SHAPE of air: int16, HU.

    Averaged by area where it gets coarser, interpolated cubically where slices are further apart.
    What is outside SHAPE is cut off.
    """
    z, y, x = (
        max(1, round(count * mm / VOXEL_MM))
        for count, mm in zip(crop.hu.shape, crop.spacing_mm, strict=True)
    )
    in_plane = resized(crop.hu, y, x)
    coarse = resized(np.ascontiguousarray(in_plane.transpose(1, 0, 2)), z, x).transpose(1, 0, 2)
    volume = np.full(SHAPE, FILL_HU, np.int16)
    source, target = [], []
    for has, wanted in zip(coarse.shape, SHAPE, strict=True):
        count = min(has, wanted)
        source.append(slice((has - count) // 2, (has - count) // 2 + count))
        target.append(slice((wanted - count) // 2, (wanted - count) // 2 + count))
    volume[tuple(target)] = coarse[tuple(source)]
    return {"volume": volume}
