"""Phantoms scanned again, straight into a cohort's store: OUT/cohort.csv and OUT/scans/*.h5.

What is stored is not made again.
"""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2

from data.phantom.cohort_folder import VERSION
from data.phantom.second_scans import CONDITIONS, scan_again
from data.phantom.stored_scan import is_current, slices_text, store_rendered
from pylayers.cohort.cohort import TABLE, store_path, write_rows
from pylayers.command_line.progress_bar import progress_bar
from pylayers.files.folder_lock import FolderLock
from pylayers.files.whole_file import remove_partials


class Source(NamedTuple):
    """Where phantoms come from: the seed of their cohort, and how thin its slices are."""

    seed: int
    thin_share: float = 0.0
    thickest_mm: float | None = None


def make_repeats(
    out: Path, source: Source, indices: Iterable[int], workers: int, quiet: bool
) -> dict[str, str]:
    """Make what is missing of all CONDITIONS of phantoms, then write the table.

    Returns scan_id -> why it was refused. Lungs are found in each scan, no mask is given.
    """
    jobs = [(index, condition) for index in indices for condition in CONDITIONS]
    refused = {}
    with FolderLock(out, "measurement of repeatability"):
        (out / "scans").mkdir(exist_ok=True)
        remove_partials(out / "scans", ".h5")
        make = partial(make_one, out=out, source=source)
        missing = [job for job in jobs if not is_stored(out, source, *job)]
        bar = progress_bar(
            name="repeat scans", unit="scan", quiet=quiet, total=len(jobs),
            start=len(jobs) - len(missing),
        )  # fmt: skip
        with bar, _executor(min(workers, len(missing))) as executor:
            try:
                futures = {executor.submit(make, *job): job for job in missing}
                for future in as_completed(futures):
                    if sentence := future.result():
                        refused[scan_id_of(*futures[future])] = sentence
                    bar.update()
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise
        rows = [
            {
                "scan_id": scan_id_of(index, condition),
                "subject_id": f"subject_{index:04d}",
                "split": "test",
                "condition": condition,
            }
            for index, condition in jobs
            if scan_id_of(index, condition) not in refused
        ]
        write_rows(out / TABLE, rows)
    return refused


def _executor(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(max(1, workers), mp_context=get_context("spawn"))


def scan_id_of(index: int, condition: str) -> str:
    """Return the name of a scan."""
    return f"phantom_{index:04d}_{condition}"


def key_of(source: Source, index: int, condition: str) -> str:
    """Return what a stored scan is made of."""
    slices = slices_text(source.thin_share, source.thickest_mm)
    return f"phantom version {VERSION} {source.seed} {slices} {index} {condition}"


def is_stored(out: Path, source: Source, index: int, condition: str) -> bool:
    """Return whether a scan is in the store, of this version."""
    store = store_path(out, scan_id_of(index, condition))
    return is_current(store, key_of(source, index, condition))


def make_one(index: int, condition: str, out: Path, source: Source) -> str:
    """Render one scan, find its lungs and store them; return why it is refused, or ""."""
    cv2.setNumThreads(1)
    subject, phantom = scan_again(
        source.seed, index, condition, source.thin_share, source.thickest_mm
    )
    store = store_path(out, scan_id_of(index, condition))
    return store_rendered(store, key_of(source, index, condition), subject, phantom.hu)
