"""Corpus of paths and geometry: headers that lead astray, and voxels that no scanner makes."""

import os

from corpus.case import Input, changed
from corpus.files import case, edit_header, is_text


def leads_to(name, kind, old, new):
    """Register a case whose header names voxels elsewhere; they are there and of the right size."""

    @case(name, "outside-folder")
    def make(folder, chest):
        inner = folder / "inner"
        inner.mkdir()
        path = chest.write(inner, kind)
        os.rename(inner / "scan.raw", folder / "elsewhere.raw")
        changed(path, (old, new(folder)))
        return Input(path)


leads_to("mhd: voxels in the folder above", "mhd+raw", b"scan.raw", lambda f: b"../elsewhere.raw")
leads_to(
    "mhd: voxels at an absolute path",
    "mhd+raw",
    b"scan.raw",
    lambda f: os.fsencode(f / "elsewhere.raw"),
)
leads_to("nhdr: voxels in the folder above", "nhdr+raw", b"scan.raw", lambda f: b"../elsewhere.raw")
leads_to(
    "nhdr: voxels at an absolute path",
    "nhdr+raw",
    b"scan.raw",
    lambda f: os.fsencode(f / "elsewhere.raw"),
)


@case("mhd: voxels through a link out of the folder", "outside-folder")
def link(folder, chest):
    inner = folder / "inner"
    inner.mkdir()
    path = chest.write(inner, "mhd+raw")
    os.rename(inner / "scan.raw", folder / "elsewhere.raw")
    (inner / "scan.raw").symlink_to(folder / "elsewhere.raw")
    return Input(path)


@case("mhd: voxels in a pipe", "unreadable")
def pipe(folder, chest):
    path = chest.write(folder, "mhd+raw")
    (folder / "scan.raw").unlink()
    os.mkfifo(folder / "scan.raw")
    return Input(path)


def spacing(name, slug, kind, *replacement):
    """Register a case whose spacing or axes are others."""
    edit_header(name, slug, kind, tuple(map(is_text, replacement)))


def axis_of(chest):
    """Return the text with which an NRRD gives the third axis of a chest."""
    return f"(0,0,{chest.spacing_mm[0]:.17g})".encode()


def spacings_of(chest):
    """Return the text with which a MetaImage gives the spacing of a chest."""
    return " ".join(f"{value:.17g}" for value in chest.spacing_mm[::-1]).encode()


edit_header(
    "mha: no spacing", "geometry", "mha", (is_text("ElementSpacing"), is_text("ElementNothing"))
)
edit_header(
    "nrrd: in furlongs",
    "geometry",
    "nrrd",
    (is_text("kinds:"), is_text('space units: "furlong" "furlong" "furlong"\nkinds:')),
)
edit_header(
    "nrrd: an unknown space",
    "unreadable",
    "nrrd",
    (is_text("left-posterior-superior"), is_text("left-posterior-inferior")),
)
edit_header(
    "mhd: a list that leads out of the folder",
    "outside-folder",
    "mhd+raw",
    (is_text("scan.raw"), lambda chest: b"LIST\n" + b"../scan.raw\n" * len(chest.hu)),
)
edit_header(
    "nhdr: a pattern whose files are not there",
    "unreadable",
    "nhdr+raw",
    (is_text("scan.raw"), is_text("slice%03d.raw 1 52 1")),
)
for what, text in (("zero", "0.7 0.7 0"), ("negative", "0.7 0.7 -5"), ("huge", "700 700 5000")):
    edit_header(
        f"mha: spacing {what}",
        "geometry",
        "mha",
        (spacings_of, is_text(text)),
    )
edit_header("mha: spacing no numbers", "unreadable", "mha", (spacings_of, is_text("a b c")))
edit_header("nrrd: axis of length 0", "geometry", "nrrd", (axis_of, is_text("(0,0,0)")))
edit_header("nrrd: axes not at right angles", "geometry", "nrrd", (axis_of, is_text("(0,3,4)")))
edit_header("nrrd: axis without direction", "not-3d", "nrrd", (axis_of, is_text("none")))
spacing(
    "mha: axes not at right angles",
    "geometry",
    "mha",
    "TransformMatrix = 1 0 0 0 1 0 0 0 1",
    "TransformMatrix = 1 0 0 0 1 0 0 1 1",
)
spacing(
    "mha: twice the same axis",
    "geometry",
    "mha",
    "TransformMatrix = 1 0 0 0 1 0 0 0 1",
    "TransformMatrix = 1 0 0 1 0 0 0 0 1",
)
