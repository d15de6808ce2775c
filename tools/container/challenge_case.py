"""A case of Grand Challenge: one chest CT in a folder, numbers into another one."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json, write_whole
from pylayers.lungs.scan_request import ScanRequest
from tools.scoring.chosen_runs import add_weights
from tools.scoring.scan_result import score
from tools.scoring.scorer import Scorer

SCANS = Path("images") / "ct"
FORMATS = (".mha",)
OUTPUTS = {
    "ve": "visual-emphysema-score.json",
    "fev1fvc": "fev1-fvc-ratio.json",
    "fev1pp": "fev1-percent-predicted.json",
}
OWN = "own-*.json"  # of targets that a cohort declares; * is the name, with - for _
EVERYTHING = "scan2num.json"
FILES = """
    INPUT/images/ct/*.mha                      the scan
    OUTPUT/visual-emphysema-score.json         a number, 0 to 5
    OUTPUT/fev1-fvc-ratio.json                 a number, a fraction
    OUTPUT/fev1-percent-predicted.json         a number, percent
    OUTPUT/own-*.json                          a number, of each target that the cohort declared
    OUTPUT/scan2num.json                       all that score_scan.py --json writes

A target's file is written where there are weights for it that know the scan's pixel size. For a
refused scan only scan2num.json is written; it says why.
"""  # for the help of the programs


class ChallengeCase(NamedTuple):
    """scan: the file to score. output: the folder for the numbers, which has none of them yet."""

    scan: Path
    output: Path


def add_case_options(parser: ArgumentParser) -> None:
    """Give a command line the options of a case: --input, --output, --weights and --device."""
    parser.add_argument(
        "--input", type=given_path, default=Path("/input"), help="default: %(default)s"
    )
    parser.add_argument(
        "--output", type=given_path, default=Path("/output"), help="default: %(default)s"
    )
    add_weights(parser)
    parser.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")


def open_case(inputs: Path, output: Path) -> ChallengeCase:
    """Return the case that lies in two folders; numbers of an earlier one in `output` are removed.

    A case that fails must not leave another one's number behind. Raises UsageError when the scan is
    not one, or when `output` cannot be written to.
    """
    if not output.is_dir():
        raise UsageError(f"--output {output}: there is no such folder")
    scans = scans_in(inputs / SCANS)
    names = [output / name for name in (EVERYTHING, *OUTPUTS.values())] + list(output.glob(OWN))
    for path in names:
        check_output(path, inputs=scans)
    for path in names:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{path} cannot be replaced: {error.strerror}") from None
    if len(scans) != 1:
        raise UsageError(f"{inputs / SCANS} holds {len(scans)} files *.mha; a job has one")
    return ChallengeCase(scans[0], output)


def scans_in(folder: Path) -> list[Path]:
    """Return the scans in a folder, sorted; none when there is no such folder."""
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in FORMATS)


def score_case(case: ChallengeCase, scorers: list[Scorer]) -> dict:
    """Score a case, write its files and return what scan2num.json holds, a refusal included.

    Raises MachineError when the machine fails and not the scan.
    """
    result = score(scorers, ScanRequest(case.scan)).content
    write_json(case.output / EVERYTHING, result)
    for name, target in result["targets"].items():
        file = OUTPUTS.get(name) or OWN.replace("*", name.replace("_", "-"))
        write_whole(case.output / file, json.dumps(target["score"]) + "\n")
    return result
