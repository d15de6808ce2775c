"""DICOM places: whether a series' slices, in order, make one evenly spaced volume."""

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_acquisitions import SAME_MM
from pylayers.reading.dicom_pixels import slice_pieces
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.tilt import tilt_warnings

# Scanners write positions with one decimal or more: a gap may differ by that and a tenth of it.
GAP_SHARE, GAP_MM = 0.1, 0.06
MOST_GAPS = 0.2  # where slices are missing; with more of them the spacing itself is uneven
BESIDE_MM = 2.0  # more than positions are rounded by


def without_copies(slices: list[Slice]) -> tuple[list[Slice], list[str]]:
    """Return ordered slices without those that repeat another one's place and pixels, and a note.

    Raises ScanRefused for slices at one place of which one is damaged.
    """
    clusters, place = [], None
    for one in slices:
        if place is None or one.place_mm - place >= SAME_MM:
            clusters.append([])
            place = one.place_mm
        clusters[-1].append(one)
    several = [one for cluster in clusters if len(cluster) > 1 for one in cluster]
    if not several:
        return slices, []
    pieces, copies = slice_pieces(several), set()
    for cluster in (cluster for cluster in clusters if len(cluster) > 1):
        kept = []
        for one in cluster:
            numbers, slope, intercept = next(pieces)
            pixels = (one.shape, numbers * slope + intercept)
            if any(pixels[0] == shape and np.array_equal(pixels[1], hu) for shape, hu in kept):
                copies.add(id(one))
            else:
                kept.append(pixels)
    pieces.close()
    kept = [one for one in slices if id(one) not in copies]
    note = f"{len(copies)} of {len(slices)} slices are copies of others, voxel for voxel; left out"
    return kept, [note] if copies else []


def check_line(slices: list[Slice]) -> list[str]:
    """Check that ordered slices follow each other on a line; return warnings.

    Raises ScanRefused (mixed-series, geometry).
    """
    first = slices[0]
    positions = np.array([one.position_mm for one in slices])
    way = positions[-1] - positions[0]
    along = (positions - positions[0]) @ first.normal / (way @ first.normal)
    beside = np.linalg.norm(positions - positions[0] - along[:, None] * way, axis=1).max()
    if beside > BESIDE_MM:
        raise ScanRefused(
            "mixed-series", f"slices lie up to {beside:.1f} mm beside the line of the others"
        )
    tilt = np.degrees(np.arccos(np.clip(way @ first.normal / np.linalg.norm(way), -1, 1)))
    return tilt_warnings(tilt)


def check_places(slices: list[Slice], allow_uneven: bool) -> tuple[list[Slice], list[str]]:
    """Check that ordered slices are evenly spaced; return those to take, and warnings.

    Raises ScanRefused (few-slices, duplicate-slices, missing-slices, uneven-spacing).
    """
    places = np.array([one.place_mm for one in slices])
    same = np.flatnonzero(np.diff(places) < SAME_MM)
    warnings = []
    if same.size:
        warnings.append(
            refuse_or_warn(
                allow_uneven,
                "duplicate-slices",
                f"{same.size} of {len(slices)} slices lie where another one lies, "
                f"the first at {places[same[0]]:.2f} mm",
            )
        )
        slices = [one for i, one in enumerate(slices) if i - 1 not in set(same.tolist())]
        places = np.delete(places, same + 1)
    if len(slices) < 2:
        raise ScanRefused("few-slices", f"the series has {len(slices)} slice")
    gaps = np.diff(places)
    usual = float(np.median(gaps))
    odd = np.flatnonzero(np.abs(gaps - usual) > GAP_SHARE * usual + GAP_MM)
    if odd.size:
        times = gaps[odd] / usual
        whole = np.abs(times - np.rint(times)) * usual <= GAP_SHARE * usual + GAP_MM
        where = f"{places[odd[0]]:.2f} and {places[odd[0] + 1]:.2f} mm"
        if odd.size <= MOST_GAPS * gaps.size and np.all((times > 1) & whole):
            missing = int(np.rint(times).sum() - odd.size)
            slug = "missing-slices"
            sentence = (
                f"{missing} of {len(slices) + missing} slices missing, the first between {where}"
            )
        else:
            slug = "uneven-spacing"
            sentence = (
                f"slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart, mostly {usual:.2f}; "
                f"the first odd gap is between {where}"
            )
        warnings.append(refuse_or_warn(allow_uneven, slug, sentence))
    return slices, warnings


def refuse_or_warn(allow_uneven: bool, slug: str, sentence: str) -> str:
    """Raise ScanRefused, or return the warning when uneven series are allowed."""
    if not allow_uneven:
        raise ScanRefused(slug, sentence)
    return f"{slug}: {sentence}"
