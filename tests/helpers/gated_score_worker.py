"""score_cohort's worker, but it comes to a gate before each scan."""

from tests.helpers.gate import come_to
from tools.scoring import score_worker
from tools.workers.worker_side import main


def begin(setup):
    answer = score_worker.begin(setup)

    def gated(job):
        come_to(job.scan_id)
        return answer(job)

    return gated


if __name__ == "__main__":
    main(begin)
