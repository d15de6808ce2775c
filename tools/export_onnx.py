"""Write a trained run's network as ONNX, which scores without Caffe: its twin.

RUN/model.onnx takes any number of slices and carries what it was trained on, in which units it
counts, how far off the run was on its validation split, and what may be done with it. It is
written only when its scores are those of Caffe. With --out it goes to a folder to be handed on,
and beside it are README.txt, which says how to use it, and a model card, meta.json.

Research use, not a medical device.
"""

import argparse
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import complain, run
from pylayers.command_line.path_argument import given_path
from pylayers.files.checkout import relative
from pylayers.files.output_check import check_folder
from pylayers.files.whole_file import write_json, write_whole
from tools.scoring.caffe_network import CaffeNetwork
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_folder import TWIN
from tools.training.run_places import add_run_options, make_command
from tools.training.trained_run import TrainedRun, load_trained
from tools.twin.run_card import card
from tools.twin.twin_facts import USE, licence
from tools.twin.write_twin import write_twin

NOTE, CARD = "README.txt", "meta.json"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    add_run_options(p)
    p.add_argument("--out", type=given_path, help="folder to be handed on (default: the run's own)")
    return p


def export(args: argparse.Namespace) -> None:
    """Write the twin and its note."""
    folder = trained_run(args.target, args.cohort, args.run)
    trained = load_trained(folder)
    out = args.out or folder.path
    check_folder(
        out, "--out" if args.out else "", files=(TWIN, NOTE, CARD) if args.out else (TWIN,)
    )
    caffe = CaffeNetwork(folder)
    weights = {
        f"weights/{name}/{number}": blob.data
        for name, blobs in caffe.net.params.items()
        for number, blob in enumerate(blobs)
    }
    difference = write_twin(trained, caffe, weights, out / TWIN)
    if args.out:
        write_whole(out / NOTE, note(trained))
        write_json(out / CARD, card([trained]))
    if not folder.predictions("val").is_file():
        command = make_command("evaluate", folder, args.target)
        complain(
            f"note: how far off it may be is not in it; `{command}` finds out, then export again"
        )
    megabytes = (out / TWIN).stat().st_size / 1e6
    print(f"{relative(out / TWIN)}: {megabytes:.0f} MB, within {difference:.1g} of Caffe's scores")


def note(trained: TrainedRun) -> str:
    """Return what a colleague has to know who gets the folder."""
    cohort = Path(str(trained.best.get("cohort", ""))).name
    return f"""{TWIN} predicts {trained.target.title} from a whole chest CT. It needs a checkout of
scan2num and Python, no Caffe:

    pip install -r requirements-score.txt
    python tools/score_scan.py SCAN --weights {TWIN}

{licence(trained.is_phantom, cohort)}

{USE.capitalize()}.
"""


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    return export(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
