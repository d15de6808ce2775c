"""Measure speed: loading, training steps and scoring, beside PyTorch, ONNX Runtime and others.

Whole programs that score, too: beside the least that they could cost, and by number of workers.

Prints a table and writes bench.json. What is compared runs in turn, each in its own process with
the same number of threads, and is checked to compute the same; ratios are taken per round, so that
a noisy machine hardly affects them. Without .venv-bench only our own parts are measured.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pylayers.batch.prefetch import worker_count
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import UsageError
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_folder, check_output
from pylayers.files.whole_file import write_json
from tools.bench.bench_cohort import bench_cohort, bench_phantoms
from tools.bench.bench_run import write_bench_run
from tools.bench.bench_scans import BenchScans
from tools.bench.bench_table import printed
from tools.bench.machine import gpu_name, machine, versions
from tools.bench.measure_layers import measure_layers
from tools.bench.measure_loader import measure_loader
from tools.bench.measure_network import measure_network
from tools.bench.measure_peer import measure_peer
from tools.bench.measure_rivals import measure_rivals
from tools.bench.measure_score_cohort import measure_score_cohort
from tools.bench.measure_score_scan import measure_score_scan
from tools.bench.measure_training import measure_training
from tools.bench.settings import Settings
from tools.caffe_run.caffe_install import gpu_id

SCORING = ("score_scan", "peer", "score_cohort")
PARTS = ("training", "loader", "rivals", "step", "forward", "layers", *SCORING)
CPU_BATCH, GPU_BATCH = 1, 16  # scans a step


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument("--cohort", type=given_path, help="prepared cohort (default: the phantoms)")
    p.add_argument("--only", help=f"parts, by commas, of: {', '.join(PARTS)} (default: all)")
    p.add_argument("--quick", action="store_true", help="few rounds, to try it")
    p.add_argument("--slices", type=int, default=16, help="slices per scan")
    p.add_argument(
        "--batch", type=int, help=f"scans a step (default: {CPU_BATCH}, on a GPU {GPU_BATCH})"
    )
    cores = len(os.sched_getaffinity(0))
    p.add_argument("--threads", type=int, default=cores, help="threads of every engine")
    p.add_argument("--workers", help="of the loader in training (default: as tools/train.py)")
    p.add_argument("--gpu", default="auto", help="auto, none or a GPU's number")
    p.add_argument(
        "--json", type=given_path, default=ROOT / "runs" / "bench.json", help="file to write"
    )
    p.add_argument("--quiet", action="store_true", help="print the table only")
    return p


def benchmark(args: argparse.Namespace) -> None:
    """Measure, write bench.json, print the table."""
    parts = chosen_parts(args.only)
    gpu = gpu_id(args.gpu)
    batch = args.batch if args.batch is not None else CPU_BATCH if gpu is None else GPU_BATCH
    numbers = {"slices": args.slices, "batch": batch, "threads": args.threads}
    for name, value in numbers.items():
        if value < 1:
            raise UsageError(f"--{name} {value} is below 1")
    workers = worker_count(args.workers)
    check_folder(args.json.parent)
    check_output(args.json, "--json")
    cohort = bench_cohort(args.cohort, args.quiet)
    begin = time.monotonic()
    with TemporaryDirectory(prefix="scan2num-bench-") as folder:
        settings = Settings(
            cohort.resolve(),
            Path(folder),
            workers=workers,
            gpu=gpu,
            quick=args.quick,
            quiet=args.quiet,
            **numbers,
        )
        results = {"machine": machine() | {"gpu": gpu_name(gpu)}} | measured(parts, settings)
    results["parameters"] = settings.described() | {"parts": list(parts)}
    results["versions"] = versions() | results.pop("rival_versions")
    results["minutes"] = round((time.monotonic() - begin) / 60, 2)
    write_json(args.json, results)
    print(printed(results))
    print(f"\n{relative(args.json)}")


def chosen_parts(only: str | None) -> tuple[str, ...]:
    """Return the parts to measure, in order; UsageError for an unknown name."""
    if only is None:
        return PARTS
    wanted = only.split(",")
    for part in wanted:
        if part not in PARTS:
            raise UsageError(f"--only {part!r} is not one of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in wanted)


def measured(parts: tuple[str, ...], settings: Settings) -> dict:
    """Return the results of all parts."""
    run = write_bench_run(settings)
    network = {"step", "forward"} & set(parts)
    measures = {
        "training": lambda: measure_training(settings, run),
        "loader": lambda: measure_loader(settings, run),
        "rivals": lambda: measure_rivals(settings),
        "step": lambda: measure_network(settings, run, network),
        "layers": lambda: measure_layers(settings, run),
        "score_scan": lambda: measure_score_scan(settings, run, BenchScans()),
        "peer": lambda: measure_peer(settings, run, BenchScans()),
        "score_cohort": lambda: measure_score_cohort(
            settings, run, bench_phantoms(settings.quiet), len(os.sched_getaffinity(0))
        ),
    }
    results = {"not_measured": {}, "rival_versions": {}}
    for part, measure in measures.items():
        if part in parts or (part == "step" and network):
            part_results = measure()
            for key in ("not_measured", "rival_versions"):
                results[key] |= part_results.pop(key, {})
            results |= part_results
    return results


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return benchmark(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
