"""Training with loading against the same training on a constant batch (nnU-Net's way to look)."""

from pylayers.prefetch import BATCHES_AHEAD
from tools.bench.bench_run import BenchRun
from tools.bench.comparison import comparison
from tools.bench.engine import Engine
from tools.bench.rounds import interleaved
from tools.bench.settings import Settings

# Batches that were made while the other one trained are used up before time counts.
WARM_STEPS = BATCHES_AHEAD + 1
STEPS = 6
GOAL = 1.03


def measure_training(settings: Settings, run: BenchRun) -> dict:
    """Return loader_ratio: a step of the run's net over the step that loads nothing."""
    warm, steps = (2, 2) if settings.quick else (WARM_STEPS, STEPS)
    with (
        Engine("caffe_engine", settings.threads, workers=settings.workers) as loading,
        Engine("caffe_engine", settings.threads) as constant,
    ):
        for engine, solver in ((loading, run.loading), (constant, run.constant)):
            engine.ask("on", gpu=settings.gpu)
            engine.ask("train", solver=str(solver))
        times = interleaved(
            {
                "loading": lambda: loading.ask("step", warm=warm, count=steps),
                "constant": lambda: constant.ask("step", warm=warm, count=steps),
            },
            settings.rounds(8),
            100 if not settings.quick else 15,
            "training with and without loading",
            settings.quiet,
        )
    return {
        "loader_ratio": comparison(
            "training step with loading / on a constant batch",
            times["loading"],
            times["constant"],
            (f"Caffe, {settings.workers} workers", "constant batch"),
            goal={"at_most": GOAL},
            workers=settings.workers,
        )
    }
