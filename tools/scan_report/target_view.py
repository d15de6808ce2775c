"""What the page shows of one target: number, interval, slices, maps."""

from typing import NamedTuple

import numpy as np

from pylayers.cohort.targets import TARGETS, Target
from pylayers.lungs.crop import LungCrop
from tools.scan_report import charts
from tools.scan_report.maps import relevance_maps
from tools.scan_report.meaning import SCALES, meaning
from tools.scan_report.slice_pictures import coronal_picture, map_picture, slice_picture
from tools.scan_report.uncertainty import Interval, validation_interval
from tools.stats.estimate_text import number_text
from tools.training.run_folder import RunFolder

MOST_PICTURES = 16  # of more slices, evenly spaced ones are shown, and always both extremes


class SliceView(NamedTuple):
    """A slice: number from base to apex, texts, which extreme it is, and its pictures if shown."""

    number: int
    index: int
    z_mm: str
    value: str
    extreme: str
    row: charts.Row
    picture: str = ""
    map: str = ""
    effect: str = ""


class TargetView(NamedTuple):
    """One target; slices from apex to base. interval: numbers, or None. worse: what orange does."""

    target: Target
    number: str
    meaning: str
    interval: Interval | None
    interval_text: str
    line: charts.NumberLine
    coronal: str
    overview: charts.Overview
    slices: list[SliceView]
    offsets: int
    map_full: str
    worse: str
    better: str


def target_view(
    run: RunFolder, result: dict, scores: dict, crop: LungCrop, lungs: np.ndarray
) -> TargetView:
    """Return what is shown of a run's target.

    result: its part of the scan's result. scores: all targets'. lungs: bool of the crop's shape.
    """
    name = run.best()["target"]
    target, scale, score = TARGETS[name], SCALES[name], result["score"]
    interval = validation_interval(run, score, target)
    # a slice's own score: with several start offsets a contribution is weighted
    values = np.array([s["contribution"] / s.get("weight", 1.0) for s in result["slices"]])
    indices = np.array([s["index"] for s in result["slices"]]) - crop.box.z0
    coronal, aspect = coronal_picture(crop, lungs)
    overview = charts.overview((indices + 0.5) / len(crop.hu), values, score, aspect)
    shown = _shown(values)
    maps = relevance_maps(run, crop, lungs, indices[shown])
    pictures = {
        int(at): {
            "picture": slice_picture(crop, crop.hu[indices[at]]),
            "map": map_picture(crop, crop.hu[indices[at]], -scale.worse * strength),
            "effect": _signed(effect, target),
        }
        for at, strength, effect in zip(shown, maps.strength, maps.effects, strict=True)
    }
    slices = [
        SliceView(
            at + 1,
            part["index"],
            number_text(part["z_mm"], 1),
            number_text(values[at], target.decimals),
            {int(np.argmin(values)): "lowest", int(np.argmax(values)): "highest"}.get(at, ""),
            overview.rows[at],
            **pictures.get(at, {}),
        )
        for at, part in enumerate(result["slices"])
    ]
    worse, better = ("raises", "lowers") if scale.worse > 0 else ("lowers", "raises")
    return TargetView(
        target,
        number_text(score, target.decimals),
        meaning(name, scores),
        interval,
        interval and f"{_text(interval.low, target)} to {_text(interval.high, target)}",
        charts.number_line(scale, score, interval),
        coronal,
        overview,
        slices[::-1],
        result.get("offsets", 1),
        f"{maps.full:.2g}{' ' + target.unit if target.unit else ''}",
        worse,
        better,
    )


def _shown(values: np.ndarray) -> np.ndarray:
    even = np.linspace(0, len(values) - 1, min(len(values), MOST_PICTURES)).round().astype(int)
    return np.unique([*even, np.argmin(values), np.argmax(values)])


def _text(value: float, target: Target) -> str:
    return number_text(value, target.decimals) + (f" {target.unit}" if target.unit else "")


def _signed(value: float, target: Target) -> str:
    value = round(value, target.decimals) + 0.0  # no minus before a zero
    return ("+" if value >= 0 else "") + number_text(value, target.decimals)
