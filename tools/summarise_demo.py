"""The end of `make demo`: the network beside densitometry and the noise ceiling."""

import argparse
import json
import os
import sys
from pathlib import Path

from pylayers.cohort.cohort import Cohort, read_cohort, read_rows
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import CohortError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json
from tools.baselines.feature_job import complete_features
from tools.baselines.feature_kinds import DENSITY
from tools.baselines.methods import DENSITIES, LAA950
from tools.baselines.scored_baselines import score_baselines
from tools.stats.correlation import spearman, spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.training.run_folder import RunFolder
from tools.training.trained_run import load_trained
from tools.workers.worker_options import TIMEOUT_S

PHANTOM_NOTE = "Trained on phantoms: these weights say nothing about patients."


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("--run", type=given_path, default=ROOT / "runs" / "fev1fvc", help="tested run")
    p.add_argument(
        "--minutes", type=given_path, required=True, help="folder of tools/timed_step.sh"
    )
    p.add_argument("--pictures", nargs="*", type=given_path, default=[], help="pictures to list")
    return p


def summarise(args: argparse.Namespace) -> None:
    """Write demo.json into the run folder and print its numbers as a table."""
    folder = RunFolder(args.run)
    best = load_trained(folder).best
    check_output(folder.path / "demo.json")
    summary = summary_of(folder, best, step_minutes(args.minutes))
    write_json(folder.path / "demo.json", summary)
    print(table(summary, best["target"]))
    print(f"\n{PHANTOM_NOTE} Research use, not a medical device.\n\nTo look at:")
    for path in [folder.path / "curve.png", *args.pictures, folder.path / "demo.json"]:
        print(f"  {relative(path)}")


def summary_of(folder: RunFolder, best: dict, minutes: dict[str, float]) -> dict:
    """Return the content of demo.json; rank correlations with the measured label, as |rho|."""
    cohort = read_cohort(ROOT / best["cohort"])
    rows = {scan.scan_id: scan.row for scan in cohort.scans}
    tested = [row for _, row in read_rows(folder.predictions("test"))]
    truth = [float(row["truth"]) for row in tested]

    def column(name: str) -> list[float]:
        try:
            return [float(rows[row["scan_id"]][name]) for row in tested]
        except KeyError:
            raise CohortError(f"the cohort lacks {name}; the demo needs phantoms") from None

    densities = density_rhos(cohort, best["target"])
    network = spearman_interval([float(row["prediction"]) for row in tested], truth)
    return {
        "n_test": len(tested),
        "rho": network.value,
        "rho_low": network.low,
        "rho_high": network.high,
        "laa950_rho": densities[LAA950],
        "densities": densities,
        "ceiling_rho": spearman(column(f"{best['target']}_noise_free"), truth),
        "test_loss": json.loads(folder.test_json.read_text())["test_loss"],
        "iterations": best["iterations"],
        "best_iteration": best["iteration"],
        "minutes": round(sum(minutes.values()), 2),
        "minutes_by_step": minutes,
    }


def density_rhos(cohort: Cohort, target: str) -> dict[str, float]:
    """Return |rho| of every density with the target on the test split.

    Those that are adjusted or combined are fitted on the training split, as for `make baselines`.
    """
    scans = [scan for scan in cohort.scans if scan.split]
    complete_features(cohort, scans, [DENSITY], os.cpu_count() or 1, TIMEOUT_S, quiet=False)
    scored = score_baselines(cohort, target, DENSITIES, seed=1)
    return {
        name: abs(spearman(values, scored.truth)) for name, values in scored.predictions.items()
    }


def step_minutes(folder: Path) -> dict[str, float]:
    """Return the minutes of each step from files like 2_phantoms.seconds, in their order."""
    return {
        path.stem.partition("_")[2]: round(int(path.read_text()) / 60, 2)
        for path in sorted(folder.glob("*.seconds"))
    }


def table(summary: dict, target: str) -> str:
    """Return the summary as text for the terminal."""
    s = summary
    rho = Estimate(s["rho"], s["rho_low"], s["rho_high"])
    network = f"scan2num, {s['iterations']} iterations"
    steps = ", ".join(f"{name} {value:.1f}" for name, value in s["minutes_by_step"].items())
    return "\n".join(
        [
            f"{target} on {s['n_test']} held-out phantoms    Spearman's |rho| [95 % CI]",
            *(f"  {name:<34}{value:.2f}" for name, value in s["densities"].items()),
            f"  {network:<34}{estimate_text(rho)}",
            f"  {'noise ceiling':<34}{s['ceiling_rho']:.2f}",
            f"  {'caffe test loss':<34}{s['test_loss']:.5f}",
            f"  minutes: {s['minutes']:.1f} ({steps})",
        ]
    )


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return summarise(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
