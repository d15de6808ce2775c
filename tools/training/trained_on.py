"""What a network was trained on, as best.json keeps it, and whether a scan is like it.

The network gets slices at full resolution (paper, section 3), so it knows textures only at the
pixel sizes that it saw. A scan's pixels and slice spacing are judged by them here and nowhere else.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.batch.pixel_size import input_pixel_mm, resampled
from pylayers.cohort.cohort import CohortScan
from pylayers.cohort.grid import Grid
from pylayers.errors import ScanRefused, WeightsError
from pylayers.files.checkout import relative
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.scanner_pixels import size_text
from pylayers.lungs.views import View, check_slices

KEY = "trained_on"
KERNEL = "kernel"  # column of the cohort's table
MOST_KERNELS = 10  # that people are shown
TOLERANCE = 0.01  # of a size: headers round
FAR = 2.0  # beyond this many times the range a scan is refused
# What clinical chest CT has, 230 to 500 mm over 512, is never refused.
CLINICAL_MM = (0.45, 1.0)


class Span(NamedTuple):
    """Smallest, median and largest of some sizes in mm."""

    low: float
    median: float
    high: float

    def __str__(self) -> str:
        low, high = (f"{value:.3g}" for value in (self.low, self.high))
        return f"{low} mm" if low == high else f"{low} to {high} mm"

    def holds(self, values: Sequence[float], times: float = 1.0) -> bool:
        """Return whether all values lie in the range, widened so many times to both sides."""
        low, high = self.low / times, self.high * times
        return low * (1 - TOLERANCE) <= min(values) and max(values) <= high * (1 + TOLERANCE)


class TrainedOn(NamedTuple):
    """Number of training scans, pixels of the network's input, slice spacing; kernel -> scans."""

    scans: int
    pixel_mm: Span
    slice_mm: Span
    kernels: dict[str, int]

    def words(self) -> dict[str, str]:
        """Return it for people: what -> text."""
        kernels = [f"{name} ({count})" for name, count in self.kernels.items()]
        more = len(kernels) - MOST_KERNELS
        return {
            "training scans": str(self.scans),
            "pixels": f"{self.pixel_mm}, median {self.pixel_mm.median:.3g} mm",
            "slice spacing": f"{self.slice_mm}, median {self.slice_mm.median:.3g} mm",
            "kernels": ", ".join(kernels[:MOST_KERNELS]) + (f" and {more} more" if more > 0 else "")
            or "not recorded",
        }

    def to_json(self) -> dict:
        """Return what best.json keeps."""
        sizes = {"pixel_mm": self.pixel_mm, "slice_mm": self.slice_mm}
        spans = {
            name: dict(zip(("min", "median", "max"), span, strict=True))
            for name, span in sizes.items()
        }
        return {"scans": self.scans, **spans, "kernels": self.kernels}


def trained_on(
    scans: Iterable[CohortScan], grids: Iterable[Grid], view: View | None = None
) -> TrainedOn:
    """Return what is kept of a training split.

    grids: of its stored crops, second ones, too. view: of its slices, None for axial ones.
    """
    scans, grids = list(scans), list(grids)
    kernels = Counter(kernel for scan in scans if (kernel := scan.row.get(KERNEL)))
    pixels = [mm for grid in grids for mm in input_pixel_mm(grid.shape, grid.spacing_mm, view)]
    slices = [grid.spacing_mm[0] for grid in grids]
    return TrainedOn(len(scans), _span(pixels), _span(slices), dict(kernels.most_common()))


def read_trained_on(path: Path, best: Mapping) -> TrainedOn | None:
    """Return what best.json keeps, None in those written before it did; WeightsError if damaged.

    path: of the file, or of the ONNX twin that carries it.
    """
    kept = best.get(KEY)
    if kept is None:
        return None
    try:
        spans = [
            Span(*(float(kept[name][key]) for key in ("min", "median", "max")))
            for name in ("pixel_mm", "slice_mm")
        ]
        if not all(0 < s.low <= s.median <= s.high < np.inf for s in spans):
            raise ValueError
        return TrainedOn(int(kept["scans"]), *spans, dict(kept["kernels"]))
    except (KeyError, TypeError, ValueError):
        raise WeightsError(
            f"{relative(path)} is damaged: {KEY} makes no sense; train again"
        ) from None


