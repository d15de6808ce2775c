"""Who works on the scans of a run: processes of this machine, or the workers of a Dask cluster."""

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tools.scan_lists.scan_table import ScanJob
from tools.workers.worker_options import check_worker_options
from tools.workers.worker_pool import Setup, answers

# (jobs, setup) -> (job, answer) as they come, each job once; an answer is what setup.module sends,
# or Lost. Raises NoWorkers, and WeightsError when the nets are unusable. To be closed.
Answers = Callable[[list[ScanJob], Setup], Iterator[tuple]]


@contextmanager
def chosen_pool(args: Namespace) -> Iterator[Answers]:
    """Yield the function that gives scans to the workers of --workers or --scheduler.

    Raises UsageError for options that make no sense and for an address where no scheduler answers.
    """
    check_worker_options(args)
    if args.scheduler is None:
        yield partial(answers, workers=args.workers, limit_s=args.timeout)
        return
    from tools.workers import dask_pool  # not paid for by those who have one machine

    with dask_pool.connected(args.scheduler) as client:
        yield partial(dask_pool.answers, client=client, limit_s=args.timeout)
