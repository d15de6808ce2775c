"""Where runs live: the phantoms' in runs/TARGET, another cohort's in runs/COHORT/TARGET.

COHORT is the name of the cohort's folder. Runs of different cohorts never share a folder of runs.
"""

import argparse
import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from pylayers.batch.variants import PLAIN, VARIANTS, variant_named
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from tools.training.run_folder import TWIN, RunFolder
from tools.training.run_records import RECORDS, cohort_of, fact

RUNS = ROOT / "runs"
PHANTOM_COHORT = ROOT / "build" / "phantom" / "cohort"
REPRODUCE_COHORT = ROOT / "build" / "reproduce" / "cohort"  # of make reproduce
VARIANTS_COHORT = ROOT / "build" / "variants" / "cohort"  # of make variants
REPORT, SWEEP = "report", "sweep_"  # what else lies in a folder of runs


def add_run_options(
    parser: argparse.ArgumentParser,
    run: str = "run folder",
    default: str = "runs/TARGET, of another cohort than the phantoms runs/COHORT/TARGET",
) -> None:
    """Give a command line --cohort and --run, which choose a trained run.

    run, default: what --run takes and where it is by default, in words.
    """
    parser.add_argument(
        "--cohort", type=given_path, help="the cohort that was trained on (default: the phantoms)"
    )
    parser.add_argument(
        "--run",
        type=given_path,
        help=f"{run} (default: {default})",
    )


def add_variant(parser: argparse.ArgumentParser) -> None:
    """Give a command line --variant, which chooses a network beside the paper's own."""
    names = ", ".join(filter(None, VARIANTS))
    parser.add_argument(
        "--variant",
        metavar="NAME",
        help=f"network of runs/TARGET-NAME: {names} (default: the paper's; docs/variants.md)",
    )


def run_name(target: str, variant: str | None) -> str:
    """Return the name of the folder for runs of a target and a variant, PLAIN or None the paper's.

    A hyphen is in no target's name. Raises UsageError for an unknown variant.
    """
    name = variant_named(variant or PLAIN.name).name
    return f"{target}-{name}" if name else target


def is_phantoms(cohort: Path) -> bool:
    """Return whether a cohort's folder is that of the phantoms which `make cohort` makes."""
    return cohort.resolve() == PHANTOM_COHORT.resolve()


def more_phantoms(cohort: Path) -> str:
    """Return which make target makes a cohort of phantoms, of reproduce and variants, else ""."""
    makers = {REPRODUCE_COHORT.resolve(): "reproduce", VARIANTS_COHORT.resolve(): "variants"}
    return makers.get(cohort.resolve(), "")


def runs_of(cohort: Path | None, option: str = "RUN=") -> Path:
    """Return the folder for the runs of a cohort, by default of the phantoms.

    option: what chooses another folder, for messages. Raises UsageError when the folder is taken:
    by the runs of a cohort of the same name, or by something that is no folder of runs.
    """
    if cohort is None or is_phantoms(cohort):
        return RUNS
    name = Path(os.path.abspath(cohort)).name
    place = RUNS / name
    is_own = name in (*TARGETS, REPORT) or name.startswith(SWEEP)
    if not name or name.startswith(".") or is_own:
        raise UsageError(
            f"a cohort's runs go to runs/NAME, and {name or '/'!r} is no name for them: rename "
            f"the cohort's folder or choose another place with {option}"
        )
    if is_taken(place):
        raise UsageError(
            f"runs of the cohort {name} would go to {relative(place)}, which is no folder of runs; "
            f"choose another place with {option}"
        )
    for folder in map(RunFolder, sorted(place.glob("*"))):
        other = cohort_of(folder)
        if other is not None and other != cohort.resolve():
            raise UsageError(
                f"{relative(place)} holds {folder.path.name} of the cohort {relative(other)}, and "
                f"{relative(cohort)} is another cohort of that name; choose another place with "
                f"{option}"
            )
    return place


