"""What the benchmark's table says of score_scan.py and score_cohort.py."""

from tools.bench.bench_scans import SHOWN
from tools.bench.measure_peer import KEYS
from tools.bench.measure_score_scan import key_of
from tools.scoring.engines import ENGINES

TITLES = {
    **{
        key_of(kind, engine): f"score_scan, {shown}: {engine} / floor"
        for kind, shown in SHOWN.items()
        for engine in ENGINES
    },
    **{key: f"score_scan: {engine} / a 3D network" for engine, key in KEYS.items()},
    "score_cohort_2_workers_vs_1": "score_cohort: speed of 2 workers / 1",
    "score_cohort_2_workers_vs_1_without_start": "the same with its start taken off",
}


def meaning(key: str, entry: dict) -> str | None:
    """Return the sentence below a comparison, None for one of another part."""
    if key.startswith("score_scan_"):
        ours, theirs = (entry["peak_mib"][side] for side in ("ours", "theirs"))
        return f"at most {ours:.0f} MiB of memory, {entry['theirs']['name']} {theirs:.0f}"
    if key.startswith("score_cohort_"):
        return f"{entry['scans']} scans, one thread a worker"
    return None


def cohort_speeds(results: dict) -> list[str]:
    """Return the block of scans a second by number of workers; empty where not measured."""
    if "score_cohort_workers" not in results:
        return []
    lines = ["score_cohort      scans/s [min, max]     with its start taken off"]
    for workers, speeds in results["score_cohort_workers"].items():
        name = f"{workers} worker{'' if workers == '1' else 's'}"
        cells = [_span(speeds[key]) for key in ("scans_per_s", "scans_per_s_without_start")]
        lines.append(f"  {name:16}{cells[0]:23}{cells[1]}".rstrip())
    return lines


def _span(speed: dict | None) -> str:
    if speed is None:
        return "-"
    return f"{speed['median']:5.2f} [{speed['min']:.2f}, {speed['max']:.2f}]"
