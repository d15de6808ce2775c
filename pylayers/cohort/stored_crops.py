"""The stored crops of a cohort against its table and our version, before hours are spent."""

from collections.abc import Iterable

from pylayers.cohort.cohort import SPLITS, TABLE, Cohort, CohortScan
from pylayers.cohort.store import Grid, read_grid
from pylayers.errors import CohortError
from pylayers.files.checkout import relative
from pylayers.lungs.crop import PREPROCESSING_VERSION


def checked_stores(cohort: Cohort, target: str) -> dict[str, list[Grid]]:
    """Return the grids of every split's stored crops, before hours are spent.

    Raises CohortError for one that is missing, damaged or of another preprocessing version.
    """
    scans = {split: cohort.labelled(split, target) for split in SPLITS}
    grids = {split: read_grids(cohort, these) for split, these in scans.items()}
    found = [
        (scan, grid.version)
        for split in SPLITS
        for scan, grid in zip(scans[split], grids[split], strict=True)
    ]
    others = [(scan, version) for scan, version in found if version != PREPROCESSING_VERSION]
    if others:
        first, version = others[0]
        raise CohortError(
            f"{len(others)} of {len(found)} stored crops, such as "
            f"{relative(cohort.store_path(first))}, are of preprocessing version {version}, and "
            f"this is version {PREPROCESSING_VERSION}: run tools/prepare_cohort.py again with the "
            "same table and folder (it remakes just those), then tools/split_cohort.py as before"
        )
    return grids


def read_grids(cohort: Cohort, scans: Iterable[CohortScan]) -> list[Grid]:
    """Return the grids of some scans' stored crops; CohortError names one that is unusable.

    Hashes are compared with the table's, which takes a millisecond a scan; that the voxels are
    those of the hash is seen when they are read, by HDF5's checksum of each slice.
    """
    grids = []
    for scan in scans:
        path = cohort.store_path(scan)
        if not path.is_file():
            raise CohortError(f"{relative(path)} is missing; run tools/prepare_cohort.py")
        grid, expected = read_grid(path), scan.row.get("crop_sha256")
        if grid is None or (expected and grid.sha256 != expected):
            raise CohortError(
                f"{relative(path)} is damaged or holds another scan than {TABLE} says; run "
                "tools/prepare_cohort.py again"
            )
        grids.append(grid)
    return grids
