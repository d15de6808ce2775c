"""Two scans of a subject in the loader: stacks, draws, workers, and what is left out."""

import numpy as np
import pytest
from paired_cohort import ALONE

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches
from pylayers.batch.slice_sample import sample_pairs, sample_slices
from pylayers.batch.stack import draw_augmentation, fill_stack, scoring_stack, slice_indices
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.errors import CohortError

SLICES = 2


def loader(cohort, variant, train=True, split="train", batch=3):
    return Loader(LayerParams(str(cohort), split, "fev1pp", SLICES, batch, 1, variant), train)


def arrays(source):
    return [np.full(shape, np.nan, np.float32) for shape in source.shapes]


def test_both_stacks_are_those_of_a_plain_loader(paired_cohort):
    """The first scan's is, byte for byte; the second's has its offset and mirror."""
    plain, paired = (loader(paired_cohort, variant) for variant in ("", "followup"))
    assert paired.shapes == ((3 * 2 * SLICES, 1, 512, 512), (3, 1))
    cohort = {scan.scan_id: scan for scan in read_cohort(paired_cohort).scans}
    for index in range(4):
        (data, label), (both, labels) = arrays(plain), arrays(paired)
        plain.fill(index, data, label)
        paired.fill(index, both, labels)
        np.testing.assert_array_equal(label, labels)
        pairs = both.reshape(3, 2, SLICES, 512, 512)
        np.testing.assert_array_equal(pairs[:, 0], data.reshape(3, SLICES, 512, 512))
        for position, sample in enumerate(range(3 * index, 3 * index + 3)):
            scan = cohort[paired.scan_id(sample)]
            crop = read_crop(read_cohort(paired_cohort).store_path(scan, "earlier")).hu
            drawn = draw_augmentation(np.random.default_rng([1, 1, sample]), 2 * SLICES)
            own = slice_indices(len(crop), SLICES, drawn.offset)
            expected = np.empty((SLICES, 1, 512, 512), np.float32)
            seconds = type(drawn)(drawn.offset, drawn.mirror, drawn.angles_deg[SLICES:])
            fill_stack(crop[own], seconds, expected)
            np.testing.assert_array_equal(pairs[position, 1], expected[:, 0])


def test_in_test_both_scans_are_as_they_are_scored(paired_cohort):
    source, cohort = (
        loader(paired_cohort, "expiration", False, "test", 1),
        read_cohort(paired_cohort),
    )
    scan = cohort.labelled("test", "fev1pp", "expiration")[0]
    data, label = arrays(source)
    source.fill(0, data, label)
    for number, kind in enumerate(("", "expiration")):
        hu = read_crop(cohort.store_path(scan, kind)).hu
        expected = scoring_stack(hu, sample_slices(len(hu), SLICES).indices)
        np.testing.assert_array_equal(data[number * SLICES : (number + 1) * SLICES], expected)


@pytest.mark.parametrize("workers", [1, 2])
def test_any_number_of_workers_makes_the_same_bytes(workers, paired_cohort):
    inline, ahead = (open_batches(loader(paired_cohort, "expiration"), 2, n) for n in (0, workers))
    try:
        for _ in range(4):
            one, other = arrays(inline.loader), arrays(inline.loader)
            inline.next(*one)
            ahead.next(*other)
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)
    finally:
        ahead.close()


def test_a_scan_without_its_second_is_left_out(paired_cohort):
    every, paired = (loader(paired_cohort, variant) for variant in ("followup", "expiration"))
    split = {scan.scan_id: scan.split for scan in read_cohort(paired_cohort).scans}[ALONE]
    assert len(every.scan_ids) == 10
    assert set(every.scan_ids) - set(paired.scan_ids) == ({ALONE} if split == "train" else set())


def test_a_cohort_without_second_scans_is_refused(tiny_cohort):
    with pytest.raises(CohortError, match="a second scan: name them in a column expiration of"):
        loader(tiny_cohort, "expiration")


@pytest.mark.parametrize("offsets", [1, 3, 7])
def test_pairs_are_visited_as_their_slices_are(offsets):
    sample = sample_pairs(31, 20, 8, offsets)
    for n, indices in ((31, sample.indices), (20, sample.second)):
        alone = sample_slices(n, 8, offsets)
        values = np.random.default_rng(n).normal(size=n)
        mean = np.mean(values[indices] * sample.weights)
        assert mean == pytest.approx(np.mean(values[alone.indices] * alone.weights))
        assert (np.diff(indices) >= 0).all()
    assert sample.weights.mean() == pytest.approx(1)
