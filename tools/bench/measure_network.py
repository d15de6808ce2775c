"""Caffe's training step and deploy pass against PyTorch and ONNX Runtime, on the same network."""

from contextlib import ExitStack
from statistics import median

from tools.bench.bench_run import BenchRun
from tools.bench.comparison import comparison
from tools.bench.engine import Engine, EngineFailed
from tools.bench.rounds import interleaved, repeats
from tools.bench.same_results import disagreement
from tools.bench.settings import LR, MOMENTUM, WEIGHT_DECAY, Settings
from tools.bench.spread import spread
from tools.caffe_run.compute_engine import CAFFE, ONEDNN, engine_in_use

LAYOUTS = ("contiguous", "channels_last")
TURN_S = 1.5
ONNX_KEY = "forward_vs_onnxruntime"
SHOWN = {"caffe": "Caffe", "caffes_own": "Caffe's own layers"}


def measure_network(settings: Settings, run: BenchRun, wanted: set[str]) -> dict:
    """Return the comparisons of what is wanted: "step", "forward" or both.

    caffe_step_vs_pytorch_best, caffe_forward_vs_pytorch_best, caffe_forward_vs_onnxruntime, on a
    GPU those with PyTorch's TF32, too; where Caffe computes with oneDNN's layers, the same of its
    own as caffes_own_...; and `agreement`, the relative differences of the engines.
    """
    with ExitStack() as stack:
        caffe = {"caffe": stack.enter_context(Engine("caffe_engine", settings.threads))}
        _prepare(caffe["caffe"], settings, run)
        results = {"agreement": {}, "not_measured": {}, "rival_versions": {}}
        if settings.gpu is None and engine_in_use() == ONEDNN:
            caffe["caffes_own"] = _caffes_own(stack, settings, run, results)
        torch = _torch(stack, settings, run, results)
        onnx = _onnx(stack, settings, run, results) if "forward" in wanted else None
        for what in sorted(wanted, reverse=True):
            results |= _measure(what, settings, caffe, torch, onnx)
    return results


def _prepare(caffe: Engine, settings: Settings, run: BenchRun) -> None:
    weights = run.file("weights.caffemodel")
    caffe.ask("on", gpu=settings.gpu)
    caffe.ask(
        "reference",
        net=str(run.check),
        deploy=str(run.deploy),
        weights=weights,
        arrays=run.file("arrays.npz"),
    )
    caffe.ask("train", solver=str(run.constant), weights=weights)
    caffe.ask("step", warm=0, count=1)
    caffe.ask("batch", arrays=run.file("batch.npz"))


def _caffes_own(stack: ExitStack, settings: Settings, run: BenchRun, results: dict) -> Engine:
    """Return the Caffe that computes with its own layers, loaded and checked."""
    engine = stack.enter_context(Engine("caffe_engine", settings.threads, layers=CAFFE))
    weights = run.file("weights.caffemodel")
    difference = engine.ask(
        "load", deploy=str(run.deploy), weights=weights, arrays=run.file("arrays.npz")
    )
    results["agreement"]["caffes_own"] = {"forward": difference}
    if wrong := disagreement(results["agreement"]["caffes_own"]):
        raise EngineFailed(wrong)
    engine.ask("train", solver=str(run.constant), weights=weights)
    return engine


def _torch(stack: ExitStack, settings: Settings, run: BenchRun, results: dict) -> Engine | None:
    """Return PyTorch with the network loaded and checked; None: results say why."""
    keys = ("caffe_step_vs_pytorch_best", "caffe_forward_vs_pytorch_best")
    try:
        engine = stack.enter_context(Engine("torch_engine", settings.threads, rival=True))
        engine.ask(
            "load",
            train=run.train_layers,
            deploy=run.deploy_layers,
            solver={"lr": LR, "momentum": MOMENTUM, "weight_decay": WEIGHT_DECAY},
            arrays=run.file("arrays.npz"),
            batch=run.file("batch.npz"),
            gpu=settings.gpu,
            threads=settings.threads,
        )
        for layout in LAYOUTS:
            differences = engine.ask("agreement", layout=layout)
            results["agreement"][f"pytorch_{layout}"] = differences
            if wrong := disagreement(differences):
                raise EngineFailed(wrong)
        results["rival_versions"]["torch"] = engine.ask("version")
        return engine
    except EngineFailed as error:
        results["not_measured"] |= dict.fromkeys(keys, str(error))
        return None


