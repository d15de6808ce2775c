"""Draw emphysema of known extents into a real CT and see whether the scores follow it.

Lesions of centrilobular emphysema, as the phantoms have them, grow in the lungs of a scan: each
extent holds the lesions of the smaller ones. In a lesion the tissue's level is put down to that of
destroyed lung on the scan's own scale; noise, vessels and airways stay. The lungs are found once,
on the scan as it is, and every extent is scored as by score_scan.py. A trained network must follow:
ve up, fev1fvc and fev1pp down.

Writes into --out: response.csv, response.png and response.json.

Research use, not a medical device.
"""

import argparse
import sys
from collections.abc import Callable, Iterator

import numpy as np

from data.phantom.real_lungs import plan_real_lungs
from pylayers.command_line.exit_codes import complain, run
from pylayers.command_line.path_argument import given_path, given_path_text
from pylayers.command_line.progress_bar import progress_bar
from pylayers.command_line.standard_streams import print_result
from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_folder
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.crop_lungs import crop_of_scan
from pylayers.lungs.scan_lungs import read_requested
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.scan import Scan
from tools.response.dose_response import LAA950, dose_response, monotony
from tools.response.edge_blur import edge_blur_mm
from tools.response.emphysema_level import emphysema_level
from tools.response.inserted_lesions import InsertedLesions
from tools.response.lesion_order import lesion_order
from tools.response.lung_tissue import lung_tissue
from tools.response.response_results import PICTURE, SUMMARY, TABLE, line_of, write_response
from tools.scoring.chosen_runs import add_weights, chosen_runs, device, weights_note
from tools.scoring.scored_crop import score_crop
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained
from tools.training.trained_variant import check_plain

SAMPLE = ROOT / "build" / "lidc_sample" / "cxr.nii.gz"
DOSES = "0,2,5,10,15,20,30,40,50"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "scan",
        type=given_path,
        nargs="?",
        default=SAMPLE,
        help=f"chest CT that score_scan.py takes (default: {relative(SAMPLE)})",
    )
    add_weights(p)
    p.add_argument(
        "--doses",
        type=given_path_text,
        default=DOSES,
        metavar="%,%",
        help="extents in percent of the lungs' volume (default: %(default)s)",
    )
    p.add_argument("--repeats", type=int, default=3, help="plans of lesions (default: %(default)s)")
    p.add_argument("--seed", type=int, default=1, help="of the lesions (default: %(default)s)")
    p.add_argument(
        "--out",
        type=given_path,
        default=ROOT / "build" / "response",
        help="folder (default: build/response)",
    )
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")
    p.add_argument("--quiet", action="store_true", help="no notes and no progress on stderr")
    return p


def response_curve(args: argparse.Namespace) -> None:
    """Measure, write and print the response."""
    doses, gpu = checked_doses(args.doses), device(args.device)
    for option, value, least in (("--repeats", args.repeats, 1), ("--seed", args.seed, 0)):
        if value < least:
            raise UsageError(f"{option} {value} is below {least}")
    if args.scan == SAMPLE and not SAMPLE.exists():
        raise UsageError(f"there is no {relative(SAMPLE)}; `make response` fetches it")
    runs = chosen_runs(args.weights)
    check_plain(runs, "make response")
    loaded = [load_trained(folder) for folder in runs]
    trained = [run for run in loaded if not run.target.is_own]
    if not trained:
        raise UsageError(
            f"how {loaded[0].target.name}, a target of a cohort's own, answers to emphysema is not "
            "known; choose another run with --weights"
        )
    scorers = [Scorer(run, gpu) for run in trained]
    check_folder(args.out, "--out", files=(TABLE, PICTURE, SUMMARY), inputs=(args.scan,))
    request = ScanRequest(args.scan)
    scan = read_requested(request)
    crop = crop_of_scan(scan, request)
    notes = [weights_note(trained), *score_crop(scorers, crop).warnings]
    responses, first = [], None
    bar = progress_bar(
        name="response", unit="scan", quiet=args.quiet, total=len(doses) * args.repeats
    )
    with bar:
        for plan in lesion_plans(scan, crop, args.seed, args.repeats):
            first = first or plan
            for response in dose_response([plan], doses, measure_by(scorers)):
                responses.append(response._replace(repeat=1 + len(responses) // len(doses)))
                bar.update()
    if not args.quiet:
        for note in dict.fromkeys(notes):
            complain(f"note: {note}")
    for name in responses[0].values:
        print_result(line_of(name, monotony(responses, name)))
    facts = {
        "scan": args.scan.name,
        "seed": args.seed,
        "repeats": args.repeats,
        "lesion_hu": round(first.hole_hu, 1),
        "blur_mm": round(first.blur_px * crop.spacing_mm[1], 3),
        "weights_sha256": {scorer.target.name: scorer.run.weights_sha256 for scorer in scorers},
    }
    title = f"emphysema drawn into {args.scan.name}"
    write_response(args.out, title, responses, first, facts)
    if not args.quiet:
        print_result(relative(args.out / PICTURE))


def checked_doses(text: str) -> list[float]:
    """Return the extents of --doses, rising, in 0..1; UsageError for anything else."""
    try:
        doses = sorted({float(dose) / 100 for dose in text.split(",")})
    except ValueError:
        doses = [-1.0]
    if not all(0 <= dose < 1 for dose in doses) or len(doses) < 3:
        raise UsageError(
            f"--doses {text!r} is not a list of at least 3 percentages such as {DOSES}"
        )
    return doses


def lesion_plans(scan: Scan, crop: LungCrop, seed: int, repeats: int) -> Iterator[InsertedLesions]:
    """Yield plans of lesions in a scan's lungs; plan i depends on (seed, i) alone."""
    tissue, lungs = lung_tissue(crop), crop.lungs
    level, blur_mm = emphysema_level(scan), edge_blur_mm(scan.hu, scan.spacing_mm[1])
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        holes = plan_real_lungs(lungs, crop.spacing_mm, rng)
        order = lesion_order(crop.hu.shape, crop.spacing_mm, holes.centres, holes.radius, rng)
        yield InsertedLesions(crop, tissue, order, level, blur_mm)


def measure_by(scorers: list[Scorer]) -> Callable[[LungCrop], dict[str, float]]:
    """Return the function from a crop to its scores and LAA-950 by name."""

    def measure(crop: LungCrop) -> dict[str, float]:
        scored = score_crop(scorers, crop).targets
        scores = {name: target.slices.score for name, target in scored.items()}
        return scores | {LAA950: crop.laa950}

    return measure


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    response_curve(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
