"""Show how a scan's score moves with the size of its pixels, with and without --resample.

The scan's slices are resampled to each size (linear, as SimpleITK does it) and scored as by
score_scan.py. The table is printed as Markdown; the row of size 0 is the scan as it is.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import SimpleITK as sitk

from pylayers.cohort.targets import Target
from pylayers.command_line.exit_codes import complain, run
from pylayers.command_line.path_argument import given_path_text
from pylayers.command_line.standard_streams import print_result
from pylayers.errors import UsageError
from pylayers.lungs.scan_request import ScanRequest
from pylayers.lungs.scanner_pixels import size_text
from pylayers.reading.scan import Scan, read_scan
from tools.scoring.chosen_runs import chosen_runs, weights_note
from tools.scoring.scan_result import score
from tools.scoring.scorer import Scorer
from tools.training.trained_run import load_trained
from tools.training.trained_variant import check_plain

SIZES_MM = (0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0, 3.0)
OUTSIDE_HU = -1024


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("scan", type=given_path_text, help="chest CT that score_scan.py takes")
    p.add_argument(
        "--weights",
        type=given_path_text,
        metavar="RUN",
        help="run folder (default: as of score_scan.py)",
    )
    p.add_argument(
        "--sizes",
        default=",".join(f"{mm:g}" for mm in SIZES_MM),
        metavar="MM,MM",
        help="pixel sizes in mm (default: %(default)s)",
    )
    return p


def sweep(args: argparse.Namespace) -> None:
    """Score the scan at every size and print the rows as they come."""
    sizes_mm = checked_sizes(args.sizes)
    runs = chosen_runs(args.weights and [args.weights])
    if len(runs) > 1:
        raise UsageError("several runs are trained; choose one with --weights")
    check_plain(runs, "tools/sweep_pixels.py")
    trained = load_trained(runs[0])
    scorers = [Scorer(trained, resample=resample) for resample in (False, True)]
    scan = read_scan(args.scan)
    complain(f"note: {weights_note([trained])}")
    print_result("| pixels | score | with --resample | LAA-950 |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for mm in sizes_mm:
            path = Path(folder, "scan.mha")
            image = with_pixels(scan, mm)
            sitk.WriteImage(image, str(path))
            plain, resampled = (score([scorer], ScanRequest(path)).content for scorer in scorers)
            lungs = plain["lungs"] or resampled["lungs"]
            laa950 = f"{lungs['laa950_percent']:.1f} %" if lungs else ""
            pixels = size_text(image.GetSpacing()[1::-1])
            outcomes = [outcome(result, trained.target) for result in (plain, resampled)]
            cells = [pixels, *outcomes, laa950]
            print_result(f"| {' | '.join(cells)} |")


def checked_sizes(text: str) -> list[float]:
    """Return the sizes of --sizes in mm; UsageError for anything else."""
    try:
        sizes = [float(size) for size in text.split(",")]
    except ValueError:
        sizes = [-1.0]
    if not all(mm == 0 or 0.1 <= mm <= 10 for mm in sizes):
        raise UsageError(f"--sizes {text!r} is not a list of mm such as 0.7,1.5 (0.1 to 10, or 0)")
    return sizes


def with_pixels(scan: Scan, mm: float) -> sitk.Image:
    """Return a scan with pixels of that size, 0 for its own; its slices stay."""
    image = sitk.GetImageFromArray(scan.hu)
    image.SetSpacing(scan.spacing_mm[::-1])
    if mm == 0:
        return image
    x, y, z = image.GetSpacing()
    columns, rows, slices = image.GetSize()
    size = (round(columns * x / mm), round(rows * y / mm), slices)
    corner = ((mm - x) / 2, (mm - y) / 2, 0.0)  # of the first pixel's centre
    return sitk.Resample(
        image, size, sitk.Transform(), sitk.sitkLinear, corner, (mm, mm, z),
        image.GetDirection(), OUTSIDE_HU,
    )  # fmt: skip


def outcome(result: dict, target: Target) -> str:
    """Return the score of a result of one target in words, or its refusal."""
    if result["refused"]:
        return f"refused: {result['refused']['slug']}"
    (scored,) = result["targets"].values()
    return target.text(scored["score"])


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    sweep(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
