"""COPDGene's images and lung label maps, recognised by their file names in whatever folder.

A scan is <sid>_<phase>_<kernel>_<site>_COPD, with COPD2 at visit 2; its label map has
_partialLungLabelMap after that. Formats: .nrrd, or .nhdr with its voxels beside it.
"""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from data.importers.found_files import one_each

PHASES, KERNELS = ("INSP", "EXP"), ("STD", "SHARP")
NAME = re.compile(
    r"(?P<cid>(?P<sid>\d{5}[A-Z])_(?P<phase>INSP|EXP)_(?P<kernel>[A-Z0-9]+)"
    r"(_(?P<site>[A-Z0-9]+))?_COPD(?P<visit>2?))(?P<mask>_partialLungLabelMap)?\.(nrrd|nhdr)",
    re.ASCII | re.IGNORECASE,
)


class Image(NamedTuple):
    """One file: a scan or a label map. cid names the scan; sid is in capitals."""

    path: Path
    cid: str
    sid: str
    site: str
    kind: tuple[str, str, int]  # phase, kernel, visit
    is_mask: bool


def is_image(name: str) -> bool:
    """Return whether a file's name is one of COPDGene's scans or lung label maps."""
    return NAME.fullmatch(name) is not None


def image_of(path: Path) -> Image:
    """Return what a file's name says."""
    match = NAME.fullmatch(path.name)
    return Image(
        path,
        match["cid"],
        match["sid"].upper(),
        (match["site"] or "").upper(),
        (match["phase"].upper(), match["kernel"].upper(), 2 if match["visit"] else 1),
        match["mask"] is not None,
    )


class Images(NamedTuple):
    """scans: of the wanted kind, by sid. masks: by cid in capitals. others: counted by kind."""

    scans: dict[str, list[Image]]
    masks: dict[str, list[Path]]
    others: Counter[tuple[str, str, int]]


def sort_images(files: list[Path], kind: tuple[str, str, int]) -> Images:
    """Sort files into the scans of one kind, the label maps and the other scans, only counted."""
    scans, masks, others = {}, {}, Counter()
    images = [image_of(path) for path in files]
    # a link to a label map beside a scan counts there, so only the scans' links are dropped here
    unlinked = set(one_each([image.path for image in images if not image.is_mask]))
    for image in images:
        if image.is_mask:
            masks.setdefault(image.cid.upper(), []).append(image.path)
        elif image.path not in unlinked:
            continue
        elif image.kind == kind:
            scans.setdefault(image.sid, []).append(image)
        else:
            others[image.kind] += 1
    return Images(scans, masks, others)


def kind_text(kind: tuple[str, str, int]) -> str:
    """Return phase, kernel and visit in words."""
    return f"{kind[0]} {kind[1]} visit {kind[2]}"
