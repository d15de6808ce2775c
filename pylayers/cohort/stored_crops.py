"""Checks the stored crops of a cohort against its table and our version, before a training."""

from collections.abc import Iterable, Sequence
from itertools import product

from pylayers.cohort.cohort import SPLITS, TABLE, Cohort, CohortScan
from pylayers.cohort.grid import Grid
from pylayers.cohort.second_scan import hash_column
from pylayers.cohort.store import read_grid
from pylayers.errors import CohortError, ScanRefused
from pylayers.files.checkout import relative
from pylayers.lungs.crop import PREPROCESSING_VERSION
from pylayers.lungs.views import USUAL_SLICE_MM, VIEWS, View, check_slices


def checked_stores(
    cohort: Cohort, target: str, second: str = "", view: View | None = None
) -> dict[str, list[Grid]]:
    """Return the grids of the stored crops that have a label, by split.

    second: the kind of second scan that each has, whose grids follow the first scans'; blank: none.
    view: whose planes must be stored, too. Raises CohortError for one that is missing, damaged or
    of another preprocessing version, and for labels of the training split that are all the same.
    """
    scans = {split: cohort.labelled(split, target, second) for split in SPLITS}
    labels = [scan.labels[target] for scan in scans["train"]]
    check_varied(labels, f"{relative(cohort.folder / TABLE)}, {target} in split train")
    grids = {split: read_grids(cohort, of_split, second) for split, of_split in scans.items()}
    both = 2 if second else 1
    versions = [
        (scan, grid.version)
        for split in SPLITS
        for scan, grid in zip(scans[split] * both, grids[split], strict=True)
    ]
    others = [(scan, version) for scan, version in versions if version != PREPROCESSING_VERSION]
    if others:
        first, version = others[0]
        raise CohortError(
            f"{len(others)} of {len(versions)} stored crops, such as "
            f"{relative(cohort.store_path(first))}, are of preprocessing version {version}, and "
            f"this is version {PREPROCESSING_VERSION}: run tools/prepare_cohort.py again with the "
            "same table and folder (it remakes just those), then tools/split_cohort.py as before"
        )
    if view is not None:
        check_views([grid for split in SPLITS for grid in grids[split]], view)
    return grids


def check_views(grids: Sequence[Grid], view: View) -> None:
    """Raise CohortError unless all stored crops have a view and slices thin enough for it."""
    lacking = sum(view.name not in grid.views for grid in grids)
    if lacking:
        raise CohortError(
            f"{lacking} of {len(grids)} stored crops have no {view.name} planes: run "
            "tools/prepare_cohort.py again with the same table and folder and --views "
            f"{','.join(VIEWS)} (it adds just those), then tools/split_cohort.py as before"
        )
    for grid in grids:
        try:
            check_slices(grid.spacing_mm)
        except ScanRefused as refusal:  # of a store that this program did not write
            raise CohortError(f"a stored crop has {refusal.sentence}") from None


def view_note(grids: Iterable[Grid], view: View | None) -> str | None:
    """Return a sentence where some stored crops have slices that are thick for a view, else None.

    Theirs are within what check_views lets pass.
    """
    doubtful = [grid for grid in grids if view is not None and check_slices(grid.spacing_mm)]
    if not doubtful:
        return None
    return (
        f"{len(doubtful)} scans have slices more than {USUAL_SLICE_MM:g} mm apart, which are "
        f"coarse rows of {view.name} planes"
    )


def check_varied(labels: Sequence[float], where: str) -> None:
    """Raise CohortError for labels that are all the same; where: in words."""
    if len(set(labels)) == 1:
        raise CohortError(
            f"{where}: all {len(labels)} labels are {labels[0]:g}; nothing can be learned from them"
        )


def read_grids(cohort: Cohort, scans: Iterable[CohortScan], second: str = "") -> list[Grid]:
    """Return the grids of some scans' stored crops; CohortError names one that is unusable.

    second: the kind of second scan whose grids follow; blank: none.

    Hashes are compared with the table's, which takes a millisecond a scan. Whether the voxels match
    the hash is checked when they are read, by HDF5's checksum of each slice.
    """
    scans = list(scans)
    kinds = ("", second) if second else ("",)
    grids = []
    for kind, scan in product(kinds, scans):
        path = cohort.store_path(scan, kind)
        if not path.is_file():
            raise CohortError(f"{relative(path)} is missing; run tools/prepare_cohort.py")
        column = hash_column(kind) if kind else "crop_sha256"
        grid, expected = read_grid(path), scan.row.get(column)
        if grid is None or (expected and grid.sha256 != expected):
            raise CohortError(
                f"{relative(path)} is damaged or is not the scan that {TABLE} names; run "
                "tools/prepare_cohort.py again"
            )
        grids.append(grid)
    return grids
