"""Scan the same phantoms again, and see how far network and densities move.

Phantoms of the test split, drawn by --seed, are rendered as the cohort has them and again with
other noise, half the dose, a soft and a sharp kernel, a shallower breath, slices that start
elsewhere, shifted and turned. For the network, LAA-950, mean density and Perc15, volume-adjusted
and kernel-normalised ones: mean shift, limits of agreement and the smallest detectable change.

--pair measures two real scans of one subject, such as one acquisition in two kernels, in place of
the phantoms.

Writes RUN/repeatability*.csv, which `make report` shows, too. Rendered scans lie beside the cohort
in repeats/: what is rendered or scored is not made again, and the same command goes on after an
interruption.

Research use, not a medical device.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from data.phantom.cohort_folder import STAMP, VERSION
from data.phantom.repeat_cohort import Source, make_repeats
from pylayers.cohort.cohort import Cohort, read_cohort
from pylayers.command_line.exit_codes import complain, run
from pylayers.command_line.path_argument import given_path_text
from pylayers.command_line.standard_streams import print_result
from pylayers.errors import CohortError, UsageError
from pylayers.files.checkout import ROOT, relative
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools.baselines.density_features import density_features
from tools.baselines.feature_job import complete_features
from tools.baselines.frequency_bands import band_features
from tools.baselines.split_features import ScanFeatures
from tools.repeatability.comparisons import RepeatScan
from tools.repeatability.kept_scores import scores_of
from tools.repeatability.repeat_files import TABLE, PairValue, write_pairs, write_scans
from tools.repeatability.scan_values import (
    KINDS,
    NETWORK,
    References,
    densities,
    densities_of,
    references_of,
)
from tools.report.baseline_table import table_text
from tools.report.repeatability_table import pair_table, repeatability_table
from tools.scoring.chosen_runs import device
from tools.scoring.scored_crop import score_crop
from tools.scoring.scorer import Scorer
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_places import add_run_options
from tools.training.trained_run import load_trained
from tools.training.trained_variant import check_plain
from tools.workers.worker_options import add_worker_options, check_worker_options

REPEATS = "repeats"  # beside the cohort
SOFTER = " to the softer scan"  # after a kernel-normalised density whose reference is a pair's own


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    add_run_options(p)
    p.add_argument(
        "--subjects", type=int, default=12, help="phantoms to scan again (default: %(default)s)"
    )
    p.add_argument("--seed", type=int, default=1, help="draws which ones (default: %(default)s)")
    p.add_argument(
        "--pair",
        nargs=2,
        type=given_path_text,
        action="append",
        metavar=("A", "B"),
        help="two scans of one subject that score_scan.py takes; may be repeated",
    )
    p.add_argument("--device", default="cpu", help="cpu, gpu or gpu:N (default: %(default)s)")
    add_worker_options(p)
    return p


def measure_repeatability(args: argparse.Namespace) -> None:
    """Measure phantoms or pairs, write the tables and print them."""
    check_worker_options(args)
    for option, value, least in (("--subjects", args.subjects, 1), ("--seed", args.seed, 0)):
        if value < least:
            raise UsageError(f"{option} {value} is below {least}")
    gpu = device(args.device)
    asked = trained_run(args.target, args.cohort, args.run)
    check_plain([asked], "make repeatability")
    trained = load_trained(asked)
    scorer = Scorer(trained, gpu)
    folder = args.cohort or Path(ROOT, trained.folder.layer_params("test").cohort)
    references = references_at(read_cohort(folder), args)
    if args.pair:
        pairs = [value for a, b in args.pair for value in pair_values(scorer, references, a, b)]
        write_pairs(trained.folder, pairs)
        print_result(table_text(pair_table(trained.target, pairs), columns=6))
        return
    cohort, refused = repeats_of(folder, args)
    scores = scores_of(
        cohort,
        trained.folder,
        trained.weights_sha256,
        lambda hu: scorer.score(hu).score,
        args.quiet,
    )
    of_scans = densities_of(cohort, references)
    scans = [
        RepeatScan(
            scan.subject_id,
            scan.row["condition"],
            {NETWORK: scores[scan.scan_id]} | of_scans[scan.scan_id],
        )
        for scan in cohort.scans
    ]
    facts = {
        "target": args.target,
        "weights_sha256": trained.weights_sha256,
        "seed": args.seed,
        "subjects": args.subjects,
        "refused": refused,
    }
    write_scans(trained.folder, scans, facts)
    for name, why in refused.items():
        complain(f"note: {name} is left out: {why}")
    print_result(table_text(repeatability_table(trained.target, scans), columns=7))
    if not args.quiet:
        print_result(relative(trained.folder.path / TABLE))


def references_at(cohort: Cohort, args: argparse.Namespace) -> References:
    """Return what adjusted densities refer to, from the training split of the run's cohort."""
    train = cohort.labelled("train", args.target)
    complete_features(cohort, train, KINDS, args.workers, args.timeout, args.quiet)
    return references_of(ScanFeatures(cohort, train))


def repeats_of(folder: Path, args: argparse.Namespace) -> tuple[Cohort, dict[str, str]]:
    """Return the cohort of phantoms scanned again, with its features, and what was refused."""
    source, out = source_of(folder.parent), folder.parent / REPEATS
    test = read_cohort(folder).labelled("test", args.target)
    if args.subjects > len(test):
        raise UsageError(f"--subjects {args.subjects} is more than the test split's {len(test)}")
    chosen = np.random.default_rng(args.seed).choice(len(test), args.subjects, replace=False)
    indices = sorted(int(test[i].scan_id.rpartition("_")[2]) for i in chosen)
    refused = make_repeats(out, source, indices, args.workers, args.quiet)
    cohort = read_cohort(out)
    complete_features(cohort, cohort.scans, KINDS, args.workers, args.timeout, args.quiet)
    return cohort, refused


def source_of(phantoms: Path) -> Source:
    """Return the seed of the phantoms in a folder; CohortError unless this version made them."""
    try:
        stamp = dict(json.loads((phantoms / STAMP).read_text()))
        if stamp["version"] == VERSION:
            slices = float(stamp.get("thin_share", 0)), stamp.get("thickest_mm")
            return Source(int(stamp["seed"]), *slices)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise CohortError(
        f"{relative(phantoms)} holds no phantoms of this version of the generator: only those can "
        "be scanned again; make the cohort and train anew, or measure a --pair"
    )


def pair_values(scorer: Scorer, references: References, a: str, b: str) -> list[PairValue]:
    """Return the numbers of two real scans; raises ScanRefused for one that cannot be scored.

    Kernel-normalised densities refer to the training's soft kernels, then to the softer scan.
    """
    crops = [crop_lungs(ScanRequest(path)) for path in (a, b)]
    features = [(density_features(crop), band_features(crop)) for crop in crops]
    softer = min((bands["energies"] for _, bands in features), key=lambda energies: energies[0])
    to_softer = References(references.expected, softer)
    columns = []
    for crop, kinds in zip(crops, features, strict=True):
        (target,) = score_crop([scorer], crop).targets.values()
        own = densities(*kinds, to_softer)
        columns.append(
            {NETWORK: target.slices.score}
            | densities(*kinds, references)
            | {f"{name}{SOFTER}": v for name, v in own.items() if name.endswith("normalised")}
        )
    names = (Path(a).name, Path(b).name)
    return [
        PairValue(*names, method, columns[0][method], columns[1][method]) for method in columns[0]
    ]


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    measure_repeatability(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
