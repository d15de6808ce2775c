"""Disk space, checked before a training starts and after each validation."""

import shutil

from pylayers.errors import UsageError
from pylayers.files.checkout import relative
from tools.training.run_folder import RunFolder
from tools.training.snapshots import NEWEST_KEPT

# Measured: weights 29.2 MB, momentum as much.
SNAPSHOT_MB = 60
BEST_MB = 30
# What is written before the oldest snapshot is removed, with the state that is resumed from.
NEXT_MB = SNAPSHOT_MB + 2 * BEST_MB
# The snapshots that are kept, the best weights, the next of both, and the log.
RUN_MB = NEWEST_KEPT * SNAPSHOT_MB + BEST_MB + NEXT_MB + 20


def free_mb(folder: RunFolder) -> int:
    """Return the free disk space where a run is, in MB."""
    return shutil.disk_usage(folder.path).free // 1_000_000


def check_space(folder: RunFolder) -> None:
    """Raise UsageError when a run's disk is too full to train; what the run holds counts."""
    used = sum(path.lstat().st_size for path in folder.path.rglob("*")) // 1_000_000
    free, needed = free_mb(folder), max(NEXT_MB, RUN_MB - used)
    if free < needed:
        raise UsageError(
            f"{free} MB are free where {relative(folder.path)} is and a training needs {needed} "
            "MB; free some or choose another disk with RUN="
        )


def is_full(folder: RunFolder) -> bool:
    """Return whether the next snapshot has no room."""
    return free_mb(folder) < NEXT_MB
