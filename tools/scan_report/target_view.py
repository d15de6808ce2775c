"""What the page shows of one target: number, interval, slices, maps."""

from typing import NamedTuple

import numpy as np

from pylayers.cohort.targets import Target
from tools.scan_report import charts
from tools.scan_report.maps import relevance_maps
from tools.scan_report.meaning import meaning, scale_of
from tools.scan_report.slice_pictures import coronal_picture, map_picture, slice_picture
from tools.scan_report.uncertainty import Interval, validation_interval
from tools.scoring.relevance import RelevanceNet
from tools.scoring.scored_crop import TargetScore
from tools.stats.estimate_text import number_text

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


def target_view(result: dict, scores: dict[str, float], scored: TargetScore) -> TargetView:
    """Return what is shown of one target.

    result: its part of the scan's result. scores: all targets'. scored: the numbers behind it.
    """
    scorer, crop, lungs = scored.scorer, scored.crop, scored.crop.lungs
    target, score = scorer.target, result["score"]
    scale = scale_of(target)
    interval = validation_interval(scorer.run.folder, score, target)
    # a slice's own score: with several start offsets a contribution is weighted
    values = np.array([s["contribution"] / s.get("weight", 1.0) for s in result["slices"]])
    indices = scored.slices.sample.indices
    coronal, aspect = coronal_picture(crop, lungs)
    overview = charts.overview((indices + 0.5) / len(crop.hu), values, score, aspect)
    shown = _shown(values)
    net = RelevanceNet(scorer.run, scorer.gpu)
    maps = relevance_maps(net, crop, lungs, indices[shown])
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
        meaning(target, scores),
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
