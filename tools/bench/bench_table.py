"""The table that the benchmark prints, from what bench.json holds."""

from collections.abc import Sequence

from tools.bench import scoring_rows

WIDTHS = (44, 12, 31)

# What a comparison is called. In loader_vs_... and score_cohort_... their time is over ours, else
# ours over theirs.
TITLES = {
    "loader_ratio": "training step, loading / constant batch",
    "loader_vs_torchio": "a scan's stack, one core: torchio / ours",
    "loader_vs_monai": "a scan's stack, one core: MONAI / ours",
    "loader_vs_scipy": "a scan's stack, one core: scipy / ours",
    "loader_vs_gzip": "a scan's stack, one core: gzip / zstd store",
    "caffe_step_vs_pytorch_best": "training step: Caffe / PyTorch",
    "caffe_step_vs_pytorch_best_tf32": "training step: Caffe / PyTorch, TF32",
    "caffes_own_step_vs_pytorch_best": "training step: Caffe's own / PyTorch",
    "caffe_step_vs_caffes_own": "training step: Caffe / Caffe's own",
    "caffe_forward_vs_pytorch_best": "scoring pass: Caffe / PyTorch",
    "caffe_forward_vs_pytorch_best_tf32": "scoring pass: Caffe / PyTorch, TF32",
    "caffes_own_forward_vs_pytorch_best": "scoring pass: Caffe's own / PyTorch",
    "caffe_forward_vs_onnxruntime": "scoring pass: Caffe / ONNX Runtime",
    "caffes_own_forward_vs_onnxruntime": "scoring pass: Caffe's own / ONNX Runtime",
    "caffe_forward_vs_caffes_own": "scoring pass: Caffe / Caffe's own",
    **scoring_rows.TITLES,
}
ALONE = {
    "caffe_step_s": "training step: Caffe, nothing to compare with",
    "caffe_forward_s": "scoring pass: Caffe, nothing to compare with",
}


BUSY = "the machine was busy before the start (load {:.1f}); repeat when it is idle"


def printed(results: dict) -> str:
    """Return the whole table."""
    blocks = [
        _head(results),
        _comparisons(results),
        _loader(results),
        scoring_rows.cohort_speeds(results),
        _layers(results),
        _missing(results),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _head(results: dict) -> list[str]:
    at, how = results["machine"], results["parameters"]
    where = f"GPU {at['gpu'] or how['gpu']}" if how["gpu"] is not None else "the CPU"
    busy = at["load_before"] / at["cores_usable"]
    return [
        f"{at['cpu']}, {at['cores_usable']} of {at['cores']} cores, {at['memory_gib']:g} GiB; "
        f"Caffe on {where}{_layers_of(results)}, {_count(how['threads'], 'thread')}",
        f"a scan is {how['slices']} slices, a training step {_count(how['batch'], 'scan')}; "
        f"{results['minutes']:.1f} min{', --quick: rough numbers' if how['quick'] else ''}",
        *([BUSY.format(at["load_before"])] if busy > 0.25 else []),
    ]


def _layers_of(results: dict) -> str:
    onednn = results["versions"]["onednn"]
    on_cpu = results["parameters"]["gpu"] is None
    return f" with layers of oneDNN {onednn}" if onednn and on_cpu else ""


def _comparisons(results: dict) -> list[str]:
    lines = []
    for key, title in TITLES.items():
        if key in results:
            entry = results[key]
            ours, theirs = entry["ours"], entry["theirs"]
            lines.append(
                _row(
                    title,
                    _time(ours["median"]),
                    f"{_time(theirs['median'])} {theirs['name']}",
                    f"{entry['median']:.2f} [{entry['min']:.2f}, {entry['max']:.2f}]",
                )
            )
            lines.append(f"    {_meaning(key, entry)}{_goal(entry)}")
    for key, title in ALONE.items():
        if key in results:
            lines.append(_row(title, _time(results[key]["median"]), "-", "-"))
    return [_row("what", "ours", "theirs", "ratio [min, max]"), *lines] if lines else []


def _loader(results: dict) -> list[str]:
    if "loader_workers" not in results:
        return []
    lines = ["loader alone      scans/s [min, max]     MiB a worker: of its own, with its share"]
    for workers, entry in results["loader_workers"].items():
        speed = entry["scans_per_s"]
        text = f"  {_count(int(workers), 'worker'):16}{_span(speed)}"
        if memory := entry["worker_mib"]:
            own, share = (max(worker[kind] for worker in memory) for kind in ("uss", "pss"))
            text = f"{text:41}{own:.0f}, {share:.0f}"
        lines.append(text)
    equal = "yes" if results["loader_bytes_equal"] else "NO: this is a bug"
    return [*lines, f"    the same bytes from any number of workers: {equal}"]


def _layers(results: dict) -> list[str]:
    if "layers" not in results:
        return []
    columns = [results["layers"]]
    head = "layer (caffe time)      forward   backward  ms of a training step"
    if "layers_caffes_own" in results:
        columns.append(results["layers_caffes_own"])
        head += "; then with Caffe's own layers"
    lines = [head]
    for same in zip(*columns, strict=True):
        lines.append(_layer(same[0]["name"], same[0]["type"], same))
    totals = [
        {kind: sum(layer[kind] for layer in column) for kind in ("forward_ms", "backward_ms")}
        for column in columns
    ]
    return [*lines, _layer("sum", "", totals)]


def _layer(name: str, kind: str, columns: Sequence[dict]) -> str:
    times = "   ".join(f"{t['forward_ms']:9.2f} {t['backward_ms']:10.2f}" for t in columns)
    return f"  {name:7} {kind:13}{times}"


def _missing(results: dict) -> list[str]:
    return [
        f"not measured: {key}: {reason.splitlines()[-1]}"
        for key, reason in results["not_measured"].items()
    ]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _row(*cells: str) -> str:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=False))
    return " ".join([*padded, cells[-1]])


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _span(entry: dict) -> str:
    return f"{entry['median']:5.1f} [{entry['min']:.1f}, {entry['max']:.1f}]"


def _goal(entry: dict) -> str:
    goal = entry.get("goal", {})
    words = [f"{name.replace('_', ' ')} {value:g}" for name, value in goal.items()]
    return f"; goal: {words[0]}" if words else ""


def _meaning(key: str, entry: dict) -> str:
    if said := scoring_rows.meaning(key, entry):
        return said
    ratio, theirs = entry["median"], entry["theirs"]["name"]
    if key == "loader_ratio":
        return _cost_of_loading(100 * (ratio - 1), entry["workers"])
    if key.startswith("loader_vs_"):
        return f"{theirs} takes {ratio:.1f} times as long as our loader for the same stack"
    ours = "Caffe with its own layers" if key.startswith("caffes_own") else "Caffe"
    if ratio < 1:
        return f"{ours} takes {100 * ratio:.0f} % of the time of {theirs}"
    return f"{ours} takes {ratio:.1f} times as long as {theirs}"


def _cost_of_loading(percent: float, workers: int) -> str:
    processes = _count(workers, "worker")
    if percent < 0.5:
        return f"with {processes}, loading costs nothing that could be measured"
    return f"with {processes}, loading makes a training step {percent:.1f} % longer"