def _onnx(stack: ExitStack, settings: Settings, run: BenchRun, results: dict) -> Engine | None:
    """Return ONNX Runtime with the network loaded and checked; None: results say why."""
    try:
        engine = stack.enter_context(Engine("onnx_engine", settings.threads, rival=True))
        engine.ask(
            "load",
            deploy=run.deploy_layers,
            arrays=run.file("arrays.npz"),
            gpu=settings.gpu,
            threads=settings.threads,
        )
        differences = {"forward": engine.ask("agreement")}
        results["agreement"]["onnxruntime"] = differences
        if wrong := disagreement(differences):
            raise EngineFailed(wrong)
        results["rival_versions"]["onnxruntime"] = engine.ask("version")
        return engine
    except EngineFailed as error:
        results["not_measured"][f"caffe_{ONNX_KEY}"] = str(error)
        return None


def _measure(
    what: str,
    settings: Settings,
    caffe: dict[str, Engine],
    torch: Engine | None,
    onnx: Engine | None,
) -> dict:
    """Return the comparisons of "step" or "forward"."""
    once_s = caffe["caffe"].ask(what, warm=1, count=2)
    how = {"warm": 1, "count": repeats(once_s, settings.limit_s(TURN_S), fewest=2)}
    tasks = {name: lambda engine=engine: engine.ask(what, **how) for name, engine in caffe.items()}
    if torch:
        for tf32 in (False, True) if settings.gpu is not None else (False,):
            for layout in LAYOUTS:
                tasks[f"pytorch {layout}{' tf32' if tf32 else ''}"] = (
                    lambda layout=layout, tf32=tf32: torch.ask(
                        what, layout=layout, tf32=tf32, **how
                    )
                )
    if onnx and what == "forward":
        tasks["onnxruntime"] = lambda: onnx.ask(what, **how)
    name = "training step" if what == "step" else "deploy pass"
    seconds = interleaved(
        tasks, settings.rounds(8), settings.limit_s(45), f"{name}s", settings.quiet
    )
    return _comparisons(what, name, settings, seconds)


def _comparisons(what: str, name: str, settings: Settings, seconds: dict) -> dict:
    scans = settings.batch if what == "step" else 1
    of = f"{name} of {scans} x {settings.slices} slices"
    results = {}
    rivals = [n for n in seconds if n.startswith("pytorch")]
    for caffe in (name for name in ("caffe", "caffes_own") if name in seconds):
        for tail in ("", " tf32"):
            same = [n for n in rivals if n.endswith("tf32") == bool(tail)]
            if same:
                best = min(same, key=lambda n: median(seconds[n]))
                others = {n: median(seconds[n]) for n in same if n != best}
                results[f"{caffe}_{what}_vs_pytorch_best{tail.replace(' ', '_')}"] = comparison(
                    f"{of}: {SHOWN[caffe]} / {best}",
                    seconds[caffe],
                    seconds[best],
                    (SHOWN[caffe], best.replace("pytorch", "PyTorch")),
                    slower_layouts_s=others,
                )
        if "onnxruntime" in seconds:
            results[f"{caffe}_{ONNX_KEY}"] = comparison(
                f"{of}: {SHOWN[caffe]} / ONNX Runtime",
                seconds[caffe],
                seconds["onnxruntime"],
                (SHOWN[caffe], "ONNX Runtime"),
            )
    if "caffes_own" in seconds:
        results[f"caffe_{what}_vs_caffes_own"] = comparison(
            f"{of}: Caffe / Caffe's own layers",
            seconds["caffe"],
            seconds["caffes_own"],
            ("Caffe", "Caffe's own layers"),
        )
    if not results:  # Caffe alone is worth a line
        results[f"caffe_{what}_s"] = {**spread(seconds["caffe"]), "unit": "s", "what": of}
    return results