def suited(
    crop: LungCrop, trained: TrainedOn | None, resample: bool, view: View | None = None
) -> tuple[LungCrop, list[str]]:
    """Return the crop that a network is to score, and what is unusual about its grid for it.

    resample: whether to bring it to the training's median pixel size, which has to be known. view:
    of the network's slices, None for axial ones; their rows are the scan's slices, which must not
    lie too far apart (thick-slices). Raises ScanRefused (pixel-size), too, for pixels far outside
    the training's range, of which the network has seen nothing: phantoms of any FEV1/FVC score
    about .44 with pixels of 3 mm.
    """
    notes = [] if view is None else check_slices(crop.spacing_mm)
    if trained is None:
        pixels = size_text(input_pixel_mm(crop.hu.shape, crop.spacing_mm, view))
        return crop, [
            *notes,
            "the weights do not record which pixel sizes they were trained on: whether pixels of "
            f"{pixels} suit them is unknown; training again records it",
        ]
    if view is not None and crop.spacing_mm[0] > FAR * trained.slice_mm.high * (1 + TOLERANCE):
        raise ScanRefused(
            "thick-slices",
            f"slices {crop.spacing_mm[0]:.3g} mm apart; the network of {view.name} planes was "
            f"trained on {trained.slice_mm}: so far outside, its score would mean nothing",
        )
    if resample:
        own, crop = crop, resampled(crop, trained.pixel_mm.median)
        if crop is not own:
            notes.append(_resampled_note(own, crop, trained))
    pixel_mm = input_pixel_mm(crop.hu.shape, crop.spacing_mm, view)
    if not trained.pixel_mm.holds(pixel_mm, FAR) and not _is_clinical(pixel_mm):
        raise ScanRefused(
            "pixel-size",
            f"{_size(crop, pixel_mm)}; the network was trained on {trained.pixel_mm}: so far "
            "outside, its score would mean nothing",
        )
    if not trained.pixel_mm.holds(pixel_mm):
        hint = (
            ""
            if resample or view
            else f" (--resample brings them to {trained.pixel_mm.median:.3g} mm)"
        )
        notes.append(
            f"{_size(crop, pixel_mm)}; the network was trained on {trained.pixel_mm}: "
            f"the score may be off{hint}"
        )
    if not trained.slice_mm.holds(crop.spacing_mm[:1]):
        notes.append(
            f"slices {crop.spacing_mm[0]:.3g} mm apart; the network was trained on "
            f"{trained.slice_mm}: the score may be off"
        )
    return crop, notes


def _is_clinical(pixel_mm: Sequence[float]) -> bool:
    return all(CLINICAL_MM[0] <= mm <= CLINICAL_MM[1] for mm in pixel_mm)


def _size(crop: LungCrop, pixel_mm: Sequence[float]) -> str:
    """Return the size of the input's pixels in words, and of the scan's where they differ."""
    scans = size_text(crop.spacing_mm[1:])
    inputs = size_text(pixel_mm)
    if scans == inputs:
        return f"pixels of {inputs}"
    return f"pixels of {inputs}, the scan's {scans} scaled down to fit into the network's input"


def _resampled_note(own: LungCrop, crop: LungCrop, trained: TrainedOn) -> str:
    before, after = size_text(own.spacing_mm[1:]), size_text(crop.spacing_mm[1:])
    median = f"the training's median of {trained.pixel_mm.median:.3g} mm"
    is_coarse = max(own.spacing_mm[1:]) > trained.pixel_mm.high * (1 + TOLERANCE)
    lost = "; the detail that they lack does not come back" if is_coarse else ""
    if min(crop.spacing_mm[1:]) <= trained.pixel_mm.median * (1 + TOLERANCE):
        return f"pixels brought from {before} to {median} (--resample){lost}"
    return (
        f"pixels brought from {before} to {after} (--resample): at {median} the lungs do not fit "
        f"into the network's input{lost}"
    )


def _span(values: Sequence[float]) -> Span:
    return Span(*(round(float(mm), 4) for mm in np.percentile(values, (0, 50, 100))))
