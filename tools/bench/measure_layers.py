"""Time per layer, by `caffe time`."""

from pylayers.batch.prefetch import WORKERS
from tools.bench.bench_run import BenchRun
from tools.bench.caffe_time import time_layers
from tools.bench.engine import threads_env
from tools.bench.settings import Settings
from tools.caffe_run.compute_engine import CAFFE, CHOICE, ONEDNN, engine_in_use
from tools.training.run_folder import read_net


def measure_layers(settings: Settings, run: BenchRun) -> dict:
    """Return layers: name, type, forward and backward in ms each, of a training step.

    Where oneDNN's layers compute, layers_caffes_own has the same of Caffe's own.
    """
    engine = engine_in_use()
    results = {"layers": _times(settings, run, engine)}
    if settings.gpu is None and engine == ONEDNN:
        results["layers_caffes_own"] = _times(settings, run, CAFFE)
    return results


def _times(settings: Settings, run: BenchRun, engine: str) -> list[dict]:
    net = run.run.net
    env = threads_env(settings.threads) | {WORKERS: str(settings.workers), CHOICE: engine}
    times = time_layers(net, settings.gpu, 3 if settings.quick else 10, env)
    kinds = {layer.name: layer.type for layer in read_net(net).layer}
    return [{"name": name, "type": kinds.get(name, ""), **ms} for name, ms in times.items()]
