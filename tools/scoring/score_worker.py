"""What a worker process of score_cohort does: load the nets, then score scan after scan."""

from collections.abc import Callable
from pathlib import Path

from pylayers.errors import WeightsError
from tools.scan_lists.scan_table import ScanJob, source_key
from tools.scoring.engines import load_runs
from tools.scoring.scan_result import score
from tools.scoring.score_journal import difference
from tools.scoring.score_output import scored_with
from tools.scoring.score_tables import row_of, slices_of
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.workers.worker_setup import ScoreSetup
from tools.workers.worker_side import main


def begin(setup: ScoreSetup) -> Callable[[ScanJob], dict]:
    """Load the nets; return the function from a job to what the journal keeps of it.

    Raises WeightsError when nets, weights or engine are not those that the run was started with.
    """
    how = (setup.gpu, setup.offsets, setup.resample)
    runs = load_runs([RunFolder.at(Path(run)) for run in setup.runs], setup.engine)
    if setup.scored_with is not None:
        here = scored_with(runs, setup.engine, setup.gpu)
        if here != setup.scored_with:
            raise WeightsError(f"a worker process finds {difference(here, setup.scored_with)}")
    scorers = [Scorer(run, *how) for run in runs]
    return lambda job: entry_of(job, scorers, setup.contributions)


def entry_of(job: ScanJob, scorers: list[Scorer], contributions: bool) -> dict:
    """Score a scan; return what the journal keeps of it, with or without its slices."""
    # before the scan is read: one that changes meanwhile is scored again
    key = source_key(job)
    seconds = {kind: job.second(kind) for kind, _ in job.seconds}
    result = score(scorers, job, seconds=seconds, patient=dict(job.patient)).content
    entry = {"scan_id": job.scan_id, "source_key": key, "row": row_of(job.scan_id, result)}
    return entry | ({"slices": slices_of(result)} if contributions else {})


if __name__ == "__main__":
    main(begin)
