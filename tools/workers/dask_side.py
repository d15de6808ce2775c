"""The Dask worker's side of tools/workers/dask_pool.py: what it calls there."""

import asyncio

from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers.dask_crew import CREWS, crew_of
from tools.workers.dask_order import Order, Outcome, Unfit
from tools.workers.try_notes import MOST_TRIES, begun, forget
from tools.workers.worker_pool import Lost, Unusable


async def begin(order: Order) -> Unfit | Unusable | Lost | None:
    """Begin a run on this Dask worker, as by loading nets; return why that cannot be."""
    return await asyncio.to_thread(crew_of(order).start)  # its loop must go on meanwhile


def outcome_of(order: Order, job: ScanJob) -> Outcome:
    """Let a process of this Dask worker answer a job."""
    crew, scratch = crew_of(order), order.setup.scratch
    if crew.unfit is not None:  # it joined later
        return Outcome(crew.unfit, "", 0)
    tries = begun(scratch, job.scan_id)
    if tries > MOST_TRIES:
        return Outcome(Lost(f"{MOST_TRIES} Dask workers were lost over it"), "", tries)
    key = source_key(job)  # before the scan is read, as it may change meanwhile
    answer = crew.answer(job)
    if not isinstance(answer, Lost):
        forget(scratch, job.scan_id)
    return Outcome(answer, key, tries)


def end(run: str) -> None:
    """End a run on this Dask worker."""
    if run in CREWS:
        CREWS[run].end()
