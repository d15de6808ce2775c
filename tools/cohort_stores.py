"""The stored crops of a cohort against its table, before hours are spent on them."""

from pylayers.cohort import SPLITS, TABLE, Cohort
from pylayers.errors import CohortError
from pylayers.store import stored_sha256
from tools.run_folder import relative


def check_stores(cohort: Cohort, target: str, splits=SPLITS) -> None:
    """Raise CohortError when a labelled scan of some splits is not stored as the table says.

    Compares hashes, which takes a millisecond a scan; that the voxels are those of the hash is seen
    when they are read, by HDF5's checksum of each slice.
    """
    for split in splits:
        for scan in cohort.labelled(split, target):
            path = cohort.store_path(scan)
            if not path.is_file():
                raise CohortError(f"{relative(path)} is missing; run tools/prepare_cohort.py")
            expected = scan.row.get("crop_sha256")
            if expected and stored_sha256(path) != expected:
                raise CohortError(
                    f"{relative(path)} is damaged or holds another scan than {TABLE} says; run "
                    "tools/prepare_cohort.py again"
                )
