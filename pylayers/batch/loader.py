"""Loader: batches of stacks, each a function of (seed, index of the batch) and nothing else.

Workers, resumed runs and tests can therefore make any batch at any time, in any order.
"""

import numpy as np

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.patient_rows import patient_rows
from pylayers.batch.stack import (
    SIDE,
    Augmentation,
    draw_augmentation,
    fill_stack,
    no_augmentation,
    slice_indices,
)
from pylayers.batch.variants import variant_named
from pylayers.batch.view_planes import upright
from pylayers.cohort.cohort import read_cohort, store_path
from pylayers.cohort.second_scan import second_id
from pylayers.cohort.store import read_planes
from pylayers.cohort.stored_views import read_view_planes

# Streams of the seed: one for the order of an epoch, one for the draws of a sample, one for Caffe.
ORDER, AUGMENT, DROPOUT = 0, 1, 2


class Loader:
    """Makes batches of one split of a cohort.

    With train=True every epoch visits each scan once in a drawn order and stacks are augmented;
    otherwise scans come in the order of the table, again and again, without augmentation.
    """

    def __init__(self, params: LayerParams, train: bool) -> None:
        self.params = params
        self.train = train
        cohort = read_cohort(params.cohort)
        variant = variant_named(params.variant)
        scans = cohort.labelled(params.split, params.target, variant.second)
        # nothing else of the table: each worker has a copy
        self.folder = cohort.folder
        self.scan_ids = [scan.scan_id for scan in scans]
        self.stack_slices = variant.stacks * params.slices  # of a scan
        target = cohort.target(params.target)
        variant.check_target(target)
        self.variant = variant
        self.labels = np.float32(
            [variant.label(scan.labels[target.name], target) for scan in scans]
        )
        # float32 (scans, WIDTH) where the variant has patient data, else nothing beside the labels
        self.patients = patient_rows(cohort, params.target, scans) if variant.patient else None
        self._drawn = (None, None)  # the last epoch that was needed, and its order

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of data (batch * stack_slices, 1, SIDE, SIDE) and label (batch, 1).

        With patient data they follow: (batch, WIDTH).
        """
        batch = self.params.batch
        beside = () if self.patients is None else ((batch, self.patients.shape[1]),)
        return (batch * self.stack_slices, 1, SIDE, SIDE), (batch, 1), *beside

    def fill(self, index: int, data: np.ndarray, label: np.ndarray, *beside: np.ndarray) -> None:
        """Write batch number `index` into float32 arrays of `shapes`."""
        batch = self.params.batch
        stacks = data.reshape(batch, self.stack_slices, 1, SIDE, SIDE)
        for position in range(batch):
            label[position] = self.fill_scan(index * batch + position, stacks[position])
        self.fill_beside(index, *beside)

    def fill_beside(self, index: int, *beside: np.ndarray) -> None:
        """Write what batch `index` has beside data and label: the patients' inputs, if any."""
        batch = self.params.batch
        for patient in beside:
            scans = [self._scan_of(index * batch + position) for position in range(batch)]
            patient[...] = self.patients[scans]

    def fill_scan(self, sample: int, stack: np.ndarray) -> np.float32:
        """Write scan number `sample` of all batches into float32 (stack_slices, 1, SIDE, SIDE).

        A second scan's slices follow the first's, from the same offset and mirrored alike. Return
        its label as the network learns it. RuntimeError names a stored scan that is unusable.
        """
        scan = self._scan_of(sample)
        augmentation = self._augmentation_of(sample)
        fill_stack(self._planes(scan, augmentation.offset), augmentation, stack)
        return self.labels[scan]

    def scan_id(self, sample: int) -> str:
        """Return the scan_id of scan number `sample`."""
        return self.scan_ids[self._scan_of(sample)]

    def dropout_seed(self, index: int) -> int:
        """Return what Caffe's own generator is seeded with before batch `index`."""
        return int(self._rng(DROPOUT, index).integers(2**31))

    def _planes(self, scan: int, offset: float) -> list[np.ndarray]:
        planes: list[np.ndarray] = []
        scan_id, view, second = self.scan_ids[scan], self.variant.view, self.variant.second

        def choose(n: int) -> np.ndarray:
            return slice_indices(n, self.params.slices, offset)

        for name in (scan_id, *([second_id(scan_id, second)] if second else [])):
            path = store_path(self.folder, name)
            try:
                if view is None:
                    planes += read_planes(path, choose)
                else:
                    found, spacing_mm = read_view_planes(path, view, choose)
                    planes += [upright(plane, spacing_mm, view) for plane in found]
            except (OSError, KeyError) as error:
                raise RuntimeError(f"scan {scan_id}: {path}: {error}") from error
        return planes

    def _scan_of(self, sample: int) -> int:
        epoch, place = divmod(sample, len(self.scan_ids))
        if not self.train:
            return place
        return int(self._order(epoch)[place])

    def _order(self, epoch: int) -> np.ndarray:
        if epoch != self._drawn[0]:
            self._drawn = epoch, self._rng(ORDER, epoch).permutation(len(self.scan_ids))
        return self._drawn[1]

    def _augmentation_of(self, sample: int) -> Augmentation:
        if not self.train:
            return no_augmentation(self.stack_slices)
        variant = self.variant
        return draw_augmentation(
            self._rng(AUGMENT, sample),
            self.stack_slices,
            variant.mirrored,
            variant.max_angle_deg,
        )

    def _rng(self, stream: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.params.seed, stream, number])
