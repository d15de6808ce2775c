"""What a worker process of prepare_cohort does: scan after scan, find the lungs and store them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pylayers.cohort.cohort import store_path
from pylayers.cohort.second_scan import named, same_scan, second_notes
from pylayers.cohort.store import HASH, WARNINGS, read_facts, read_grid, write_crop
from pylayers.cohort.stored_views import complete_views
from pylayers.errors import ScanRefused
from pylayers.files.whole_file import NotWritten
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.views import View, check_slices, views_named
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
            views = views_named(setup.views) if setup.views else ()
            return store_all(job, setup.cohort, views)
        except (ScanRefused, NotWritten) as error:
            return error

    return answer


def store_all(job: ScanJob, cohort: str, views: Sequence[View]) -> dict:
    """Store the crops of a scan and of its second scans; return what cohort.csv says of them.

    Raises ScanRefused, which names a second scan, when any of them is refused.
    """
    facts = store_scan(replace(job, seconds=()), store_path(cohort, job.scan_id), views)
    hashes, warnings = {}, list(facts[WARNINGS])
    for kind, _ in job.seconds:
        second = job.second(kind)
        try:
            own = store_scan(second, store_path(cohort, second.scan_id))
        except ScanRefused as error:
            raise named(kind, error) from None
        if own[HASH] == facts[HASH]:
            raise same_scan(kind)
        hashes[kind] = own[HASH]
        warnings += [f"{kind}: {warning}" for warning in own[WARNINGS]]
        warnings += second_notes(kind, facts["lungs_l"], own["lungs_l"])
    return facts | {WARNINGS: warnings, "seconds": hashes}


def store_scan(job: ScanJob, store: Path, views: Sequence[View] = ()) -> dict:
    """Store one scan's crop and views as far as they are not there; return its facts.

    They are those of cohort.csv, and `doubts`: what is doubtful about the views. Raises ScanRefused
    as crop_lungs does, and where slices are too thick for views.
    """
    key = source_key(job)
    facts = read_facts(store)
    if facts is None or facts["source_key"] != key or not complete_views(store, views):
        crop = crop_lungs(job)
        if views:
            check_slices(crop.spacing_mm)
        write_crop(store, crop, key, views)
        facts = read_facts(store)
    return facts | {"doubts": check_slices(read_grid(store).spacing_mm) if views else []}


if __name__ == "__main__":
    main(begin)
