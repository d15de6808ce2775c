"""A view's batches: stored planes, the same for any number of workers, augmented as declared."""

import numpy as np
import pytest

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.prefetch import open_batches
from pylayers.batch.slice_sample import sample_slices
from pylayers.batch.stack import draw_augmentation, fill_stack, scoring_stack, slice_indices
from pylayers.batch.variants import VARIANTS, VIEW_ANGLE_DEG
from pylayers.batch.view_planes import upright_planes
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.lungs.views import VIEWS

NAMES = [*VIEWS]


def loader(cohort, view, train=True, split="train", slices=3, batch=2):
    return Loader(LayerParams(str(cohort), split, "fev1pp", slices, batch, 5, view), train)


def batch(source, index):
    data, label = (np.full(shape, np.nan, np.float32) for shape in source.shapes)
    source.fill(index, data, label)
    return data, label


@pytest.mark.parametrize("view", NAMES)
def test_in_test_a_stack_is_what_a_scan_is_scored_by(view, thin_cohort):
    cohort = read_cohort(thin_cohort)
    source = loader(thin_cohort, view, train=False, split="test", batch=3)
    crops = [read_crop(cohort.store_path(scan)) for scan in cohort.labelled("test", "fev1pp")]
    planes = [upright_planes(crop, VIEWS[view]) for crop in crops]
    expected = [scoring_stack(hu, sample_slices(len(hu), 3).indices) for hu in planes]
    np.testing.assert_array_equal(batch(source, 0)[0], np.concatenate(expected))


@pytest.mark.parametrize("view", NAMES)
def test_in_training_a_stack_is_augmented_as_the_variant_says(view, thin_cohort):
    """Redrawn from the stream of the sample, by the declared mirror and angles."""
    cohort, variant = read_cohort(thin_cohort), VARIANTS[view]
    source, mirrors = loader(thin_cohort, view, batch=1), set()
    for sample in range(12):
        rng = np.random.default_rng([5, 1, sample])
        how = draw_augmentation(rng, 3, variant.mirrored, variant.max_angle_deg)
        assert np.abs(how.angles_deg).max() <= VIEW_ANGLE_DEG
        mirrors.add(how.mirror)
        scan = next(s for s in cohort.scans if s.scan_id == source.scan_id(sample))
        planes = upright_planes(read_crop(cohort.store_path(scan)), VIEWS[view])
        stack = np.empty((3, 1, 512, 512), np.float32)
        fill_stack(planes[slice_indices(len(planes), 3, how.offset)], how, stack)
        np.testing.assert_array_equal(batch(source, sample)[0], stack)
    assert mirrors == ({True, False} if view == "coronal" else {False})


@pytest.mark.parametrize("view", NAMES)
def test_any_number_of_workers_makes_the_same_bytes(view, thin_cohort):
    source = loader(thin_cohort, view)
    expected = [batch(source, index) for index in range(3)]
    for workers in (0, 1, 3):
        batches = open_batches(loader(thin_cohort, view), 0, workers)
        try:
            for data, label in expected:
                got = [np.empty_like(data), np.empty_like(label)]
                batches.next(*got)
                assert [a.tobytes() for a in got] == [data.tobytes(), label.tobytes()]
        finally:
            batches.close()


def test_a_store_without_the_view_is_named(tiny_cohort):
    with pytest.raises(RuntimeError, match=r"scan c\d\d: .*\.h5: .*coronal"):
        batch(loader(tiny_cohort, "coronal"), 0)
