"""Time per layer, by `caffe time`."""

from pylayers.batch.prefetch import WORKERS
from tools.bench.bench_run import BenchRun
from tools.bench.caffe_time import time_layers
from tools.bench.engine import threads_env
from tools.bench.settings import Settings
from tools.training.run_folder import read_net


def measure_layers(settings: Settings, run: BenchRun) -> dict:
    """Return layers: name, type, forward and backward in ms each, of a training step."""
    net = run.run.net
    env = threads_env(settings.threads) | {WORKERS: str(settings.workers)}
    times = time_layers(net, settings.gpu, 3 if settings.quick else 10, env)
    kinds = {layer.name: layer.type for layer in read_net(net).layer}
    return {
        "layers": [{"name": name, "type": kinds.get(name, ""), **ms} for name, ms in times.items()]
    }
