"""Score the one chest CT of a Grand Challenge job: files in, files out, no network.

    INPUT/images/ct/*.mha                      the scan
    OUTPUT/visual-emphysema-score.json         a number, 0 to 5
    OUTPUT/fev1-fvc-ratio.json                 a number, a fraction
    OUTPUT/fev1-percent-predicted.json         a number, percent
    OUTPUT/scan2num.json                       all that score_scan.py --json writes

A target's file is written where there are weights for it that know the scan's pixel size. For a
refused scan only scan2num.json is written; it says why.

Research use, not a medical device.
"""

import argparse
import json
import sys
from pathlib import Path

from pylayers.command_line.exit_codes import REFUSED, complain, refusal, run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import ScanRefused, UsageError
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json, write_whole
from pylayers.lungs.scan_request import ScanRequest
from tools.scoring.chosen_runs import add_weights, chosen_runs, device, weights_note
from tools.scoring.scan_result import score
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained

SCANS = Path("images") / "ct"
FORMATS = (".mha",)
OUTPUTS = {
    "ve": "visual-emphysema-score.json",
    "fev1fvc": "fev1-fvc-ratio.json",
    "fev1pp": "fev1-percent-predicted.json",
}
EVERYTHING = "scan2num.json"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--input", type=given_path, default=Path("/input"), help="default: %(default)s")
    p.add_argument(
        "--output", type=given_path, default=Path("/output"), help="default: %(default)s"
    )
    add_weights(p)
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")
    return p


def answer(args: argparse.Namespace) -> int:
    """Score the scan of args.input and write args.output; return the exit code."""
    gpu = device(args.device)
    scan = the_scan(args.input / SCANS)
    if not args.output.is_dir():
        raise UsageError(f"--output {args.output}: there is no such folder")
    for name in (EVERYTHING, *OUTPUTS.values()):
        check_output(args.output / name, inputs=(scan,))
    folders = chosen_runs(args.weights)
    runs = [load_trained(folder) for folder in folders]
    scorers = [Scorer(run, gpu) for run in runs]
    result = score(scorers, ScanRequest(scan)).content
    write_json(args.output / EVERYTHING, result)
    for name, target in result["targets"].items():
        write_whole(args.output / OUTPUTS[name], json.dumps(target["score"]) + "\n")
    if result["refused"]:
        print(refusal(ScanRefused(**result["refused"])), file=sys.stderr)
        return REFUSED
    complain(f"note: {weights_note(runs)}")
    return 0


def the_scan(folder: Path) -> Path:
    """Return the one scan in a job's folder; UsageError when there is none or several."""
    scans = sorted(path for path in folder.glob("*") if path.suffix.lower() in FORMATS)
    if len(scans) != 1:
        raise UsageError(f"{folder} holds {len(scans)} files *.mha; a job has one")
    return scans[0]


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return answer(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
