"""The runs to score with, where and how: --weights, --device, --offsets and --resample."""

import shlex
from argparse import ArgumentParser
from pathlib import Path

from pylayers.batch.slice_sample import MOST_OFFSETS
from pylayers.command_line.path_argument import given_path_text
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from tools.caffe_run.caffe_install import gpu_id
from tools.training.run_folder import FINISHED, RunFolder
from tools.training.run_places import (
    is_phantoms,
    more_phantoms,
    placed_runs,
    runs_in,
)
from tools.training.run_records import cohort_of, fact
from tools.training.trained_run import TrainedRun
from tools.training.trained_variant import said_variant


def add_weights(parser: ArgumentParser) -> None:
    """Give a command line the option --weights, for chosen_runs."""
    parser.add_argument(
        "--weights",
        type=given_path_text,
        nargs="+",
        metavar="RUN",
        help="run folders, a folder of runs such as runs/my_cohort, or ONNX twins (default: the "
        "runs in runs/ of your cohort; of the phantoms while there is no other; of several cohorts "
        "choose one)",
    )


def add_offsets(parser: ArgumentParser) -> None:
    """Give a command line the option --offsets; slice_sample.checked_offsets checks it."""
    parser.add_argument(
        "--offsets",
        type=int,
        default=1,
        metavar="K",
        help="mean over the slices of K start offsets, evenly spread in [0, 1), at most "
        f"{MOST_OFFSETS} (default: %(default)s, the middle one)",
    )


def add_resample(parser: ArgumentParser) -> None:
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


def chosen_runs(weights: list[str] | None) -> list[RunFolder]:
    """Return the runs of --weights, each a run or a folder of runs; by default one cohort's.

    Raises WeightsError when there is none, UsageError for two of one target or, by default, when
    several cohorts have some. Whether the weights are usable is checked where they are loaded.
    """
    named = [run for path in weights or () for run in runs_in(Path(path))]
    runs = named or default_runs()
    by_target: dict[str, RunFolder] = {}
    for run in runs:
        target = fact(run.best_json, "target")
        if target in by_target:
            both = " and ".join(relative(one.path) for one in (by_target[target], run))
            raise UsageError(
                f"{both} are two runs of one target, {target}; choose one with --weights"
            )
        if target is not None:
            by_target[target] = run
    return runs


def second_kinds(runs: list[RunFolder]) -> set[str]:
    """Return the kinds of second scans that the networks of runs take; they are not loaded yet."""
    return {kind for run in runs if (kind := said_variant(run).second)}


def default_runs() -> list[RunFolder]:
    """Return the runs in runs/ of the one cohort that is not the phantoms, else the phantoms'.

    Weights of phantoms say nothing about patients, so they never stand in for those of a cohort.
    Raises UsageError when several other cohorts have runs, WeightsError when there is no run.
    """
    by_cohort: dict[Path, list[RunFolder]] = {}
    for run in placed_runs():
        by_cohort.setdefault(cohort_of(run) or run.path.parent, []).append(run)
    demo = [cohort for cohort in by_cohort if is_phantoms(cohort)]
    cohorts = [cohort for cohort in by_cohort if cohort not in demo and not more_phantoms(cohort)]
    if len(cohorts) > 1:
        choices = ", or ".join(map(weights_option, by_cohort.values()))
        raise UsageError(f"runs/ has weights of {len(by_cohort)} cohorts; choose {choices}")
    if not by_cohort:
        raise WeightsError("no run in runs/ has weights; `make train TARGET=fev1fvc` makes one")
    return by_cohort[(cohorts or demo or list(by_cohort))[0]]


def weights_option(runs: list[RunFolder]) -> str:
    """Return the option that chooses a cohort's runs: by their folder where it holds just them."""
    folder = runs[0].path.parent
    paths = [folder] if runs_in(folder) == runs else [run.path for run in runs]
    words = " ".join(shlex.quote(relative(path)) for path in paths)
    return f"--weights {words} (trained on {cohort_name(cohort_of(runs[0]))})"


def cohort_name(cohort: Path | None) -> str:
    """Return the name of a cohort that a run was trained on; None where that is not recorded."""
    if cohort is None:
        return "a cohort that is not recorded"
    if is_phantoms(cohort):
        return "the phantoms"
    maker = more_phantoms(cohort)
    return f"the phantoms of make {maker}" if maker else cohort.name


def weights_note(runs: list[TrainedRun]) -> str:
    """Return whose weights are used: the runs, and the cohort that each was trained on."""
    by_cohort: dict[str, list[str]] = {}
    for run in runs:
        is_partial = fact(run.folder.run_json, "state") not in (None, FINISHED)
        text = relative(run.folder.name) + (
            " (its training has not finished)" if is_partial else ""
        )
        if run.twin:  # it carries the cohort's name alone
            name = "the phantoms" if run.is_phantom else str(run.best.get("cohort"))
        else:
            name = cohort_name(cohort_of(run.folder))
        by_cohort.setdefault(name, []).append(text)
    return "; ".join(
        f"weights of {', '.join(paths)}, trained on {name}" for name, paths in by_cohort.items()
    )
