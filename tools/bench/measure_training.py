"""Training with loading against the same training on a constant batch (nnU-Net's way to look)."""

from pylayers.batch.shared_slots import BATCHES_AHEAD
from tools.bench.bench_run import BenchRun
from tools.bench.comparison import comparison
from tools.bench.engine import Engine
from tools.bench.rounds import interleaved, repeats
from tools.bench.settings import Settings

# Batches that were made while the other one trained are used up before time counts.
WARM_STEPS = BATCHES_AHEAD + 1
TURN_S = 4.0
GOAL = 1.03


def measure_training(settings: Settings, run: BenchRun) -> dict:
    """Return loader_ratio: a step of the run's net over the step that loads nothing."""
    with (
        Engine("caffe_engine", settings.threads, workers=settings.workers) as loading,
        Engine("caffe_engine", settings.threads) as constant,
    ):
        for engine, solver in ((loading, run.loading), (constant, run.constant)):
            engine.ask("on", gpu=settings.gpu)
            engine.ask("train", solver=str(solver))
        step_s = constant.ask("step", warm=1, count=2)
        how = {
            "warm": WARM_STEPS,
            "count": repeats(step_s, settings.limit_s(TURN_S), fewest=3),
        }
        times = interleaved(
            {
                "loading": lambda: loading.ask("step", **how),
                "constant": lambda: constant.ask("step", **how),
            },
            settings.rounds(16),
            settings.limit_s(140.0),
            "training with and without loading",
            settings.quiet,
        )
    return {
        "loader_ratio": comparison(
            "training step with loading / on a constant batch",
            times["loading"],
            times["constant"],
            ("loading", "constant"),
            goal={"at_most": GOAL},
            workers=settings.workers,
        )
    }
