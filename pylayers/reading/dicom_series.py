"""DICOM series: which one is taken, and whether its slices make one evenly spaced volume."""

from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_files import Slice, axial_slices
from pylayers.reading.header import Header, checked, printable, sizes

SAME_MM = 0.01  # positions this close are one
# Scanners write positions with one decimal or more: a gap may differ by that and a tenth of it.
GAP_SHARE, GAP_MM = 0.1, 0.06
MOST_GAPS = 0.2  # where slices are missing; with more of them the spacing itself is uneven
TILT_DEG = 1.0  # of the slices against the way from the first to the last


def read_series(
    folder: Path, name: str, series: str | None = None, allow_uneven: bool = False
) -> tuple[Header, list[Slice]]:
    """Choose a series below a folder; return its geometry and its slices in order.

    Raises ScanRefused when there is none, or its slices make no even volume (allow_uneven: take
    it all the same, with a warning).
    """
    slices, others = axial_slices(folder)
    chosen, notes = choose(slices, others, name, series)
    check_alike(chosen)
    chosen.sort(key=lambda one: (one.place_mm, one.number))
    chosen, uneven = check_places(chosen, allow_uneven)
    first, last = chosen[0], chosen[-1]
    way = (last.position_mm - first.position_mm) / (len(chosen) - 1)
    tilt = np.degrees(np.arccos(np.clip(way @ first.normal / np.linalg.norm(way), -1, 1)))
    if tilt > TILT_DEG:
        notes.append(f"the gantry is tilted by {tilt:.0f} degrees; slices are taken as they lie")
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


def choose(slices: list[Slice], others: int, name: str, series: str | None):
    """Return the slices of the asked or the largest series, and notes on what was left."""
    groups = {}
    for one in slices:
        groups.setdefault(one.series, []).append(one)
    found = ", ".join(
        f"{printable(uid)} ({len(group)} slices)" for uid, group in sorted(groups.items())
    )
    if not groups:
        seen = f"{others} other DICOM images" if others else "no DICOM images"
        raise ScanRefused("no-series", f"{name} holds no axial CT slices, but {seen}")
    if series is not None:
        if series not in groups:
            raise ScanRefused(
                "no-series", f"{name} has no axial CT series of that UID; it has {found}"
            )
        return groups[series], []
    chosen = max(sorted(groups), key=lambda uid: len(groups[uid]))
    notes = []
    if len(groups) > 1:
        notes.append(
            f"{len(groups)} axial CT series: {found}; taken: {printable(chosen)} (--series chooses)"
        )
    return groups[chosen], notes


def check_alike(slices: list[Slice]) -> None:
    """Raise ScanRefused (mixed-series) unless all slices have one size, grid, axis and kernel."""
    for what, text in (
        ("sizes", lambda s: sizes(s.shape)),
        ("pixel spacings", lambda s: " x ".join(f"{v:.4g}" for v in s.spacing_mm)),
        ("orientations", lambda s: " ".join(f"{v:.2f}" for v in (*s.row, *s.column))),
        ("kernels", lambda s: printable(s.kernel, 20)),
    ):
        kinds = sorted({text(one).replace("-0.00", "0.00") for one in slices})
        if len(kinds) > 1:
            raise ScanRefused(
                "mixed-series", f"one series has {len(kinds)} {what}: {' and '.join(kinds[:3])}"
            )


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
