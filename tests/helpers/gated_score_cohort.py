"""tools/score_cohort.py, but it comes to a gate before each scan, and around its table."""

import sys

from pylayers.command_line.exit_codes import run
from tests.helpers.gate import come_to
from tools import score_cohort
from tools.scoring import score_output
from tools.workers.worker_setup import ScoreSetup

write_scores = score_output.write_scores


def gated(*arguments):
    come_to("before the table")
    write_scores(*arguments)
    come_to("after the table")


score_output.write_scores = gated
ScoreSetup.module = "tests.helpers.gated_score_worker"

if __name__ == "__main__":
    sys.exit(run(score_cohort.main))
