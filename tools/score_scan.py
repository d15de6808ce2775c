"""Score one chest CT: 16 slices through the lungs, one number per trained target.

From several start offsets (--offsets) the score is the mean over all their slices. The JSON then
lists each slice once, from base to apex, with a weight: how often the slice was met, over how often
a listed slice was met on average. Its contribution is its own score times the weight, so that the
score is the mean of the listed contributions in any case.

Research use, not a medical device.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # without `make setup`, too

from pylayers.batch.slice_sample import checked_offsets
from pylayers.cohort.second_scan import KINDS
from pylayers.command_line.deliveries import deliver
from pylayers.command_line.exit_codes import REFUSED, complain, refusal, run
from pylayers.command_line.path_argument import given_path_text
from pylayers.command_line.standard_streams import print_result, stdout_is_closed
from pylayers.errors import ScanRefused, UsageError
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json
from pylayers.lungs.label_map import parse_labels
from pylayers.lungs.scan_request import ScanRequest
from tools.dicom_out.dicom_options import add_dicom_out, dicom_outputs, write_dicom_out
from tools.scoring.chosen_runs import (
    add_offsets,
    add_resample,
    add_weights,
    chosen_runs,
    device,
    second_kinds,
    weights_note,
)
from tools.scoring.engines import CAFFE, add_engine, engine_of, load_runs
from tools.scoring.patient_options import add_patient, patient_cells_of
from tools.scoring.scan_result import cropped, score
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.training.trained_variant import check_plain
from tools.workers.worker_options import add_allow_uneven

RESEARCH_USE = "research use, not a medical device"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "scan",
        type=given_path_text,
        help="chest CT: .mhd, .mha, .nrrd, .nhdr, .nii, .nii.gz, .hdr; of DICOM a folder, its .zip "
        "or .tar.gz, or a multi-frame file",
    )
    p.add_argument(
        "--mask", type=given_path_text, help="lung label map on the scan's grid (default: computed)"
    )
    p.add_argument(
        "--mask-labels",
        metavar="LABELS",
        help="the mask's labels that are lung, such as 10-14 (default: Chest Imaging Platform's)",
    )
    for kind, words in KINDS.items():
        p.add_argument(
            f"--{kind}",
            type=given_path_text,
            metavar="SCAN2",
            help=f"{words} of the same subject, for weights that take one (docs/variants.md)",
        )
    p.add_argument("--series", metavar="UID", help="DICOM series (default: the largest axial one)")
    add_allow_uneven(p)
    add_weights(p)
    add_engine(p)
    add_offsets(p)
    add_resample(p)
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")
    p.add_argument(
        "--json", type=given_path_text, metavar="FILE", help="write everything as JSON; - is stdout"
    )
    p.add_argument(
        "--figure", type=given_path_text, metavar="PNG", help="draw the slices' contributions"
    )
    p.add_argument(
        "--report",
        type=given_path_text,
        metavar="HTML",
        help="write one page: number, slices, where the network looked (some ten seconds a target)",
    )
    add_patient(p)
    add_dicom_out(p)
    p.add_argument("--quiet", action="store_true", help="no notes on stderr")
    return p


def score_scan(args: argparse.Namespace) -> int:
    """Score args.scan and print, write and draw what was asked for; return the exit code."""
    gpu = device(args.device)
    request = request_of(args)
    checked_offsets(args.offsets)
    check_outputs(args)
    folders = chosen_runs(args.weights)
    seconds = second_requests(args, folders)
    for option, _ in [*([("--report", "")] if args.report else []), *dicom_outputs(args)]:
        check_plain(folders, option)
    engine = engine_of(args.engine, folders, gpu)
    patient = patient_cells_of(args, folders)
    if args.report and engine != CAFFE:
        raise UsageError("--report draws maps by Caffe's backward pass; it needs --engine caffe")
    with ThreadPoolExecutor(1) as beside:  # weights are loaded while the lungs are sought
        loading = beside.submit(load_runs, folders, engine)
        lungs = cropped(request)
        started = time.perf_counter()
        runs = loading.result()
    scorers = [Scorer(run, gpu, args.offsets, args.resample) for run in runs]
    load_s = round(time.perf_counter() - started, 3)
    result, scored = score(scorers, request, lungs, seconds, patient)
    if scored is not None:
        result["timings_s"] = {"load_nets": load_s, **result["timings_s"]}

    def show() -> None:
        if args.json != "-":
            targets = {run.target.name: run.target for run in runs}
            for name, scores in result["targets"].items():
                print_result(f"{name}\t{targets[name].text(scores['score'])}")

    def write() -> None:
        if args.json:
            write_result(args.json, result)

    def report() -> None:
        if args.report:
            from tools.scan_report.scan_page import write_report

            write_report(args.report, result, runs, scored)

    def draw() -> None:
        if args.figure and scored is not None:
            from tools.figures.contributions import draw_contributions
            from tools.scoring.drawn_scores import contributions_of

            drawn = contributions_of(Path(args.scan).name, scored)
            draw_contributions(drawn, args.figure)

    def note() -> None:
        if scored is None:
            complain(refusal(ScanRefused(**result["refused"])))
        elif not args.quiet:
            series = [f"scored series {result['series']}"] if result["series"] else []
            for line in [*series, weights_note(runs), *result["warnings"], RESEARCH_USE]:
                complain(f"note: {line}")

    def dicom() -> None:
        write_dicom_out(args, request, result, scored)

    deliver(write, show, draw, report, note, dicom)
    return REFUSED if scored is None else 0


def request_of(args: argparse.Namespace) -> ScanRequest:
    """Return what is to be read; UsageError for mask labels that are none or have no mask."""
    labels = None
    if args.mask_labels is not None:
        labels = parse_labels(args.mask_labels)
        if labels is None:
            raise UsageError("--mask-labels is blank; it takes numbers and ranges such as 10-14")
        if args.mask is None:
            raise UsageError("--mask-labels names labels of --mask, which is not given")
    return ScanRequest(args.scan, args.mask, labels, args.series, args.allow_uneven)


def second_requests(args: argparse.Namespace, runs: list[RunFolder]) -> dict[str, ScanRequest]:
    """Return the second scans to read, by kind; UsageError for one that no run takes."""
    given = {kind: getattr(args, kind) for kind in KINDS if getattr(args, kind) is not None}
    for kind in given:
        if kind not in second_kinds(runs):
            raise UsageError(f"--{kind} names {KINDS[kind]}, and none of the weights take one")
    return {kind: ScanRequest(scan, allow_uneven=args.allow_uneven) for kind, scan in given.items()}


def check_outputs(args: argparse.Namespace) -> None:
    """Raise UsageError, before any work, for a file that could not be written."""
    if stdout_is_closed() and (args.json == "-" or not (args.json or args.report)):
        raise UsageError("stdout is closed and no --json names a file: the score would be lost")
    taken = set()
    for option, name in (
        ("--json", None if args.json == "-" else args.json),
        ("--figure", args.figure),
        ("--report", args.report),
        *dicom_outputs(args),
    ):
        if name is not None:
            place = check_output(
                name, option, inputs=(args.scan, args.mask, args.expiration, args.earlier)
            )
            if place in taken and not place.stream:
                raise UsageError(f"{option} {name} is another output, too")
            taken.add(place)
    if args.figure and Path(args.figure).suffix != ".png":
        raise UsageError(f"--figure {args.figure} does not end in .png")
    if args.report and Path(args.report).suffix != ".html":
        raise UsageError(f"--report {args.report} does not end in .html")


def write_result(destination: str, result: dict) -> None:
    """Write the JSON to a file, or to stdout for `-`."""
    if destination == "-":
        print_result(json.dumps(result, indent=2))
    else:
        write_json(Path(destination), result)


def main(argv: list[str] | None = None) -> int:
    """Run the program."""
    return score_scan(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
