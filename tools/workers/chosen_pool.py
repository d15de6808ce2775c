"""Who works on the scans of a run: processes of this machine, or the workers of a Dask cluster."""

from argparse import Namespace
from collections.abc import Iterator

from tools.scan_lists.scan_table import ScanJob
from tools.workers import worker_pool
from tools.workers.worker_pool import Setup


def answers(jobs: list[ScanJob], setup: Setup, args: Namespace) -> Iterator[tuple]:
    """Return a generator of (job, answer) by the workers of --workers or --scheduler.

    An answer is what setup.module sends, or Lost. Raises NoWorkers, UsageError for Dask workers
    that cannot take part, and WeightsError when the nets are unusable.
    """
    if args.scheduler is None:
        return worker_pool.answers(jobs, setup, args.workers, args.timeout)
    from tools.workers import dask_pool  # not paid for by those who have one machine

    return dask_pool.answers(jobs, setup, args.scheduler, args.timeout)
