"""What a worker process of score_cohort does: load the nets, then score scan after scan."""

from pathlib import Path

from tools.scan_lists.scan_table import ScanJob, source_key
from tools.scoring.scan_result import score
from tools.scoring.score_tables import row_of, slices_of
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.workers.worker_setup import ScoreSetup
from tools.workers.worker_side import main


def begin(setup: ScoreSetup):
    """Load the nets; return the function from a job to what the journal keeps of it."""
    how = (setup.gpu, setup.offsets, setup.resample)
    scorers = [Scorer(RunFolder(Path(run)), *how) for run in setup.runs]
    return lambda job: entry_of(job, scorers, setup)


def entry_of(job: ScanJob, scorers: list[Scorer], setup: ScoreSetup) -> dict:
    """Score a scan; return what the journal keeps of it."""
    # before the scan is read: one that changes meanwhile is scored again
    key = source_key(job, setup.allow_uneven)
    result = score(
        scorers,
        job.scan,
        job.mask,
        mask_labels=job.mask_labels,
        allow_uneven=setup.allow_uneven,
    ).result
    entry = {"scan_id": job.scan_id, "source_key": key, "row": row_of(job.scan_id, result)}
    return entry | ({"slices": slices_of(result)} if setup.contributions else {})


if __name__ == "__main__":
    main(begin)
