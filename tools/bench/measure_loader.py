"""The loader alone: scans a second by number of workers, their bytes and their memory."""

from contextlib import ExitStack

from pylayers.batch.shared_slots import BATCHES_AHEAD
from tools.bench.bench_run import BenchRun, train_params
from tools.bench.engine import Engine
from tools.bench.process_memory import children_of, memory_of
from tools.bench.rounds import interleaved
from tools.bench.settings import Settings
from tools.bench.spread import spread

WORKERS = (0, 1, 2, 4)
BATCH = 4  # scans; a GPU's batch is larger
DIGEST_BATCHES = 4
WARM_BATCHES = BATCHES_AHEAD + 1  # uses up what was made while the others were measured
BATCHES = 10


def measure_loader(settings: Settings, run: BenchRun) -> dict:
    """Return loader_scans_per_s (at the workers in use), loader_workers, loader_bytes_equal."""
    batch = max(BATCH, settings.batch)
    count = 4 if settings.quick else BATCHES
    numbers = sorted({*WORKERS, settings.workers})
    with ExitStack() as stack:
        engines = {}
        for workers in numbers:
            engines[workers] = stack.enter_context(Engine("batch_engine", 1))
            param_str = train_params(run.run, batch).to_json()
            engines[workers].ask("open", param_str=param_str, workers=workers)
        digests = {n: engine.ask("digest", count=DIGEST_BATCHES) for n, engine in engines.items()}
        seconds = interleaved(
            {
                str(n): lambda engine=engine: engine.ask("fill", warm=WARM_BATCHES, count=count)
                for n, engine in engines.items()
            },
            settings.rounds(6),
            settings.limit_s(40),
            "loader by workers",
            settings.quiet,
        )
        memory = {
            n: [memory_of(pid) for pid in children_of(engine.pid)] for n, engine in engines.items()
        }
        own = {n: memory_of(engine.pid) for n, engine in engines.items()}
    by_workers = {
        str(n): {
            "scans_per_s": {**spread([batch / s for s in seconds[str(n)]]), "unit": "1/s"},
            "sha256": digests[n],
            "worker_mib": memory[n],
            "reader_mib": own[n],
        }
        for n in numbers
    }
    return {
        "loader_scans_per_s": {
            **by_workers[str(settings.workers)]["scans_per_s"],
            "what": f"scans of {settings.slices} slices a second, loader alone",
            "workers": settings.workers,
            "batch": batch,
        },
        "loader_workers": by_workers,
        "loader_bytes_equal": len(set(digests.values())) == 1,
    }
