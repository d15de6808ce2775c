"""What a worker process of prepare_cohort does: scan after scan, find the lungs and store them."""

from collections.abc import Callable
from pathlib import Path

from pylayers.cohort.cohort import store_path
from pylayers.cohort.store import read_facts, write_crop
from pylayers.errors import ScanRefused
from pylayers.files.whole_file import NotWritten
from pylayers.lungs.crop_lungs import crop_lungs
from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers.worker_setup import PrepareSetup
from tools.workers.worker_side import main


def begin(setup: PrepareSetup) -> Callable[[ScanJob], dict | ScanRefused | NotWritten]:
    """Return the function from a job to what cohort.csv says of the scan.

    Of a scan that is refused it returns the refusal, and NotWritten when the store cannot be
    written, as no other could.
    """

    def answer(job: ScanJob) -> dict | ScanRefused | NotWritten:
        try:
            store = store_path(setup.cohort, job.scan_id)
            return store_scan(job, store)
        except (ScanRefused, NotWritten) as error:
            return error

    return answer


def store_scan(job: ScanJob, store: Path) -> dict:
    """Store one scan's crop unless it is there already; return what cohort.csv says of it."""
    key = source_key(job)
    facts = read_facts(store)
    if facts is None or facts["source_key"] != key:
        write_crop(store, crop_lungs(job), key)
        facts = read_facts(store)
    return facts


if __name__ == "__main__":
    main(begin)
