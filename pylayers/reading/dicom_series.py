"""DICOM series: which one is taken, and whether its slices make one evenly spaced volume."""

from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_files import Found, axial_slices
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.header import Header, checked, sizes
from pylayers.reading.tilt import tilt_warnings

SAME_MM = 0.01  # positions this close are one
# Scanners write positions with one decimal or more: a gap may differ by that and a tenth of it.
GAP_SHARE, GAP_MM = 0.1, 0.06
MOST_GAPS = 0.2  # where slices are missing; with more of them the spacing itself is uneven
BESIDE_MM = 2.0  # more than positions are rounded by
FEWEST_SLICES = 16  # of an original series that goes before derived ones
MOST_LISTED = 3  # series named in a message


def read_series(
    folder: Path, name: str, series: str | None = None, allow_uneven: bool = False
) -> tuple[Header, list[Slice]]:
    """Choose a series below a folder; return its geometry and its slices in order.

    Raises ScanRefused when there is none, or its slices make no even volume (allow_uneven: take
    it all the same, with a warning).
    """
    found = axial_slices(folder)
    chosen, notes = choose(found, name, series)
    check_alike(chosen)
    chosen.sort(key=lambda one: (one.place_mm, one.number))
    chosen, uneven = check_places(chosen, allow_uneven)
    notes += check_line(chosen)
    first, last = chosen[0], chosen[-1]
    rows, columns = first.shape
    header = Header(
        name=name,
        shape=(columns, rows, len(chosen)),
        dtype=np.dtype(np.int16),
        spacing_mm=(
            first.spacing_mm[1],
            first.spacing_mm[0],
            (last.place_mm - first.place_mm) / (len(chosen) - 1),
        ),
        origin_mm=tuple(first.position_mm.tolist()),
        direction=np.stack([first.row, first.column, first.normal], axis=1),
        body=folder,
        warnings=(*notes, *uneven),
    )
    return checked(header), chosen


def choose(found: Found, name: str, series: str | None) -> tuple[list[Slice], list[str]]:
    """Return the slices of the asked or the largest series, and notes on what was left.

    Original series go before derived ones when they have enough slices. Raises ScanRefused when
    there is none, and for a damaged file that belongs to the chosen series, or may.
    """
    groups = {}
    for one in found.slices:
        groups.setdefault(one.series, []).append(one)
    if not groups and found.faults:
        raise found.faults[0][1]
    if not groups:
        raise ScanRefused("no-series", f"{name} holds {nothing(found.others)}")
    listed = listing(groups)
    if series is not None and series not in groups:
        raise ScanRefused(
            "no-series", f"{name} has no axial CT series of that UID; it has {listed}"
        )
    originals = [
        uid for uid, group in groups.items() if group[0].original and len(group) >= FEWEST_SLICES
    ]
    chosen = series or max(sorted(originals or groups), key=lambda uid: len(groups[uid]))
    for fault_series, refusal in found.faults:
        if fault_series in (None, chosen):
            raise refusal
    notes = []
    if len(groups) > 1 and series is None:
        notes.append(f"{len(groups)} axial CT series: {listed}; taken: {chosen} (--series chooses)")
    return groups[chosen], notes


def nothing(others: int) -> str:
    """Return what a folder without axial CT slices holds."""
    return f"{others} DICOM images, but no axial CT slices" if others else "no DICOM images"


def listing(groups: dict[str, list[Slice]]) -> str:
    """Return the largest series in words."""
    order = sorted(groups, key=lambda uid: (-len(groups[uid]), uid))
    said = [f"{uid} ({len(groups[uid])} slices)" for uid in order[:MOST_LISTED]]
    more = len(order) - MOST_LISTED
    return ", ".join(said) + (f" and {more} more" if more > 0 else "")


def check_alike(slices: list[Slice]) -> None:
    """Raise ScanRefused (mixed-series) unless all slices have one size, grid, axis and scale."""
    first = slices[0]
    for what, value, text, tolerance in (
        ("sizes", lambda s: s.shape, sizes, 0),
        ("pixel spacings", lambda s: s.spacing_mm, decimals, 1e-3 * max(first.spacing_mm)),
        ("orientations", lambda s: (*s.row, *s.column), decimals, 0.01),
        ("HU scales", lambda s: s.scaled, lambda given: "given" if given else "missing", 0),
    ):
        for one in slices:
            if np.abs(np.subtract(value(one), value(first), dtype=float)).max() > tolerance:
                raise ScanRefused(
                    "mixed-series",
                    f"one series has several {what}: {text(value(first))} and {text(value(one))}",
                )
    kernels = sorted({one.kernel for one in slices if one.kernel})
    if len(kernels) > 1:
        raise ScanRefused(
            "mixed-series", f"one series has several kernels: {' and '.join(kernels[:3])}"
        )


def decimals(values) -> str:
    """Return numbers as people write them."""
    return " ".join(f"{value:.4g}" for value in values)


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
            seen = f"{missing} of {len(slices) + missing} slices missing, the first between {where}"
        else:
            slug = "uneven-spacing"
            seen = (
                f"slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart, mostly {usual:.2f}; "
                f"the first odd gap is between {where}"
            )
        warnings.append(refuse_or_warn(allow_uneven, slug, seen))
    return slices, warnings


def refuse_or_warn(allow_uneven: bool, slug: str, seen: str) -> str:
    """Raise ScanRefused, or return the warning when uneven series are allowed."""
    if not allow_uneven:
        raise ScanRefused(slug, seen)
    return f"{slug}: {seen}"
