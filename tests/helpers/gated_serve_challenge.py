"""tools/serve_challenge.py, but it comes to a gate before it loads a net and before each case."""

import sys

from pylayers.command_line.exit_codes import run
from tests.helpers.gate import come_to
from tools import serve_challenge
from tools.container import challenge_case

load_trained, score = serve_challenge.load_trained, challenge_case.score


def gated_load(folder):
    come_to("load")
    return load_trained(folder)


def gated_score(*arguments):
    come_to("case")
    return score(*arguments)


serve_challenge.load_trained = gated_load
challenge_case.score = gated_score

if __name__ == "__main__":
    sys.exit(run(serve_challenge.main))
