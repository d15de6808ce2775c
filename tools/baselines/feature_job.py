"""Computes what is missing of the features of a cohort's scans, by worker processes."""

from collections.abc import Iterable
from contextlib import closing
from typing import NamedTuple

from pylayers.cohort.cohort import Cohort, CohortScan
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import MachineError
from pylayers.files.folder_lock import FolderLock
from pylayers.files.whole_file import remove_partials
from tools.baselines.feature_files import FOLDER, are_current
from tools.workers.scratch_folder import scratch_folder
from tools.workers.worker_pool import Lost, NoWorkers, answers
from tools.workers.worker_setup import FeatureSetup

SCRATCH = ".scan2num-features"
GOES_ON = "what is computed is kept, the same command goes on"


class FeatureJob(NamedTuple):
    """One scan, and the kinds of features that it lacks."""

    scan_id: str
    kinds: tuple[str, ...]


def complete_features(
    cohort: Cohort,
    scans: Iterable[CohortScan],
    kinds: Iterable[str],
    workers: int,
    timeout_s: float,
    quiet: bool,
) -> None:
    """Compute and store the features that scans lack; those of an earlier run are kept.

    workers: processes. timeout_s: after which a scan is given up. Raises CohortError for stored
    crops that cannot be used, and MachineError when the machine fails.
    """
    folder = cohort.folder / FOLDER
    with FolderLock(folder, "computation of features"):
        remove_partials(folder, ".npz")  # of a run that was killed
        jobs = []
        for scan in scans:
            lacking = [k for k in kinds if not are_current(cohort.folder, k, scan.scan_id)]
            if lacking:
                jobs.append(FeatureJob(scan.scan_id, tuple(lacking)))
        if not jobs:
            return
        bar = progress_bar(name="features", unit="scan", quiet=quiet, total=len(jobs))
        with bar, scratch_folder(folder / SCRATCH) as scratch:
            setup = FeatureSetup(str(cohort.folder), scratch)
            try:
                with closing(answers(jobs, setup, workers, timeout_s)) as done:
                    for job, answer in done:
                        if isinstance(answer, Lost):
                            raise MachineError(f"{job.scan_id}: {answer.sentence}; {GOES_ON}")
                        if isinstance(answer, Exception):
                            raise answer
                        bar.update()
            except NoWorkers as error:
                raise MachineError(f"{error}; {GOES_ON}") from None
