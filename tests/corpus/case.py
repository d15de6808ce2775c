"""One case of the corpus: how it is made from a phantom, and what must come of it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from formats import image_of, write_format


@dataclass(frozen=True)
class Chest:
    """A phantom: HU, int16 (z, y, x), its label map in CIP coding, its grid (z, y, x)."""

    hu: np.ndarray
    labels: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float] = (-310.5, 20.25, -90.125)

    def image(self, hu=None, spacing_mm=None) -> sitk.Image:
        """Return it, or other voxels in its place, as an LPS image."""
        voxels = self.hu if hu is None else hu
        return image_of(voxels, spacing_mm or self.spacing_mm, self.origin_mm)

    def write(self, folder: Path, kind: str, hu=None, spacing_mm=None) -> Path:
        """Write it, or other voxels in its place, in one of formats.FORMATS."""
        return write_format(folder, kind, self.image(hu, spacing_mm))


@dataclass(frozen=True)
class Input:
    """What score_scan gets: the scan, a mask, more options."""

    scan: Path
    mask: Path | None = None
    options: tuple[str, ...] = field(default=())


def changed(path: Path, *replacements: tuple[bytes, bytes]) -> Path:
    """Replace bytes of a file once each; every one must be there."""
    data = path.read_bytes()
    for old, new in replacements:
        assert old in data, old
        data = data.replace(old, new, 1)
    path.write_bytes(data)
    return path


def cut(path: Path, share: float) -> Path:
    """Keep only the first share of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def flipped(path: Path, count=64, at=0.5) -> Path:
    """Flip every bit of `count` bytes from a share of the file on."""
    data = bytearray(path.read_bytes())
    start = int(len(data) * at) if at < 1 else len(data) - count
    data[start : start + count] = bytes(byte ^ 0xFF for byte in data[start : start + count])
    path.write_bytes(data)
    return path
