"""A scan's result: the dict behind score_scan's JSON and score_cohort's rows, refusals included."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.cohort.second_scan import named
from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from pylayers.lungs.views import View
from tools.scoring.engines import versions
from tools.scoring.scored_crop import ScoredCrop, TargetScore, score_crop
from tools.scoring.scorer import Scorer
from tools.scoring.slice_places import places_of, position_name


class ScanResult(NamedTuple):
    """content: what the JSON holds. scored: the numbers behind it, None for a refused scan."""

    content: dict
    scored: ScoredCrop | None


class Cropped(NamedTuple):
    """A scan's lungs, or why it is refused; took_s: how long that took, in seconds."""

    crop: LungCrop | ScanRefused
    took_s: float


def cropped(request: ScanRequest) -> Cropped:
    """Read a scan and cut out its lungs; raises MachineError when the machine fails."""
    started = time.perf_counter()
    try:
        crop = crop_lungs(request)
    except ScanRefused as refusal:
        crop = refusal
    return Cropped(crop, time.perf_counter() - started)


def cropped_seconds(seconds: Mapping[str, ScanRequest]) -> dict[str, Cropped]:
    """Read second scans, by kind, as cropped() does; their refusals name them."""
    lungs = {kind: cropped(request) for kind, request in seconds.items()}
    return {
        kind: own._replace(crop=named(kind, own.crop)) if isinstance(own.crop, ScanRefused) else own
        for kind, own in lungs.items()
    }


def score(
    scorers: list[Scorer],
    request: ScanRequest,
    lungs: Cropped | None = None,
    seconds: Mapping[str, ScanRequest] | None = None,
    patient: Mapping[str, str] | None = None,
) -> ScanResult:
    """Read a scan and score it for every target; a refusal is a result, too.

    lungs: the request's, where they are at hand. seconds: the scan's second scans, by kind.
    patient: as in score_crop. Raises MachineError when the machine fails and not the scan.
    """
    made_with = versions(scorers[0].engine, scorers[0].gpu)
    crop, crop_s = lungs or cropped(request)
    others = {} if isinstance(crop, ScanRefused) else cropped_seconds(seconds or {})
    crop_s += sum(other.took_s for other in others.values())
    started = time.perf_counter()
    try:
        for read in (crop, *(other.crop for other in others.values())):
            if isinstance(read, ScanRefused):
                raise read
        lungs_of = {kind: other.crop for kind, other in others.items()}
        scored = score_crop(scorers, crop, lungs_of, patient)
    except ScanRefused as error:
        return ScanResult(_content(request, made_with, refused=error), None)
    content = _content(
        request,
        made_with,
        targets={name: _target(target, scored) for name, target in scored.targets.items()},
        lungs=_lungs(crop),
        warnings=scored.warnings,
        series=crop.series or None,
        timings_s={
            "read_and_crop": round(crop_s, 3),
            "score": round(time.perf_counter() - started, 3),
        },
    )
    if scored.seconds:
        content["second_scans"] = {
            kind: {
                "scan": Path(seconds[kind].scan).name,
                "series": second.series or None,
                "lungs": _lungs(second),
            }
            for kind, second in scored.seconds.items()
        }
    return ScanResult(content, scored)


def _content(
    request: ScanRequest,
    made_with: dict,
    targets: dict | None = None,
    lungs: dict | None = None,
    warnings: tuple[str, ...] = (),
    series: str | None = None,
    refused: ScanRefused | None = None,
    timings_s: dict | None = None,
) -> dict:
    """Return the result's keys in their order; a refused scan has no target and no score."""
    return {
        "scan": Path(request.scan).name,
        "series": series,
        "targets": targets or {},
        "lungs": lungs,
        "warnings": list(warnings),
        "refused": refused and {"slug": refused.slug, "sentence": refused.sentence},
        "versions": made_with,
        "timings_s": timings_s or {},
    }


def _target(target: TargetScore, scored: ScoredCrop) -> dict:
    """Return one target's part: the same bytes for the same scan in any format.

    A view's has its name, and its slices y_mm or x_mm. From several offsets it has their number,
    too, and each slice its weight. Of a network that takes a second scan it names the kind, and
    with each slice its partner in that scan.
    """
    scorer, slices = target.scorer, target.slices
    variant, several, sample = scorer.run.variant, scorer.offsets > 1, slices.sample
    view, kind = variant.view, variant.second
    listed = [
        {
            **place,
            "contribution": float(contribution),
            **({"weight": float(weight)} if several else {}),
        }
        for place, weight, contribution in zip(
            _places(scored.crop, view, sample.indices),
            sample.weights,
            slices.contributions,
            strict=True,
        )
    ]
    if kind:
        partners = _places(scored.seconds[kind], None, sample.second)
        for own, place in zip(listed, partners, strict=True):
            own[kind] = place
    return {
        "score": slices.score,
        **({"view": view.name} if view else {}),
        **({"offsets": scorer.offsets} if several else {}),
        **({"second_scan": kind} if kind else {}),
        "slices": listed,
        "weights_sha256": scorer.run.weights_sha256,
    }


def _places(crop: LungCrop, view: View | None, listed: np.ndarray) -> list[dict]:
    """Return where slices of a crop lie: their numbers in the scan, their places in mm."""
    return [
        # two decimals: coarser than what formats make of one geometry
        {"index": int(index), position_name(view): round(float(mm), 2)}
        for index, mm in zip(*places_of(crop, view, listed), strict=True)
    ]


def _lungs(crop: LungCrop) -> dict:
    """Return the lungs' part; the box is half-open, in voxels of the LPS scan."""
    return {
        "volume_l": round(float(crop.lungs_l), 3),
        "laa950_percent": round(float(crop.laa950), 3),
        "perc15_hu": round(float(crop.perc15_hu), 1),
        "box": crop.box._asdict(),
        "mask": "given" if crop.mask_given else "computed",
    }
