"""What a run tells a Dask worker, and what that tells of a scan; both sides of dask_pool know."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers.code_identity import identity, other_parts
from tools.workers.worker_pool import Setup


@dataclass(frozen=True)
class Order:
    """A run's order.

    run: its name. module: the program of the processes, and setup: what they are told first.
    limit_s: for a scan. identity: of the run's own process. token: name of a file in the scratch
    folder. samples: some scans, with the key that each has where the run was started.
    """

    run: str
    module: str
    setup: Setup
    limit_s: float
    identity: dict[str, str]
    token: str
    samples: tuple[tuple[ScanJob, str], ...]


class Unfit(NamedTuple):
    """Stands for an answer: this Dask worker would give wrong ones."""

    sentence: str


class Outcome(NamedTuple):
    """What becomes of a scan: its answer, the key of the files that were read, which try it was."""

    answer: Any
    key: str
    tries: int


def unfit(order: Order) -> Unfit | None:
    """Return why this process must not work for a run; None when nothing is wrong."""
    others = other_parts(identity(), order.identity)
    if others:
        return Unfit(f"it has {', '.join(others)}; start it anew from the same checkout")
    scratch = Path(order.setup.scratch)
    if not (scratch / order.token).is_file():
        return Unfit(f"it does not see the folder {scratch.parent}, which all machines must share")
    for job, key in order.samples:
        if source_key(job) != key:
            return Unfit(
                f"it does not see the scan {job.scan_id} as this machine does; its folder must be "
                "shared by all machines"
            )
    return None
