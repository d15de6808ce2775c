"""Scoring from Python: trained runs loaded once, then scans or arrays in, numbers out.

docs/python.md shows it. Research use, not a medical device.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.errors import ScanRefused, UsageError
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.crop_lungs import crop_lungs, crop_of_scan
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.scan_array import NAME, scan_of_array
from tools.scoring.chosen_runs import device as device_of
from tools.scoring.engines import engine_of, load_runs
from tools.scoring.scan_result import cropped_seconds
from tools.scoring.scored_crop import TargetScore, score_crop
from tools.scoring.scorer import Scorer
from tools.scoring.slice_places import places_of
from tools.training.run_folder import RunFolder

StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class TargetNumbers:
    """One target of one scan.

    value: the score, the mean of the contributions. contributions: float64 (slices,), from base to
    apex; of coronal slices from front to back, of sagittal ones from right to left. unit: of both,
    blank for a fraction or a grade. slices: int (slices,), numbers of their planes in the scan,
    from 0 in the same direction. weights: float64 (slices,), all 1 unless offsets are several; a
    slice's own score is its contribution over its weight (of a soft-max, see score_head.Grades).
    """

    value: float
    contributions: np.ndarray
    unit: str
    slices: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class ScanScore:
    """A scan's scores.

    targets: by name, such as fev1fvc; one whose weights refuse the scan, such as for its pixel size
    or a missing second scan, is left out with a warning. warnings: what is unusual about scan,
    lungs and weights, a sentence each. crop: the lungs, with their volume, LAA-950 and Perc15.
    """

    targets: Mapping[str, TargetNumbers]
    warnings: tuple[str, ...]
    crop: LungCrop

    @property
    def value(self) -> float:
        """The only target's score; ValueError when there are several."""
        return self._only.value

    @property
    def contributions(self) -> np.ndarray:
        """The only target's contributions, float64 (slices,); ValueError when there are several."""
        return self._only.contributions

    @property
    def _only(self) -> TargetNumbers:
        if len(self.targets) > 1:
            names = ", ".join(self.targets)
            raise ValueError(f"the scan has scores for {names}; name one: score.targets[...]")
        (target,) = self.targets.values()
        return target


class ScanScorer:
    """Trained runs with their nets; load_scorer() makes one. Not to be shared between threads."""

    def __init__(self, scorers: list[Scorer]) -> None:
        self._scorers = scorers

    def score(
        self,
        scan: StrPath,
        *,
        mask: StrPath | None = None,
        mask_labels: tuple[int, ...] | None = None,
        series: str | None = None,
        allow_uneven: bool = False,
        expiration: StrPath | None = None,
        earlier: StrPath | None = None,
        patient: Mapping[str, str | float] | None = None,
    ) -> ScanScore:
        """Score a scan on disk, as score_scan.py does, to the last bit.

        scan: a file, or a folder of DICOM files. mask, mask_labels, series, allow_uneven: as in
        ScanRequest. expiration, earlier: second scans of the subject, for weights that take one.
        patient: what is known of the patient by column (age, sex, height_cm ...), for weights that
        use it. Raises ScanRefused for a scan that must not be scored, UsageError for a second scan
        or patient data that no run takes, and MachineError when the machine fails and not the scan.
        """
        cells = self._patient_cells(patient)
        given = {"expiration": expiration, "earlier": earlier}
        given = {
            kind: ScanRequest(path, allow_uneven=allow_uneven)
            for kind, path in given.items()
            if path
        }
        for kind in given:
            if kind not in {scorer.run.variant.second for scorer in self._scorers}:
                raise UsageError(f"{kind} is given, and none of the weights take one")
        crop = crop_lungs(ScanRequest(scan, mask, mask_labels, series, allow_uneven))
        seconds = {}
        for kind, own in cropped_seconds(given).items():
            if isinstance(own.crop, ScanRefused):
                raise own.crop
            seconds[kind] = own.crop
        return self._scored(crop, seconds, cells)

    def score_array(
        self,
        hu: ArrayLike,
        spacing_mm: ArrayLike,
        *,
        patient: Mapping[str, str | float] | None = None,
    ) -> ScanScore:
        """Score a scan in memory.

        hu: integers or floats (z, y, x) in HU, with x to the patient's left, y to the back and z to
        the head (LPS). spacing_mm: (z, y, x). patient: as in score(). Raises ScanRefused and
        UsageError as score() does.
        """
        cells = self._patient_cells(patient)
        crop = crop_of_scan(scan_of_array(hu, spacing_mm), ScanRequest(NAME))
        return self._scored(crop, {}, cells)

    def _patient_cells(self, patient: Mapping[str, str | float] | None) -> dict[str, str]:
        """Return patient data as a table's cells; UsageError for what no table or run takes."""
        cells = {k: str(v) for k, v in (patient or {}).items() if v is not None}
        if unknown := sorted(cells.keys() - set(PATIENT_COLUMNS)):
            raise UsageError(
                f"patient has {unknown[0]!r}; its columns are {', '.join(PATIENT_COLUMNS)}"
            )
        if cells and not any(scorer.run.patient for scorer in self._scorers):
            raise UsageError("patient is given, and none of the weights use patient data")
        return cells

    def _scored(
        self, crop: LungCrop, seconds: Mapping[str, LungCrop], cells: Mapping[str, str]
    ) -> ScanScore:
        scored = score_crop(self._scorers, crop, seconds, cells)
        targets = {name: _numbers(target, crop) for name, target in scored.targets.items()}
        return ScanScore(targets, scored.warnings, crop)


def load_scorer(
    *runs: StrPath,
    device: str = "cpu",
    offsets: int = 1,
    resample: bool = False,
    engine: str | None = None,
) -> ScanScorer:
    """Load one or several trained runs, each of another target.

    runs: run folders, such as runs/fev1fvc, or files of ONNX twins. device: cpu, gpu or gpu:N.
    offsets: start offsets over which a score is averaged, 1 to 64. resample: bring the lungs'
    pixels to the median size of the training. engine: caffe or onnx, by default as score_scan.py
    chooses. Raises WeightsError for a run without usable weights and UsageError for wrong choices.
    """
    if not runs:
        raise UsageError("load_scorer takes at least one run folder, such as runs/fev1fvc")
    gpu = device_of(device)
    folders = [RunFolder.at(Path(run)) for run in runs]
    engine = engine_of(engine, folders, gpu)
    trained = load_runs(folders, engine)
    return ScanScorer([Scorer(run, gpu, offsets, resample) for run in trained])


def _numbers(target: TargetScore, crop: LungCrop) -> TargetNumbers:
    sample = target.slices.sample
    return TargetNumbers(
        value=target.slices.score,
        contributions=target.slices.contributions,
        unit=target.scorer.target.unit,
        slices=places_of(crop, target.scorer.run.variant.view, sample.indices).indices,
        weights=sample.weights,
    )
