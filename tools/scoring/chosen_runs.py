"""The runs to score with, where and how: --weights, --device, --offsets and --resample."""

from pathlib import Path

from pylayers.batch.slice_sample import MOST_OFFSETS
from pylayers.cohort.targets import TARGETS
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import ROOT
from tools.caffe_run.caffe_install import gpu_id
from tools.training.run_folder import RunFolder


def add_offsets(parser) -> None:
    """Give a command line the option --offsets; slice_sample.checked_offsets checks it."""
    parser.add_argument(
        "--offsets",
        type=int,
        default=1,
        metavar="K",
        help="mean over the slices of K start offsets, evenly spread in [0, 1), at most "
        f"{MOST_OFFSETS} (default: %(default)s, the middle one)",
    )


def add_resample(parser) -> None:
    """Give a command line the option --resample; trained_on.checked_resample checks it."""
    parser.add_argument(
        "--resample",
        action="store_true",
        help="bring the lungs' pixels to the median size of those that the network was trained on",
    )


def device(text: str) -> int | None:
    """Return the GPU that --device stands for; None is the CPU."""
    kind, _, number = text.partition(":")
    if text == "cpu":
        return None
    if kind != "gpu" or (number and not number.isdecimal()):
        raise UsageError(f"--device {text!r} is not cpu, gpu or gpu:N")
    return gpu_id(number or "0")


def chosen_runs(given: list[str] | None) -> list[RunFolder]:
    """Return the runs of --weights, by default all in runs/; each is for another target.

    Raises WeightsError when there is none or one is unusable, UsageError for two of one target.
    """
    folders = [Path(path) for path in given or ()] or [ROOT / "runs" / name for name in TARGETS]
    runs = [RunFolder(folder) for folder in folders]
    if not given:
        runs = [run for run in runs if run.best_json.exists()]
    if not runs:
        raise WeightsError("no run in runs/ has weights; `make train TARGET=fev1fvc` makes one")
    if len({run.best()["target"] for run in runs}) < len(runs):
        raise UsageError("--weights names two runs of one target; score them one at a time")
    return runs
