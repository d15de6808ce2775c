"""Phantoms on disk, each with its second scans; what is there is not made again."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2

from data.phantom.cohort_folder import paths_of, write_facts, write_image
from data.phantom.second_files import make_second
from data.phantom.simulation import simulate


def make_one(
    index: int,
    out: Path,
    seed: int,
    thin_share: float,
    thickest_mm: float | None = None,
    kinds: Sequence[str] = (),
) -> str:
    """Make phantom `index` (from 1) below `out` unless it exists; return "", as none is refused.

    kinds: of second scans that it has. Files appear under their names only when complete, the .mhd
    last: with it all are there.
    """
    cv2.setNumThreads(1)
    _make_first(index, out, seed, thin_share, thickest_mm)
    for kind in kinds:
        make_second(index, kind, out, seed, thin_share)
    return ""


def _make_first(
    index: int, out: Path, seed: int, thin_share: float, thickest_mm: float | None
) -> None:
    """Make the scan of phantom `index` that is in every cohort, unless it exists."""
    paths = paths_of(out, index)
    if all(path.exists() for path in paths.values()):
        return
    subject, phantom, row = simulate(seed, index, thin_share, thickest_mm)
    part = out / ".partial" / f"{index}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write_image(phantom.hu, subject, part / paths["mhd"].name)
    if "mask" in paths:
        write_image(phantom.mask, subject, part / paths["mask"].name)
    write_facts(part / paths["facts"].name, row)
    for kind in ("raw", "mask", "facts", "mhd"):
        if kind in paths:
            os.replace(part / paths[kind].name, paths[kind])
    part.rmdir()
