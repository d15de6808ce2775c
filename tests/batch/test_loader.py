"""Loader: a batch is a function of seed and index; epochs, labels and errors."""

import shutil

import numpy as np
import pytest

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.slice_sample import sample_slices
from pylayers.batch.stack import scoring_stack
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop


def loader(cohort, train=True, split="train", target="fev1pp", slices=2, batch=3, seed=1):
    return Loader(LayerParams(str(cohort), split, target, slices, batch, seed), train)


def batch(source, index):
    data, label = (np.full(shape, np.nan, np.float32) for shape in source.shapes)
    source.fill(index, data, label)
    return data, label


def labels_of(cohort, split, target):
    return [scan.labels[target] for scan in read_cohort(cohort).labelled(split, target)]


def test_shapes_are_those_of_caffes_blobs(tiny_cohort):
    assert loader(tiny_cohort).shapes == ((6, 1, 512, 512), (3, 1))


def test_a_batch_is_the_same_made_first_last_or_alone(tiny_cohort):
    source = loader(tiny_cohort)
    in_turn = [batch(source, index) for index in range(5)]
    for made in (batch(source, 3), batch(loader(tiny_cohort), 3)):
        for got, expected in zip(made, in_turn[3], strict=True):
            np.testing.assert_array_equal(got, expected)
    assert not np.array_equal(in_turn[3][0], in_turn[2][0])


def test_another_seed_gives_another_order_and_other_augmentations(tiny_cohort):
    one, two = (loader(tiny_cohort, batch=10, seed=seed) for seed in (1, 2))
    assert not np.array_equal(batch(one, 0)[1], batch(two, 0)[1])
    assert not np.array_equal(batch(one, 0)[0], batch(two, 0)[0])


def test_every_epoch_visits_each_scan_once_in_an_order_of_its_own(tiny_cohort):
    source = loader(tiny_cohort, slices=1, batch=4)
    seen = np.concatenate([batch(source, index)[1][:, 0] for index in range(10)])
    everyone = sorted(np.float32(v / 100) for v in labels_of(tiny_cohort, "train", "fev1pp"))
    epochs = seen.reshape(4, 10)
    for epoch in epochs:
        assert sorted(epoch) == everyone
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_scan_is_augmented_anew_in_every_epoch(tiny_cohort):
    source = loader(tiny_cohort, slices=1, batch=10)
    (first, labels), (second, labels_then) = batch(source, 0), batch(source, 1)
    for data, label in zip(first, labels, strict=True):
        same = second[np.flatnonzero(labels_then == label)[0]]
        assert not np.array_equal(data, same)


def test_test_comes_in_table_order_again_and_again_as_it_is_scored(tiny_cohort):
    cohort = read_cohort(tiny_cohort)
    source = loader(tiny_cohort, train=False, split="test", batch=2)
    crops = [read_crop(cohort.store_path(scan)).hu for scan in cohort.labelled("test", "fev1pp")]
    expected = [scoring_stack(hu, sample_slices(len(hu), 2).indices) for hu in crops]
    assert len(expected) == 3
    data = np.concatenate(
        [batch(source, index)[0].reshape(2, 2, 1, 512, 512) for index in range(3)]
    )
    np.testing.assert_array_equal(data, np.array(expected + expected))


def test_labels_are_in_the_networks_unit(tiny_cohort):
    for target, unit in (("fev1pp", 100), ("fev1fvc", 1), ("ve", 5)):
        source = loader(tiny_cohort, train=False, split="val", target=target, slices=1)
        truth = np.float32(np.array(labels_of(tiny_cohort, "val", target)) / unit)
        np.testing.assert_array_equal(batch(source, 0)[1][:, 0], truth)


def test_dropout_seeds_follow_seed_and_index(tiny_cohort):
    one, same, other = (loader(tiny_cohort, seed=seed) for seed in (1, 1, 2))
    seeds = [one.dropout_seed(index) for index in range(50)]
    assert seeds == [same.dropout_seed(index) for index in range(50)]
    assert len(set(seeds)) == 50
    assert other.dropout_seed(0) != seeds[0]


@pytest.mark.parametrize("damage", ["missing", "truncated", "not a store"])
def test_an_unusable_stored_scan_is_named(damage, tiny_cohort, tmp_path):
    shutil.copytree(tiny_cohort, tmp_path / "cohort")
    cohort = read_cohort(tmp_path / "cohort")
    scan = cohort.labelled("val", "ve")[1]
    path = cohort.store_path(scan)
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        path.write_text("x")
    source = loader(tmp_path / "cohort", train=False, split="val", target="ve", batch=1)
    batch(source, 0)
    with pytest.raises(RuntimeError, match=rf"scan {scan.scan_id}: .*{scan.scan_id}\.h5: "):
        batch(source, 1)
