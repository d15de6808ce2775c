"""DICOM series: which one is read, with its geometry and its slices in order."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.reading.dicom_acquisitions import check_acquisitions
from pylayers.reading.dicom_files import FolderContent, axial_slices
from pylayers.reading.dicom_lossy import lossy_notes
from pylayers.reading.dicom_places import check_line, check_places, without_copies
from pylayers.reading.dicom_slice import Slice
from pylayers.reading.fields import unreadable
from pylayers.reading.header import Header, checked, sizes

FEWEST_SLICES = 16  # of an original series that goes before derived ones
DICOMDIR = "Media Storage Directory Storage"  # as pydicom names its class
MOST_LISTED = 3  # series, or kinds of file, named in a message


def read_series(
    folder: Path, name: str, series: str | None = None, allow_uneven: bool = False
) -> tuple[Header, list[Slice]]:
    """Choose a series below a folder or in a file; return its geometry and its slices in order.

    Raises ScanRefused when there is none, or its slices make no even volume (allow_uneven: read
    it all the same, with a warning).
    """
    content = axial_slices(folder)
    if folder.is_file():
        check_single(content, name)
    chosen, notes = choose(content, name, series)
    check_alike(chosen)
    chosen.sort(key=lambda one: (one.place_mm, one.number, one.frame))
    chosen, copies = without_copies(chosen)
    notes += copies + check_acquisitions(chosen)
    chosen, uneven = check_places(chosen, allow_uneven)
    notes += check_line(chosen) + lossy_notes(chosen) + remarks_on(chosen)
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


def check_single(content: FolderContent, name: str) -> None:
    """Raise ScanRefused (unreadable) for a file that is one slice, or only begins like DICOM."""
    if content.slices and content.slices[0].stored.frames == 1:
        raise unreadable(name, "one DICOM file; give the folder with all slices of the series")
    if DICOMDIR in content.others:
        raise unreadable(name, "a list of DICOM files, not a scan; give the folder that it lies in")
    if not (content.slices or content.others or content.faults):
        raise unreadable(name, "no known format, though it begins like DICOM")


def choose(content: FolderContent, name: str, series: str | None) -> tuple[list[Slice], list[str]]:
    """Return the slices of the named or the largest series, and notes on what was left out.

    Original series go before derived ones when they have enough slices. Raises ScanRefused when
    there is none, and for a damaged file that belongs to the chosen series, or may.
    """
    groups = {}
    for one in content.slices:
        groups.setdefault(one.series, []).append(one)
    nameless = groups.pop("", [])
    if not groups:
        raise no_series(content, nameless, name)
    listed = listing(groups)
    if series is not None and series not in groups:
        for fault in content.faults:
            if fault.series == series:
                raise fault.refusal
        raise ScanRefused(
            "no-series", f"{name} has no axial CT series of that UID; it has {listed}"
        )
    if len(groups) > 1 and series is None and all(len(group) == 1 for group in groups.values()):
        raise ScanRefused(
            "no-series",
            f"each of the {len(groups)} axial CT slices of {name} has a SeriesInstanceUID of its "
            "own; give the slices of one series the same",
        )
    originals = [
        uid for uid, group in groups.items() if group[0].original and len(group) >= FEWEST_SLICES
    ]
    chosen = series or max(sorted(originals or groups), key=lambda uid: len(groups[uid]))
    shape = groups[chosen][0].shape
    if any(one.shape == shape for one in nameless):
        raise without_series(len(nameless), name)
    belonging = [fault for fault in content.faults if fault.may_belong(chosen, shape)]
    if belonging:
        raise belonging[0].refusal
    notes = []
    if len(groups) > 1 and series is None:
        notes.append(
            f"{len(groups)} axial CT series: {listed}; used: {chosen} (--series UID takes another)"
        )
    passed_over = [fault for fault in content.faults if fault.series not in groups]
    if len(passed_over) > len(groups[chosen]):
        notes.append(
            f"{len(passed_over)} DICOM files of other series cannot be read, the first: "
            f"{passed_over[0].refusal.sentence}"
        )
    return groups[chosen], notes


def no_series(content: FolderContent, nameless: list[Slice], name: str) -> ScanRefused:
    """Return why a folder has no series to take."""
    if content.faults:
        return content.faults[0].refusal
    if nameless:
        return without_series(len(nameless), name)
    if not content.others:
        return ScanRefused("no-series", f"{name} holds no DICOM images")
    kinds = content.others.most_common()
    listed = ", ".join(f"{kind} ({count})" for kind, count in kinds[:MOST_LISTED])
    more = f" and {len(kinds) - MOST_LISTED} kinds more" if len(kinds) > MOST_LISTED else ""
    total = content.others.total()
    files = f"{total} DICOM {'file' if total == 1 else 'files'}, but no axial CT slices"
    if len(kinds) == 1 and kinds[0][0].startswith("Modality"):
        return ScanRefused("no-series", f"{name} holds {files}; it is not a CT: {kinds[0][0]}")
    return ScanRefused("no-series", f"{name} holds {files}: {listed}{more}")


def without_series(count: int, name: str) -> ScanRefused:
    """Return the refusal of slices that do not say to which series they belong."""
    return ScanRefused(
        "unreadable",
        f"SeriesInstanceUID is missing in {count} CT slices of {name}; give the slices of one "
        "series the same",
    )


def listing(groups: dict[str, list[Slice]]) -> str:
    """Return the largest series in words."""
    order = sorted(groups, key=lambda uid: (-len(groups[uid]), uid))
    named = [f"{uid} ({len(groups[uid])} slices)" for uid in order[:MOST_LISTED]]
    more = len(order) - MOST_LISTED
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def remarks_on(slices: list[Slice]) -> list[str]:
    """Return warnings about how slices were made; each once."""
    remarks = {text: None for one in slices for text in one.remarks}
    notes = [f"the slices are {text}" for text in remarks]
    if not slices[0].scaled:
        notes.append(
            "RescaleSlope and RescaleIntercept are missing; the stored numbers are taken for HU"
        )
    return notes


def check_alike(slices: list[Slice]) -> None:
    """Raise ScanRefused (mixed-series) unless all slices have one size, grid, axis and scale."""
    first = slices[0]
    for what, value, text, tolerance in (
        ("sizes", lambda s: s.shape, sizes, 0),
        ("pixel spacings", lambda s: s.spacing_mm, decimals, 1e-3 * max(first.spacing_mm)),
        ("orientations", lambda s: (*s.row, *s.column), decimals, 0.01),
        ("HU scales", lambda s: s.scaled, lambda scaled: "given" if scaled else "missing", 0),
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


def decimals(values: Iterable[float]) -> str:
    """Return numbers in short form."""
    return " ".join(f"{value:.4g}" for value in values)
