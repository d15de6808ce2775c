"""tools/score_scan.py on a large scan against the least that it can cost (scan_floor.py)."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence

from pylayers.files.checkout import ROOT, relative
from tools.bench.bench_run import BenchRun
from tools.bench.bench_scans import SHOWN, BenchScans
from tools.bench.bench_weights import write_weights
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed
from tools.bench.rounds import interleaved
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
    if not scans.sample.is_file():
        why = f"there is no {relative(scans.sample)}; `make bench` fetches it"
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


def commands(weights: RunFolder, scan: str, settings: Settings) -> dict[str, list[str]]:
    """Return the programs that are measured, by engine, and the floor's."""
    tools = ROOT / "tools"
    score = [sys.executable, str(tools / "score_scan.py"), scan, "--quiet"]
    score += ["--weights", str(weights.path)]
    numbers = [str(settings.slices), str(settings.threads)]
    # -P: what lies beside the floor hides no module from it
    floor = [sys.executable, "-P", str(tools / "bench" / "scan_floor.py")]
    return {
        FLOOR: [*floor, scan, str(weights.twin), *numbers],
        **{engine: [*score, "--engine", engine] for engine in ENGINES},
    }


def _measure(
    settings: Settings,
    programs: Engine,
    weights: RunFolder,
    kind: str,
    scan: str,
    size: Sequence[int],
) -> dict:
    """Return the comparisons of one file."""
    said = commands(weights, scan, settings)
    results = {engine: _result(programs, said[engine]) for engine in ENGINES}
    difference = relative_difference(*map(_contributions, results.values()))
    if wrong := disagreement({"forward": difference}):
        raise EngineFailed(f"{scan}: {wrong}")
    peaks = defaultdict(list)

    def task(name: str) -> Callable[[], float]:
        def wall_s() -> float:
            seen = programs.ask("run", command=said[name])
            peaks[name].append(seen["peak_mib"])
            return seen["wall_s"]

        return wall_s

    seconds = interleaved(
        {name: task(name) for name in said},
        settings.rounds(10 if kind == RAW else 5),
        settings.limit_s(60 if kind == RAW else 40),
        f"score_scan, {SHOWN[kind]}",
        settings.quiet,
    )
    return {
        key_of(kind, engine): comparison(
            f"whole process, {SHOWN[kind]} of {'x'.join(map(str, size))} voxels: "
            f"score_scan.py --engine {engine} / start, imports, reading, one pass",
            seconds[engine],
            seconds[FLOOR],
            (f"score_scan, {engine}", "the floor"),
            peak_mib={"ours": max(peaks[engine]), "theirs": max(peaks[FLOOR])},
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
