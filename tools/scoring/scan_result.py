"""What a scan's scoring says: the dict behind score_scan's JSON and score_cohort's rows."""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.batch.slice_sample import SliceSample
from pylayers.errors import ScanRefused
from pylayers.lungs.crop import PREPROCESSING_VERSION, LungCrop
from pylayers.lungs.crop_lungs import crop_lungs
from tools.caffe_run.caffe_install import build_info
from tools.scoring.scorer import Scorer

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


class Scored(NamedTuple):
    """One scan's scoring.

    result: the JSON's content. crop: None when refused. crops: what each target was scored on, the
    crop itself unless it was resampled. contributions: float64 (slices,) a target. samples: the
    slices behind them.
    """

    result: dict
    crop: LungCrop | None
    crops: dict[str, LungCrop]
    contributions: dict[str, np.ndarray]
    samples: dict[str, SliceSample]


def score(scorers: list[Scorer], scan, mask=None, **choices) -> Scored:
    """Read a scan and score it for every target; a refusal is a result, too.

    A target whose weights refuse the scan's pixels is left out with a warning; where all do, the
    scan is refused. choices: what crop_lungs takes beside scan and mask.
    """
    started = time.perf_counter()
    try:
        crop = crop_lungs(scan, mask, **choices)
        crops, suits = _suited(scorers, crop)
    except ScanRefused as error:
        return Scored(_result(scan, refused=error), None, {}, {}, {})
    cropped = time.perf_counter()
    scorers = [scorer for scorer in scorers if scorer.target.name in crops]
    contributions = {s.target.name: s.score(crops[s.target.name].hu) for s in scorers}
    scored = time.perf_counter()
    phantom = [PHANTOM_WARNING] if any(s.best.get("phantom") for s in scorers) else []
    result = _result(
        scan,
        targets={s.target.name: _target(s, contributions[s.target.name], crop) for s in scorers},
        lungs=_lungs(crop),
        warnings=[*crop.warnings, *suits, *phantom],
        series=crop.series or None,
        timings_s={
            "read_and_crop": round(cropped - started, 3),
            "score": round(scored - cropped, 3),
        },
    )
    samples = {s.target.name: s.sample(len(crop.hu)) for s in scorers}
    return Scored(result, crop, crops, contributions, samples)


def _suited(scorers: list[Scorer], crop: LungCrop) -> tuple[dict[str, LungCrop], list[str]]:
    """Return each target's crop to score, and what its weights find unusual, each sentence once.

    Raises ScanRefused when all weights refuse the crop.
    """
    crops, said, refusals = {}, {}, []
    for scorer in scorers:
        name = scorer.target.name
        try:
            crops[name], notes = scorer.suited(crop)
        except ScanRefused as error:
            refusals.append(error)
            notes = [f"not scored: {error}"]
        for note in notes:
            said.setdefault(note, []).append(name)
    if refusals and not crops:
        raise refusals[0]
    return crops, [
        note if len(names) == len(scorers) else f"{', '.join(names)}: {note}"
        for note, names in said.items()
    ]


def versions() -> dict:
    """Return what a score depends on beside scan and weights."""
    build = build_info()
    return {
        "preprocessing": PREPROCESSING_VERSION,
        "caffe": build.get("caffe_version"),
        "caffe_commit": build.get("caffe_commit"),
        "numpy": np.__version__,
    }


def _result(
    scan, targets=None, lungs=None, warnings=(), series=None, refused=None, timings_s=None
) -> dict:
    """Return the result's keys in their order; a refused scan has no target and no score."""
    return {
        "scan": Path(scan).name,
        "series": series,
        "targets": targets or {},
        "lungs": lungs,
        "warnings": list(warnings),
        "refused": refused and {"slug": refused.slug, "sentence": refused.sentence},
        "versions": versions(),
        "timings_s": timings_s or {},
    }


def _target(scorer: Scorer, contributions: np.ndarray, crop: LungCrop) -> dict:
    """Return one target's part: the same bytes for the same scan in any format.

    From several offsets it has their number, too, and each slice its weight.
    """
    several = scorer.offsets > 1
    return {
        "score": float(contributions.mean()),
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
                *scorer.sample(len(crop.hu)), contributions, strict=True
            )
        ],
        "weights_sha256": scorer.best["weights_sha256"],
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