def is_taken(place: Path) -> bool:
    """Return whether something other than a folder of runs is at a path: a run, a sweep, a file."""
    if not place.is_dir():
        return place.exists()
    return any((place / name).exists() for name in RECORDS)


def run_place(name: str, cohort: Path | None, option: str = "RUN=") -> RunFolder:
    """Return the folder of that name, a target or a sweep, among the runs of a cohort.

    Raises UsageError as runs_of does, and when the cohort's run lies where runs of all cohorts went
    before each had a folder of its own.
    """
    folder, earlier = RunFolder(runs_of(cohort, option) / name), RunFolder(RUNS / name)
    if cohort is None or folder == earlier or cohort_of(folder) is not None:
        return folder
    if cohort_of(earlier) == cohort.resolve():
        where, place = relative(earlier.path), shlex.quote(relative(folder.path.parent))
        raise UsageError(
            f"{where} was trained on {relative(cohort)}, whose runs now belong in "
            f"{relative(folder.path.parent)}: use it with {option}{where}, or move it with "
            f"`mkdir -p {place} && mv {where} {place}/`"
        )
    return folder


def trained_runs(cohort: Path | None, run: Path | None) -> list[RunFolder]:
    """Return the trained runs of --run, a run or a folder of runs, or all those of a cohort.

    Raises UsageError when one is of another cohort than the one named, or than the others.
    """
    if run is not None:
        runs = runs_in(run)
    else:
        names = (*TARGETS, *own_names(runs_of(cohort).glob("*/best.json")))
        places = [run_place(target, cohort) for target in names]
        runs = [folder for folder in places if folder.best_json.exists()]
    for folder in runs:
        check_cohort(folder, cohort or cohort_of(runs[0]))
    return runs


def runs_in(folder: Path) -> list[RunFolder]:
    """Return the run that a folder or an ONNX twin is, or else the trained runs in it, by target.

    A folder without any is returned as a run: what it lacks is then named.
    """
    own = RunFolder.at(folder)
    found = list(folder.glob("*/best.json")) or list(folder.glob(f"*/{TWIN}"))
    if own.best_json.exists() or own.twin.exists() or not found:
        return [own]
    inside = [RunFolder(path.parent) for path in found]
    order = list(TARGETS)

    def key(run: RunFolder) -> tuple[int, str]:
        target = fact(run.best_json, "target")
        return order.index(target) if target in TARGETS else len(order), run.path.name

    return sorted(inside, key=key)


def placed_runs() -> list[RunFolder]:
    """Return the trained runs of all cohorts that lie where they belong, by target."""
    runs = []
    own = own_names([*RUNS.glob("*/best.json"), *RUNS.glob("*/*/best.json")])
    for target in (*TARGETS, *own):
        others = (RunFolder(path.parent) for path in RUNS.glob(f"*/{target}/best.json"))
        runs += [RunFolder(RUNS / target)] if (RUNS / target / "best.json").exists() else []
        runs += sorted(
            (run for run in others if cohort_of(run) != PHANTOM_COHORT.resolve()),
            key=lambda run: run.path,
        )
    return runs


def own_names(records: Iterable[Path]) -> list[str]:
    """Return the own targets, sorted, of those best.json whose folders have their names."""
    names = {path.parent.name for path in records if fact(path, "target") == path.parent.name}
    return sorted(names - TARGETS.keys())


def check_cohort(folder: RunFolder, cohort: Path | None) -> None:
    """Raise UsageError when a run was trained on another cohort than the one named."""
    trained_on = cohort_of(folder)
    if cohort is not None and trained_on is not None and trained_on != cohort.resolve():
        raise UsageError(
            f"{relative(folder.path)} was trained on {relative(trained_on)}, not on "
            f"{relative(cohort)}"
        )


def make_command(command: str, folder: RunFolder, target: str) -> str:
    """Return the make command that does something with a run."""
    where = relative(folder.path)
    elsewhere = "" if where == f"runs/{target}" else f" RUN={shlex.quote(where)}"
    return f"make {command} TARGET={target}{elsewhere}"
