"""Score one chest CT: 16 slices through the lungs, one number per trained target.

Research use, not a medical device.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from pylayers.errors import ScanRefused, UsageError, WeightsError
from pylayers.preprocess import PREPROCESSING_VERSION, LungCrop, crop_lungs
from pylayers.stack import TEST_OFFSET, slice_indices
from pylayers.targets import TARGETS
from tools.caffe_install import ROOT, build_info, gpu_id
from tools.exit_codes import REFUSED, refusal, run
from tools.run_folder import RunFolder, write_json
from tools.scorer import Scorer

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("scan", help="chest CT: .mhd, .mha, .nrrd, .nhdr, .nii or .nii.gz")
    p.add_argument("--mask", help="lung label map on the scan's grid (default: computed)")
    p.add_argument(
        "--weights", nargs="+", metavar="RUN", help="run folders (default: all in runs/)"
    )
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N")
    p.add_argument("--json", metavar="FILE", help="write everything as JSON; - is stdout")
    p.add_argument("--figure", metavar="PNG", help="draw the slices' contributions")
    p.add_argument("--quiet", action="store_true", help="no warnings on stderr")
    return p


def score_scan(args) -> int:
    """Score args.scan and print, write and draw what was asked for; return the exit code."""
    gpu = device(args.device)
    check_outputs(args)
    started = time.perf_counter()
    scorers = [Scorer(folder, gpu) for folder in run_folders(args.weights)]
    if len({scorer.target.name for scorer in scorers}) < len(scorers):
        raise UsageError("--weights names two runs of one target; score them one at a time")
    loaded = time.perf_counter()
    try:
        crop = crop_lungs(args.scan, args.mask)
    except ScanRefused as error:
        if args.json:
            write_result(args.json, refused_result(args.scan, error))
        print(refusal(error), file=sys.stderr)
        return REFUSED
    cropped = time.perf_counter()
    contributions = {scorer.target.name: scorer.score(crop.hu) for scorer in scorers}
    scored = time.perf_counter()

    result = {
        "scan": Path(args.scan).name,
        "targets": {
            s.target.name: target_result(s, contributions[s.target.name], crop) for s in scorers
        },
        "lungs": lungs_result(crop),
        "warnings": [PHANTOM_WARNING] if any(s.best.get("phantom") for s in scorers) else [],
        "refused": None,
        "versions": versions(),
        "timings_s": {
            "load_nets": round(loaded - started, 3),
            "read_and_crop": round(cropped - loaded, 3),
            "score": round(scored - cropped, 3),
        },
    }
    if args.figure:
        from tools.contributions_figure import draw_contributions

        draw_contributions(crop, contributions, Path(args.scan).name, args.figure)
    if args.json:
        write_result(args.json, result)
    if args.json != "-":
        for name, target in result["targets"].items():
            print(f"{name}\t{TARGETS[name].text(target['score'])}")
    if not args.quiet:
        for warning in [*result["warnings"], "research use, not a medical device"]:
            print(f"note: {warning}", file=sys.stderr)
    return 0


def check_outputs(args) -> None:
    """Raise UsageError, before any work, for a file that could not be written."""
    for option, name in (("--json", args.json), ("--figure", args.figure)):
        if name in (None, "-"):
            continue
        path = Path(name)
        if path.is_dir() or not path.parent.is_dir():
            why = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
            raise UsageError(f"{option} {name}: {why}")
    if args.figure and Path(args.figure).suffix != ".png":
        raise UsageError(f"--figure {args.figure} does not end in .png")


def device(text: str) -> int | None:
    """Return the GPU that --device stands for; None is the CPU."""
    kind, _, number = text.partition(":")
    if text == "cpu":
        return None
    if kind != "gpu" or (number and not number.isdecimal()):
        raise UsageError(f"--device {text!r} is not cpu, gpu or gpu:N")
    return gpu_id(number or "0")


def run_folders(given: list[str] | None) -> list[RunFolder]:
    """Return the runs to score with; WeightsError when there is none."""
    if given:
        return [RunFolder(Path(path)) for path in given]
    folders = [RunFolder(ROOT / "runs" / name) for name in TARGETS]
    folders = [folder for folder in folders if folder.best_json.exists()]
    if not folders:
        raise WeightsError("no run in runs/ has weights; `make train TARGET=fev1fvc` makes one")
    return folders


def target_result(scorer: Scorer, contributions: np.ndarray, crop: LungCrop) -> dict:
    """Return one target's part of the JSON: the same bytes for the same scan in any format."""
    indices = slice_indices(len(crop.hu), scorer.slices, TEST_OFFSET)
    return {
        "score": float(contributions.mean()),
        "slices": [
            {
                "index": int(crop.box.z0 + index),
                # three decimals: beyond the error of formats that keep geometry in float32
                "z_mm": round(float(crop.bottom_mm + index * crop.spacing_mm[0]), 3),
                "contribution": float(contribution),
            }
            for index, contribution in zip(indices, contributions, strict=True)
        ],
        "weights_sha256": scorer.best["weights_sha256"],
    }


def lungs_result(crop: LungCrop) -> dict:
    """Return the lungs' part of the JSON; the box is half-open, in voxels of the LPS scan."""
    return {
        "volume_l": round(crop.lungs_l, 3),
        "laa950_percent": round(crop.laa950, 3),
        "box": crop.box._asdict(),
        "mask": "given" if crop.mask_given else "computed",
    }


def refused_result(scan, error: ScanRefused) -> dict:
    """Return the JSON of a refused scan: no target, no score."""
    return {
        "scan": Path(scan).name,
        "targets": {},
        "lungs": None,
        "warnings": [],
        "refused": {"slug": error.slug, "sentence": error.sentence},
        "versions": versions(),
        "timings_s": {},
    }


def versions() -> dict:
    """Return what a score depends on beside scan and weights."""
    build = build_info()
    return {
        "preprocessing": PREPROCESSING_VERSION,
        "caffe": build.get("caffe_version"),
        "caffe_commit": build.get("caffe_commit"),
        "numpy": np.__version__,
    }


def write_result(destination: str, result: dict) -> None:
    """Write the JSON to a file, or to stdout for `-`."""
    if destination == "-":
        print(json.dumps(result, indent=2))
    else:
        write_json(Path(destination), result)


def main(argv=None) -> int:
    """Run the program."""
    return score_scan(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
