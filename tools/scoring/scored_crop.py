"""A scan's lungs scored for every target: the numbers behind JSON, tables, figures and pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pylayers.cohort.second_scan import same_scan, second_notes
from pylayers.errors import ScanRefused
from pylayers.lungs.crop import LungCrop
from tools.scoring.patient_input import patient_inputs
from tools.scoring.scorer import Scorer, SliceScores

PHANTOM_WARNING = "weights trained on phantoms: the numbers say nothing about a patient"


class TargetScore(NamedTuple):
    """One target's scoring; crop: what was scored, the scan's own or a resampled one.

    second: what was scored of the second scan, None where the network takes none.
    """

    scorer: Scorer
    crop: LungCrop
    slices: SliceScores
    second: LungCrop | None = None


@dataclass(frozen=True)
class ScoredCrop:
    """A scan's scoring; targets: by name, without those that refused; warnings: a sentence each.

    seconds: the lungs of the scan's second scans, by kind.
    """

    crop: LungCrop
    targets: dict[str, TargetScore]
    warnings: tuple[str, ...]
    seconds: Mapping[str, LungCrop] = field(default_factory=dict)


def score_crop(
    scorers: list[Scorer],
    crop: LungCrop,
    seconds: Mapping[str, LungCrop] | None = None,
    patient: Mapping[str, str] | None = None,
) -> ScoredCrop:
    """Score a scan's lungs for every target, each on its own network.

    seconds: the lungs of its second scans, by kind. patient: cells of
    patient_data.PATIENT_COLUMNS, for variants that use them. A target whose weights refuse the
    scan's pixels or its patient, or lack the second scan, is left out with a warning. Raises
    ScanRefused when all do, and for a second scan that is the first again.
    """
    seconds = seconds or {}
    odd = _odd_seconds(crop, seconds)
    inputs, notes = _suited(scorers, crop, seconds, patient or {})
    targets = {}
    for scorer in scorers:
        if (own := inputs.get(scorer.target.name)) is not None:
            second = None if own.second is None else own.second.hu
            slices = scorer.score(scorer.planes(own.crop), second, own.beside)
            targets[scorer.target.name] = TargetScore(scorer, own.crop, slices, own.second)
    phantom = any(target.scorer.run.is_phantom for target in targets.values())
    warnings = (*crop.warnings, *odd, *notes, *([PHANTOM_WARNING] if phantom else []))
    return ScoredCrop(crop, targets, warnings, seconds)


def _odd_seconds(crop: LungCrop, seconds: Mapping[str, LungCrop]) -> list[str]:
    """Return what is odd about second scans; ScanRefused for one that is the first again."""
    notes = []
    for kind, second in seconds.items():
        if np.array_equal(crop.hu, second.hu):
            raise same_scan(kind)
        notes += [f"{kind}: {warning}" for warning in second.warnings]
        notes += second_notes(kind, crop.lungs_l, second.lungs_l)
    return notes


class Suited(NamedTuple):
    """What a network is to score.

    crop, second: of the scan and of its second scan, None without one. beside: by blob, what stands
    beside each slice.
    """

    crop: LungCrop
    second: LungCrop | None
    beside: dict[str, np.ndarray]


def _suited(
    scorers: list[Scorer],
    crop: LungCrop,
    seconds: Mapping[str, LungCrop],
    patient: Mapping[str, str],
) -> tuple[dict[str, Suited], list[str]]:
    """Return what each target scores, and what its weights find unusual, each sentence once."""
    suited, notes, refusals = {}, {}, []
    for scorer in scorers:
        name = scorer.target.name
        try:
            beside, odd = patient_inputs(scorer.run, patient)
            first, sentences = scorer.suited(crop)
            second, more = scorer.suited_second(seconds)
            suited[name], sentences = Suited(first, second, beside), [*sentences, *more, *odd]
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
