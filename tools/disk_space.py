"""Disk space: said before hours are lost."""

import shutil

from pylayers.errors import UsageError
from tools.run_folder import RunFolder, relative
from tools.snapshots import NEWEST_KEPT

# Measured: weights 29.2 MB, momentum as much.
SNAPSHOT_MB = 60
BEST_MB = 30
# The snapshots that are kept, the one being written and the best weights twice, and the log.
RUN_MB = (NEWEST_KEPT + 1) * SNAPSHOT_MB + 2 * BEST_MB + 20


def free_mb(folder: RunFolder) -> int:
    """Return the free disk space where a run is, in MB."""
    return shutil.disk_usage(folder.path).free // 1_000_000


def check_space(folder: RunFolder) -> None:
    """Raise UsageError when the run's disk is too full to train."""
    free = free_mb(folder)
    if free < RUN_MB:
        raise UsageError(
            f"{free} MB are free where {relative(folder.path)} is and a training needs {RUN_MB} "
            "MB; free some or choose another disk with RUN="
        )


def is_full(folder: RunFolder) -> bool:
    """Return whether the next snapshot has no room."""
    return free_mb(folder) < SNAPSHOT_MB + BEST_MB
