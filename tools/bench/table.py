"""The table that the benchmark prints, from what bench.json holds."""

WIDTHS = (44, 12, 31)

# key: title, and what a ratio r means in words
ROWS = {
    "loader_ratio": (
        "training step, loading / constant batch",
        lambda r: f"loading makes training {_percent(r)}",
    ),
    "loader_vs_torchio": ("a scan's stack, one core: torchio / ours", lambda r: _times(r)),
    "loader_vs_monai": ("a scan's stack, one core: MONAI / ours", lambda r: _times(r)),
    "loader_vs_scipy": ("a scan's stack, one core: scipy / ours", lambda r: _times(r)),
    "loader_vs_gzip": ("a scan's stack, one core: gzip / zstd store", lambda r: _times(r)),
    "caffe_step_vs_pytorch_best": ("training step: Caffe / PyTorch", lambda r: _caffe(r)),
    "caffe_step_vs_pytorch_best_tf32": (
        "training step: Caffe / PyTorch with TF32",
        lambda r: _caffe(r),
    ),
    "caffe_forward_vs_pytorch_best": ("scoring pass: Caffe / PyTorch", lambda r: _caffe(r)),
    "caffe_forward_vs_pytorch_best_tf32": (
        "scoring pass: Caffe / PyTorch with TF32",
        lambda r: _caffe(r),
    ),
    "caffe_forward_vs_onnxruntime": ("scoring pass: Caffe / ONNX Runtime", lambda r: _caffe(r)),
}
ALONE = {
    "caffe_step_s": "training step: Caffe, nothing to compare with",
    "caffe_forward_s": "scoring pass: Caffe, nothing to compare with",
}


BUSY = "the machine was busy before the start (load {:.1f}): repeat when it is idle"


def printed(found: dict) -> str:
    """Return the whole table."""
    blocks = [_head(found), _comparisons(found), _loader(found), _layers(found), _missing(found)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _head(found: dict) -> list[str]:
    at, how = found["machine"], found["parameters"]
    where = f"GPU {at['gpu'] or how['gpu']}" if how["gpu"] is not None else "the CPU"
    busy = at["load_before"] / at["cores_usable"]
    return [
        f"{at['cpu']}, {at['cores_usable']} of {at['cores']} cores, {at['memory_gib']:g} GiB; "
        f"Caffe on {where}, {how['threads']} threads",
        f"a scan is {how['slices']} slices, a training step {how['batch']} scan(s); "
        f"{found['minutes']:.1f} min{', --quick: rough numbers' if how['quick'] else ''}",
        *([BUSY.format(at["load_before"])] if busy > 0.25 else []),
    ]


def _comparisons(found: dict) -> list[str]:
    lines = []
    for key, (title, meaning) in ROWS.items():
        if key in found:
            seen = found[key]
            ours, theirs = seen["ours"], seen["theirs"]
            lines.append(
                _row(
                    title,
                    _time(ours["median"]),
                    f"{_time(theirs['median'])} {theirs['name']}",
                    f"{seen['median']:.2f} [{seen['min']:.2f}, {seen['max']:.2f}]",
                )
            )
            lines.append(f"    {meaning(seen['median'])}{_goal(seen)}")
    for key, title in ALONE.items():
        if key in found:
            lines.append(_row(title, _time(found[key]["median"]), "-", "-"))
    return [_row("what", "ours", "theirs", "ratio [min, max]"), *lines] if lines else []


def _loader(found: dict) -> list[str]:
    if "loader_workers" not in found:
        return []
    lines = ["loader alone      scans/s [min, max]     MiB a worker: of its own, with its share"]
    for workers, seen in found["loader_workers"].items():
        speed = seen["scans_per_s"]
        text = f"  {workers} worker(s)     {_span(speed)}"
        if memory := seen["worker_mib"]:
            own, share = (max(worker[kind] for worker in memory) for kind in ("uss", "pss"))
            text = f"{text:41}{own:.0f}, {share:.0f}"
        lines.append(text)
    equal = "yes" if found["loader_bytes_equal"] else "NO: this is a bug"
    return [*lines, f"    the same bytes from any number of workers: {equal}"]


def _layers(found: dict) -> list[str]:
    if "layers" not in found:
        return []
    lines = ["layer (caffe time)      forward   backward  ms of a training step"]
    total = {"forward_ms": 0.0, "backward_ms": 0.0}
    for layer in found["layers"]:
        for kind in total:
            total[kind] += layer[kind]
        lines.append(_layer(layer["name"], layer["type"], layer))
    return [*lines, _layer("sum", "", total)]


def _layer(name: str, kind: str, times: dict) -> str:
    return f"  {name:7} {kind:13}{times['forward_ms']:9.2f} {times['backward_ms']:10.2f}"


def _missing(found: dict) -> list[str]:
    return [
        f"not measured: {key}: {reason.splitlines()[-1]}"
        for key, reason in found["not_measured"].items()
    ]


def _row(*cells: str) -> str:
    padded = (f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=False))
    return " ".join([*padded, cells[-1]])


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def _span(seen: dict) -> str:
    return f"{seen['median']:5.1f} [{seen['min']:.1f}, {seen['max']:.1f}]"


def _goal(seen: dict) -> str:
    goal = seen.get("goal", {})
    words = [f"{name.replace('_', ' ')} {value:g}" for name, value in goal.items()]
    return f"; goal: {words[0]}" if words else ""


def _percent(ratio: float) -> str:
    change = 100 * (ratio - 1)
    if abs(change) < 0.5:
        return "no slower"
    return f"{abs(change):.0f} % {'slower' if change > 0 else 'faster (that is noise)'}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times as long as ours for the same stack"


def _caffe(ratio: float) -> str:
    if ratio < 1:
        return f"Caffe takes {100 * ratio:.0f} % of the time"
    return f"Caffe takes {ratio:.1f} times as long"
