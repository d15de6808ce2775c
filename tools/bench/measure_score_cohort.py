"""tools/score_cohort.py by number of workers, each with one thread whatever their number."""

import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pylayers.files.checkout import ROOT
from tools.bench.bench_run import BenchRun
from tools.bench.bench_weights import write_weights
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed
from tools.bench.rounds import interleaved
from tools.bench.settings import Settings
from tools.bench.spread import spread

TIMES, TIMES_QUICK = 18, 4  # each scan is in the list so often, each time under another scan_id
GOAL = 1.8  # times the speed of one worker, for two
PAIR = ("1", "2")


def measure_score_cohort(
    settings: Settings, run: BenchRun, scans: Sequence[Path], cores: int
) -> dict:
    """Return score_cohort_workers, _2_workers_vs_1 and, with the start taken off, the same.

    scans: files of some scans. cores: the most workers that are tried, at least two.
    """
    weights = write_weights(run).path
    times = TIMES_QUICK if settings.quick else TIMES
    folder = settings.folder / "score_cohort"
    folder.mkdir(exist_ok=True)
    lists = {n: write_list(folder / f"scans_{n}.csv", scans, n) for n in (1, times)}
    numbers = [str(n) for n in workers_tried(cores)]
    tables = set()

    with Engine("program_engine", 1) as programs:

        def task(workers: str, n: int) -> Callable[[], float]:
            table = folder / f"scores_{workers}_{n}.csv"
            program = [sys.executable, str(ROOT / "tools" / "score_cohort.py"), str(lists[n])]
            options = ["--workers", workers, "--weights", str(weights), "--out", str(table)]

            def wall_s() -> float:
                seen = programs.ask("run", command=[*program, *options, "--quiet"])
                if n == times:
                    tables.add(table.read_bytes())
                for made in folder.glob(f"{table.stem}*"):
                    made.unlink()
                return seen["wall_s"]

            return wall_s

        seconds = interleaved(
            {f"{w} {n}": task(w, n) for w in numbers for n in lists},
            settings.rounds(4),
            settings.limit_s(240),
            "score_cohort by workers",
            settings.quiet,
        )
    if len(tables) > 1:
        raise EngineFailed("score_cohort.py: the table depends on the number of workers")
    whole = {w: seconds[f"{w} {times}"] for w in numbers}
    rest = {w: _more(whole[w], seconds[f"{w} 1"]) for w in numbers}
    return results_of(whole, rest, len(scans) * times, len(scans) * (times - 1))


def workers_tried(cores: int) -> list[int]:
    """Return 1, 2, 4 ... and the number of cores."""
    doubled = [2**power for power in range(cores.bit_length()) if 2**power <= cores]
    return sorted({1, 2, *doubled, cores})


def write_list(path: Path, scans: Sequence[Path], times: int) -> Path:
    """Write a list for score_cohort.py in which each scan is so many times; return its path."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("scan_id", "path"))
        table.writerows(
            (f"{scan.stem}_{time}", scan.resolve()) for time in range(times) for scan in scans
        )
    return path


def results_of(
    whole: dict[str, list[float]], rest: dict[str, list[float]], scans: int, further: int
) -> dict:
    """Return what goes into bench.json.

    whole: seconds of the program by workers, per round, for so many scans. rest: what a list of
    each scan once did not take of them, for the further scans.
    """
    speeds = {
        workers: {
            "scans_per_s": _speed(whole[workers], scans),
            "scans_per_s_without_start": _speed(rest[workers], further),
        }
        for workers in whole
    }
    results = {"score_cohort_workers": speeds, "not_measured": {}}
    for key, seconds, count, what in (
        ("score_cohort_2_workers_vs_1", whole, scans, "the whole program"),
        ("score_cohort_2_workers_vs_1_without_start", rest, further, "without its start"),
    ):
        one, two = (seconds[workers] for workers in PAIR)
        if min(*one, *two) <= 0:
            results["not_measured"][key] = f"{count} scans take no time that can be told from noise"
            continue
        results[key] = comparison(
            f"score_cohort.py, {what}, {count} scans: speed of two workers / of one",
            two,
            one,
            ("two workers", "one worker"),
            upside_down=True,
            scans=count,
            goal={"at_least": GOAL},
        )
    return results


def _more(long: list[float], short: list[float]) -> list[float]:
    return [a - b for a, b in zip(long, short, strict=True)]


def _speed(seconds: list[float], scans: int) -> dict | None:
    """Return scans a second with their spread; None where noise hid the time."""
    if min(seconds) <= 0:
        return None
    return {**spread([scans / s for s in seconds]), "unit": "1/s"}
