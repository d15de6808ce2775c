"""What a worker process does for the baselines: scan after scan, compute and store features."""

from collections.abc import Callable
from pathlib import Path

from pylayers.cohort.cohort import store_path
from pylayers.cohort.store import read_crop
from pylayers.errors import CohortError
from pylayers.files.whole_file import NotWritten
from tools.baselines.feature_files import write_features
from tools.baselines.feature_job import FeatureJob
from tools.baselines.feature_kinds import KINDS
from tools.workers.worker_setup import FeatureSetup
from tools.workers.worker_side import main


def begin(setup: FeatureSetup) -> Callable[[FeatureJob], CohortError | NotWritten | str]:
    """Return the function from a job to its scan_id, or to the error that ends the work."""
    cohort = Path(setup.cohort)

    def answer(job: FeatureJob) -> CohortError | NotWritten | str:
        try:
            crop = read_crop(store_path(cohort, job.scan_id))
            for kind in job.kinds:
                write_features(cohort, kind, job.scan_id, KINDS[kind].of(crop))
            return job.scan_id
        except (CohortError, NotWritten) as error:
            return error

    return answer


if __name__ == "__main__":
    main(begin)
