"""How the axes of an NRRD lie: space, directions, spacings and the units of each.

The format: https://teem.sourceforge.net/nrrd/format.html, sections 4 and 6.
"""

import re
from collections.abc import Sequence

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.fields import Field, numbers, shortened, unreadable
from pylayers.reading.header import check_one_volume, no_spacing
from pylayers.reading.tilt import Geometry
from pylayers.reading.units import mm_of

# Signs that bring a space's axes to LPS.
SPACES = {
    "left-posterior-superior": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
}
SPACES |= {"".join(w[0] for w in name.split("-")): signs for name, signs in SPACES.items()}
# Spaces of the scanner or of nothing: LPS for a patient on the back, head first (teem's nrrd.h says
# so of scanner-xyz), which is also how ITK takes them. Left-handed ones are mirrored to LPS.
LOOSE_SPACES = {
    "scanner-xyz": (1, 1, 1),
    "3d-right-handed": (1, 1, 1),
    "3d-left-handed": (-1, 1, 1),
}
TIME = re.compile("-time$|(?<=^[a-z]{3})t$")
VOLUME_KINDS = ("domain", "space", "???", "none", "unknown")
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
VECTOR = re.compile(r"\([^()]*\)|\S+")


def space_axes(name: str, field: Field, sizes: Sequence[int]) -> list[int]:
    """Return which three axes are of space; ScanRefused (not-3d) unless others have a size of 1."""
    axes = len(sizes)
    vectors = VECTOR.findall(field("space directions", default=""))
    kinds = field("kinds", default="").lower().split()
    if len(vectors) == axes:  # an axis with a direction is of space, whatever its kind
        other = [axis for axis in range(axes) if vectors[axis].lower() == "none"]
    else:
        named = len(kinds) == axes
        other = [axis for axis in range(axes) if named and kinds[axis] not in VOLUME_KINDS]
    # where the header does not say which they are, the last ones
    rest = [axis for axis in range(axes) if axis not in other]
    other += rest[3:]
    if len(rest) < 3:
        raise ScanRefused("not-3d", f"{name} has {min(axes, len(rest))} axes in space; a CT has 3")
    check_one_volume(name, [sizes[axis] for axis in other])
    return rest[:3]


def geometry_of(name: str, field: Field, axes: int, kept: list[int]) -> Geometry:
    """Return how the volume lies, and notes on what the header does not say of it.

    axes: how many the file has; kept: those of space. Raises ScanRefused (geometry) when the
    header does not say how large a voxel is, or states units that are not lengths.
    """
    units = words(name, "units", field, axes)
    axis_mm = np.array([mm_of(name, "unit", units[axis]) for axis in kept])
    text = field("space directions", default="")
    if not text:
        return without_directions(name, field, axes, kept, axis_mm)
    vector_texts = VECTOR.findall(text)
    if len(vector_texts) != axes or any(vector_texts[axis].lower() == "none" for axis in kept):
        raise unreadable(name, f"space directions {shortened(text)!r} are not {axes} vectors")
    signs, notes = space_of(name, field)
    space_mm = [mm_of(name, "space unit", unit) for unit in words(name, "space units", field, 3)]
    if any(units) and len({*axis_mm, *space_mm}) > 1:
        raise ScanRefused(
            "geometry",
            f"{name} states other units for its axes than for its space; remove the field units",
        )
    to_lps = np.array(space_mm) * signs
    vectors = np.array([vector(name, vector_texts[axis]) for axis in kept])
    vectors = vectors * to_lps
    text = field("space origin", default="")
    origin = np.zeros(3)
    if text and text.lower() != "none":
        origin = np.array(vector(name, text)) * to_lps
    else:
        notes.append(
            f"{name} does not say where it begins (no space origin); "
            "positions are counted from its first voxel"
        )
    spacing = np.linalg.norm(vectors, axis=1)
    check_agrees(name, field("spacings", default=""), axes, kept, spacing)
    direction = (vectors / np.where(spacing > 0, spacing, 1)[:, None]).T
    return Geometry(tuple(spacing.tolist()), tuple(origin.tolist()), direction, tuple(notes))


def without_directions(
    name: str, field: Field, axes: int, kept: list[int], axis_mm: np.ndarray
) -> Geometry:
    """Return the geometry of a header with spacings alone, and a note that it says no more."""
    text = field("spacings", default="")
    if not text:
        raise no_spacing(name, "spacings or space directions")
    if any(mm_of(name, "space unit", word) != 1 for word in words(name, "space units", field, 3)):
        raise ScanRefused(
            "geometry",
            f"{name} states space units but no space directions; state what its spacings are in, "
            "in the field units",
        )
    parts = text.split()
    if len(parts) == axes and any(parts[axis].lower().strip("+-") == "nan" for axis in kept):
        raise no_spacing(name, f"number for each axis in spacings = {shortened(text)!r}")
    if len(parts) != axes:
        raise unreadable(name, f"spacings = {shortened(text)!r} is not {axes} numbers")
    spacing = numbers(name, "spacings", " ".join(parts[axis] for axis in kept), 3)
    return Geometry(
        tuple((axis_mm * spacing).tolist()),
        (0.0, 0.0, 0.0),
        np.eye(3),
        (f"{name} does not say how it lies; its axes are taken to run left, back, head",),
    )


def check_agrees(name: str, text: str, axes: int, kept: list[int], lengths: np.ndarray) -> None:
    """Raise ScanRefused (geometry) when spacings beside directions make voxels of another size.

    The format forbids both; teem, and with it ITK and Slicer, reads no such file.
    """
    if len(text.split()) != axes or text.lower().count("nan"):
        return
    stated = np.array(numbers(name, "spacings", text, axes))[kept]
    if np.abs(stated - lengths).max() > 0.01 * np.abs(lengths).max():
        raise ScanRefused(
            "geometry",
            f"{name} gives its voxels two sizes: spacings of {shortened(text)}, and space "
            f"directions of {' x '.join(f'{mm:.4g}' for mm in lengths)} mm; remove the wrong one",
        )


def space_of(name: str, field: Field) -> tuple[np.ndarray, list[str]]:
    """Return the signs that bring the header's space to LPS, and notes."""
    text = field("space", default="").strip()
    space = TIME.sub("", text.lower())
    if space in SPACES:
        return np.array(SPACES[space], float), []
    if space and space not in LOOSE_SPACES:
        known = ", ".join(name for name in SPACES if "-" in name)
        raise unreadable(name, f"space {shortened(text)} is not one of {known}")
    why = f"its space, {text}, is not a patient's" if space else "no space"
    note = f"{name} does not say how it lies ({why}); x, y and z are taken to run left, back, head"
    return np.array(LOOSE_SPACES.get(space, (1, 1, 1)), float), [note]


def words(name: str, key: str, field: Field, count: int) -> list[str]:
    """Return the `count` words of a field, quoted or not; one stands for all, none is blank."""
    text = field(key, default="")
    found = [quoted or plain for quoted, plain in WORD.findall(text)]
    if len(found) <= 1:
        return (found or [""]) * count
    if len(found) == count + 1:  # of a space with time
        found.pop()
    if len(found) != count:
        raise unreadable(name, f"{key} = {shortened(text)!r} is not {count} units")
    return found


def vector(name: str, text: str) -> tuple[float, ...]:
    """Return the three numbers of `(x,y,z)`; further ones, of time, must be 0."""
    plain = text.strip().strip("()").replace(",", " ")
    values = numbers(name, "vector", plain, max(3, len(plain.split())))
    if any(values[3:]):
        raise unreadable(name, f"the vector {shortened(text)} does not lie in space")
    return values[:3]
