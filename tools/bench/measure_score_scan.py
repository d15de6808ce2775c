"""tools/score_scan.py on a large scan against the least that it can cost (scan_floor.py)."""

import json
import sys
from collections.abc import Sequence

from pylayers.files.checkout import ROOT
from tools.bench.bench_run import BenchRun
from tools.bench.bench_scans import SHOWN, BenchScans
from tools.bench.bench_weights import write_weights
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed
from tools.bench.program_rounds import program_rounds
from tools.bench.same_results import disagreement, relative_difference
from tools.bench.settings import TARGET, Settings
from tools.scoring.engines import CAFFE, ENGINES, ONNX
from tools.training.run_folder import RunFolder

FLOOR = "floor"
GOALS = {ONNX: 2.0, CAFFE: 3.0}  # times the floor, for the raw file
GOAL_MIB = 1024
RAW = "raw"


def measure_score_scan(settings: Settings, run: BenchRun, scans: BenchScans) -> dict:
    """Return score_scan_vs_floor_onnx and _caffe: whole processes on the raw file.

    Unless quick, score_scan_zraw_vs_floor_..., _nii_gz_vs_floor_... and _dicom_vs_floor_..., too.
    """
    kinds = [kind for kind in SHOWN if kind == RAW or not settings.quick]
    if why := scans.missing():
        return {"not_measured": {key_of(kind, e): why for kind in kinds for e in ENGINES}}
    weights = write_weights(run)
    results = {}
    with Engine("program_engine", settings.threads) as programs:
        for kind in kinds:
            path = str(scans.path(kind, settings.quiet).resolve())
            results |= _measure(settings, programs, weights, kind, path, scans.size_of(kind))
    return results


def key_of(kind: str, engine: str) -> str:
    """Return the key in bench.json of one of bench_scans.FILES and an engine."""
    return f"score_scan_{'' if kind == RAW else f'{kind}_'}vs_floor_{engine}"


def score_command(weights: RunFolder, scan: str, engine: str) -> list[str]:
    """Return the program that scores a scan."""
    program = [sys.executable, str(ROOT / "tools" / "score_scan.py"), scan, "--quiet"]
    return [*program, "--weights", str(weights.path), "--engine", engine]


def floor_command(weights: RunFolder, scan: str, settings: Settings) -> list[str]:
    """Return the program that does the least."""
    # -P: what lies beside it hides no module from it
    program = [sys.executable, "-P", str(ROOT / "tools" / "bench" / "scan_floor.py")]
    return [*program, scan, str(weights.twin), str(settings.slices), str(settings.threads)]


def _measure(
    settings: Settings,
    programs: Engine,
    weights: RunFolder,
    kind: str,
    scan: str,
    size: Sequence[int],
) -> dict:
    """Return the comparisons of one file."""
    commands = {
        FLOOR: floor_command(weights, scan, settings),
        **{engine: score_command(weights, scan, engine) for engine in ENGINES},
    }
    results = {engine: _result(programs, commands[engine]) for engine in ENGINES}
    difference = relative_difference(*map(_contributions, results.values()))
    if wrong := disagreement({"forward": difference}):
        raise EngineFailed(f"{scan}: {wrong}")
    times = program_rounds(
        programs,
        commands,
        settings.rounds(10 if kind == RAW else 5),
        settings.limit_s(60 if kind == RAW else 40),
        f"score_scan, {SHOWN[kind]}",
        settings.quiet,
    )
    return {
        key_of(kind, engine): comparison(
            f"whole process, {SHOWN[kind]} of {'x'.join(map(str, size))} voxels: "
            f"score_scan.py --engine {engine} / start, imports, reading, one pass",
            times.seconds[engine],
            times.seconds[FLOOR],
            (f"score_scan, {engine}", "the floor"),
            peak_mib={"ours": times.peak_mib[engine], "theirs": times.peak_mib[FLOOR]},
            difference_of_engines=difference,
            timings_s=results[engine]["timings_s"],
            **({"goal": {"at_most": GOALS[engine], "mib": GOAL_MIB}} if kind == RAW else {}),
        )
        for engine in ENGINES
    }


def _result(programs: Engine, command: list[str]) -> dict:
    return json.loads(programs.ask("run", command=[*command, "--json", "-"])["stdout"])


def _contributions(result: dict) -> list[float]:
    return [one["contribution"] for one in result["targets"][TARGET]["slices"]]
