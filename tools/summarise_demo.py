"""The end of `make demo`: the network beside LAA-950 and the noise ceiling, and what was drawn."""

import argparse
import json
import sys
from pathlib import Path

from pylayers.cohort.cohort import read_cohort, read_rows
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import CohortError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json
from tools.stats.correlation import spearman, spearman_interval
from tools.stats.estimate import Estimate
from tools.stats.estimate_text import estimate_text
from tools.training.run_folder import RunFolder
from tools.training.trained_run import load_trained

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

    network = spearman_interval([float(row["prediction"]) for row in tested], truth)
    return {
        "n_test": len(tested),
        "rho": network.value,
        "rho_low": network.low,
        "rho_high": network.high,
        "laa950_rho": abs(spearman(column("laa950"), truth)),
        "ceiling_rho": spearman(column(f"{best['target']}_noise_free"), truth),
        "test_loss": json.loads(folder.test_json.read_text())["test_loss"],
        "iterations": best["iterations"],
        "best_iteration": best["iteration"],
        "minutes": round(sum(minutes.values()), 2),
        "minutes_by_step": minutes,
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
    steps = ", ".join(f"{name} {value:.1f}" for name, value in s["minutes_by_step"].items())
    return "\n".join(
        [
            f"{target} on {s['n_test']} held-out phantoms    Spearman's |rho| [95 % CI]",
            f"  LAA-950 (densitometry)            {s['laa950_rho']:.2f}",
            f"  scan2num, {s['iterations']:4d} iterations        {estimate_text(rho)}",
            f"  noise ceiling                     {s['ceiling_rho']:.2f}",
            f"  caffe test loss                   {s['test_loss']:.5f}",
            f"  minutes: {s['minutes']:.1f} ({steps})",
        ]
    )


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return summarise(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
