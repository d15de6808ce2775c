"""A scan's result: the dict behind score_scan's JSON and score_cohort's rows, refusals included."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools.scoring.engines import versions
from tools.scoring.scored_crop import ScoredCrop, TargetScore, score_crop
from tools.scoring.scorer import Scorer


class ScanResult(NamedTuple):
    """content: what the JSON holds. scored: the numbers behind it, None for a refused scan."""

    content: dict
    scored: ScoredCrop | None


class Cropped(NamedTuple):
    """A scan's lungs, or why it is refused, and the seconds that this took."""

    crop: LungCrop | ScanRefused
    seconds: float


def cropped(request: ScanRequest) -> Cropped:
    """Read a scan and cut out its lungs; raises MachineError when the machine fails."""
    started = time.perf_counter()
    try:
        crop = crop_lungs(request)
    except ScanRefused as refusal:
        crop = refusal
    return Cropped(crop, time.perf_counter() - started)


def score(
    scorers: list[Scorer],
    request: ScanRequest,
    lungs: Cropped | None = None,
    patient: Mapping[str, str] | None = None,
) -> ScanResult:
    """Read a scan and score it for every target; a refusal is a result, too.

    lungs: the request's, where they are at hand. patient: as in score_crop. Raises MachineError
    when the machine fails and not the scan.
    """
    made_with = versions(scorers[0].engine, scorers[0].gpu)
    crop, crop_s = lungs or cropped(request)
    started = time.perf_counter()
    try:
        if isinstance(crop, ScanRefused):
            raise crop
        scored = score_crop(scorers, crop, patient)
    except ScanRefused as error:
        return ScanResult(_content(request, made_with, refused=error), None)
    content = _content(
        request,
        made_with,
        targets={name: _target(target, crop) for name, target in scored.targets.items()},
        lungs=_lungs(crop),
        warnings=scored.warnings,
        series=crop.series or None,
        timings_s={
            "read_and_crop": round(crop_s, 3),
            "score": round(time.perf_counter() - started, 3),
        },
    )
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


def _target(target: TargetScore, crop: LungCrop) -> dict:
    """Return one target's part: the same bytes for the same scan in any format.

    From several offsets it has their number, too, and each slice its weight.
    """
    scorer, slices = target.scorer, target.slices
    several = scorer.offsets > 1
    return {
        "score": slices.score,
        **({"offsets": scorer.offsets} if several else {}),
        "slices": [
            {
                "index": int(crop.box.z0 + index),
                # two decimals: coarser than what formats make of one geometry
                "z_mm": round(float(crop.bottom_mm + index * crop.spacing_mm[0]), 2),
                "contribution": float(contribution),
                **({"weight": float(weight)} if several else {}),
            }
            for index, weight, contribution in zip(
                *slices.sample, slices.contributions, strict=True
            )
        ],
        "weights_sha256": scorer.run.weights_sha256,
    }


def _lungs(crop: LungCrop) -> dict:
    """Return the lungs' part; the box is half-open, in voxels of the LPS scan."""
    return {
        "volume_l": round(float(crop.lungs_l), 3),
        "laa950_percent": round(float(crop.laa950), 3),
        "perc15_hu": round(float(crop.perc15_hu), 1),
        "box": crop.box._asdict(),
        "mask": "given" if crop.mask_given else "computed",
    }
