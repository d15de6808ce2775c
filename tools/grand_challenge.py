"""Score the one chest CT of a Grand Challenge job: files in, files out, no network.

One process a job, which is the API method exec; serve_challenge.py is for invoke.

Research use, not a medical device.
"""

import argparse
import sys

from pylayers.command_line.exit_codes import REFUSED, complain, refusal, run
from pylayers.errors import ScanRefused
from tools.container.challenge_case import FILES, add_case_options, open_case, score_case
from tools.scoring.chosen_runs import chosen_runs, device, weights_note
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained
from tools.training.trained_variant import check_plain


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=f"{__doc__}{FILES}", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_case_options(p)
    return p


def answer(args: argparse.Namespace) -> int:
    """Score the scan of args.input and write args.output; return the exit code."""
    gpu = device(args.device)
    case = open_case(args.input, args.output)
    folders = chosen_runs(args.weights)
    check_plain(folders, "Grand Challenge")
    runs = [load_trained(folder) for folder in folders]
    result = score_case(case, [Scorer(run, gpu) for run in runs])
    if result["refused"]:
        complain(refusal(ScanRefused(**result["refused"])))
        return REFUSED
    complain(f"note: {weights_note(runs)}")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return answer(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
