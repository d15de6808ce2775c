"""Reported target: what the DICOM files say of one number, in words, and where it comes from."""

import math
import re
from typing import NamedTuple

from pylayers.cohort.targets import Target
from pylayers.errors import WeightsError
from tools.scan_report.meaning import meaning
from tools.scan_report.uncertainty import validation_interval
from tools.scoring.scored_crop import ScoredCrop, TargetScore
from tools.scoring.scorer import Scorer


class ReportedTarget(NamedTuple):
    """A target's number.

    planes: the scan's planes that were scored, from base to apex. meaning, error: a sentence each.
    weights: their SHA-256. choices: how the scan was scored, where it was not as usual. scored: the
    numbers behind it.
    """

    target: Target
    score: float
    planes: list[int]
    meaning: str
    error: str
    weights: str
    choices: list[str]
    scored: TargetScore


def reported_targets(result: dict, scored: ScoredCrop) -> list[ReportedTarget]:
    """Return a result's targets (tools/scoring/scan_result.py) with what is said of each.

    Raises WeightsError for a score that is no number and for damaged predictions over the
    validation split.
    """
    scores = {name: target["score"] for name, target in result["targets"].items()}
    for name, score in scores.items():
        if not math.isfinite(score):
            raise WeightsError(f"the score of {name} is {score}: no DICOM file is written")
    return [
        ReportedTarget(
            scored.targets[name].scorer.target,
            scores[name],
            [part["index"] for part in target["slices"]],
            meaning(scored.targets[name].scorer.target, scores),
            error_sentence(scored.targets[name], scores[name]),
            target["weights_sha256"],
            choices_of(scored.targets[name].scorer),
            scored.targets[name],
        )
        for name, target in result["targets"].items()
    ]


def choices_of(scorer: Scorer) -> list[str]:
    """Return what a score depends on beside scan, weights and versions."""
    return [
        *(["trained on phantoms"] if scorer.run.is_phantom else []),
        *([f"{scorer.offsets} start offsets"] if scorer.offsets > 1 else []),
        *(["pixels resampled to the training's"] if scorer.resample else []),
    ]


def error_sentence(scored: TargetScore, score: float) -> str:
    """Return how far off the validation scans were, in words."""
    target = scored.scorer.target
    interval = validation_interval(scored.scorer.run.folder, score, target)
    if interval is None:
        return "How far off this may be is not known."
    return (
        f"{target.text(interval.low)} to {target.text(interval.high)}: the prediction with its "
        f"error on {interval.n} validation scans, 2.5th to 97.5th percentile; other scans may be "
        "further off."
    )


def notes_of(result: dict) -> list[str]:
    """Return a result's warnings without the scan's file name, which may be a patient's."""
    named = re.compile(rf"\b(in|of) {re.escape(result['scan'])}(?!\w)")
    return [named.sub(r"\1 the scan", warning) for warning in result["warnings"]]


def made_by(result: dict) -> list[str]:
    """Return the versions behind a score, such as `caffe 1.0.0`."""
    return [f"{name} {version}" for name, version in result["versions"].items() if version]
