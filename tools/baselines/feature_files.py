"""Features of scans on disk: COHORT/features/KIND/SCAN_ID.npz, which keeps its origin, too."""

import zipfile
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import Cohort, CohortScan, store_path
from pylayers.cohort.store import read_hashes
from pylayers.errors import CohortError, is_machine_failure, machine_error
from pylayers.files.checkout import relative
from pylayers.files.whole_file import whole_file
from tools.baselines.feature_kinds import KINDS

FOLDER = "features"
KEY = "made_from"
# What reading a damaged file of features raises.
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def features_path(cohort: Path, kind: str, scan_id: str) -> Path:
    """Return where a cohort keeps one kind of features of a scan."""
    return cohort / FOLDER / kind / f"{scan_id}.npz"


def key_of(cohort: Path, kind: str, scan_id: str) -> str:
    """Return what features of that kind depend on: their version, the voxels and the lung mask.

    Raises CohortError for a stored crop that is missing, damaged or without a mask.
    """
    store = store_path(cohort, scan_id)
    hashes = read_hashes(store)
    if hashes is None:
        raise CohortError(
            f"{relative(store)} is missing or damaged; run tools/prepare_cohort.py again"
        )
    if not hashes[1]:
        raise CohortError(
            f"{relative(store)} was stored without its lung mask, which baselines need: run "
            "tools/prepare_cohort.py again with the same table and folder (it remakes just "
            "those), then tools/split_cohort.py as before"
        )
    return " ".join((str(KINDS[kind].version), *hashes))


def write_features(cohort: Path, kind: str, scan_id: str, features: dict[str, np.ndarray]) -> None:
    """Write features; the file appears whole or not at all."""
    path = features_path(cohort, kind, scan_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **{KEY: key_of(cohort, kind, scan_id)}, **features)


def are_current(cohort: Path, kind: str, scan_id: str) -> bool:
    """Return whether a scan's features are there and are those of its stored crop."""
    key = key_of(cohort, kind, scan_id)
    try:
        with np.load(features_path(cohort, kind, scan_id)) as file:
            return str(file[KEY]) == key
    except UNREADABLE:
        return False


def read_features(cohort: Cohort, kind: str, scan: CohortScan) -> dict[str, np.ndarray]:
    """Return features that were written; CohortError when they are missing or damaged."""
    path = features_path(cohort.folder, kind, scan.scan_id)
    try:
        with np.load(path) as file:
            return {name: file[name] for name in file.files if name != KEY}
    except UNREADABLE as error:
        if is_machine_failure(error):
            raise machine_error(error, f"reading {path}") from None
        raise CohortError(
            f"{relative(path)} is missing or damaged; remove it and try again"
        ) from None
