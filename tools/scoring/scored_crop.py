"""A scan's lungs scored for every target: the numbers behind JSON, tables, figures and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from tools.scoring.patient_input import patient_inputs
from tools.scoring.scorer import Scorer, SliceScores

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


class TargetScore(NamedTuple):
    """One target's scoring; crop: what was scored, the scan's own or a resampled one."""

    scorer: Scorer
    crop: LungCrop
    slices: SliceScores


@dataclass(frozen=True)
class ScoredCrop:
    """A scan's scoring; targets: by name, without those that refused; warnings: a sentence each."""

    crop: LungCrop
    targets: dict[str, TargetScore]
    warnings: tuple[str, ...]


def score_crop(
    scorers: list[Scorer], crop: LungCrop, patient: Mapping[str, str] | None = None
) -> ScoredCrop:
    """Score a scan's lungs for every target, each on its own network.

    patient: cells of patient_data.PATIENT_COLUMNS, for variants that use them. A target whose
    weights refuse the scan's pixels or its patient is left out with a warning. Raises ScanRefused
    (pixel-size, patient-data) when all do.
    """
    inputs, notes = _suited(scorers, crop, patient or {})
    targets = {
        scorer.target.name: TargetScore(scorer, own.crop, scorer.score(own.crop.hu, own.beside))
        for scorer in scorers
        if (own := inputs.get(scorer.target.name)) is not None
    }
    phantom = any(target.scorer.run.is_phantom for target in targets.values())
    warnings = (*crop.warnings, *notes, *([PHANTOM_WARNING] if phantom else []))
    return ScoredCrop(crop, targets, warnings)


class Suited(NamedTuple):
    """What a network is to score: a crop, and by blob what stands beside each of its slices."""

    crop: LungCrop
    beside: dict[str, np.ndarray]


def _suited(
    scorers: list[Scorer], crop: LungCrop, patient: Mapping[str, str]
) -> tuple[dict[str, Suited], list[str]]:
    """Return what each target scores, and what its weights find unusual, each sentence once."""
    suited, notes, refusals = {}, {}, []
    for scorer in scorers:
        name = scorer.target.name
        try:
            beside, odd = patient_inputs(scorer.run, patient)
            own, sentences = scorer.suited(crop)
            suited[name], sentences = Suited(own, beside), [*sentences, *odd]
        except ScanRefused as error:
            refusals.append(error)
            sentences = [f"not scored: {error}"]
        for sentence in sentences:
            notes.setdefault(sentence, []).append(name)
    if refusals and not suited:
        raise refusals[0]
    return suited, [
        sentence if len(names) == len(scorers) else f"{', '.join(names)}: {sentence}"
        for sentence, names in notes.items()
    ]
