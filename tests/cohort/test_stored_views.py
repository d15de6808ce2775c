"""Stored views: the crop's own planes, one chunk each, added without a change to the rest."""

import h5py
import numpy as np
import pytest
from stored_cohort import crop_of, lungs_of

from pylayers.cohort.store import read_crop, read_facts, read_grid, read_hashes, write_crop
from pylayers.cohort.stored_views import add_views, read_view_planes
from pylayers.lungs.views import MOST_PLANES, VIEWS, planes_along

SHAPE, SPACING_MM = (6, 20, 130), (2.0, 0.9, 0.7)
CORONAL, SAGITTAL = VIEWS.values()


@pytest.fixture
def crop():
    hu = np.random.default_rng(1).integers(-1024, 200, SHAPE, np.int16)
    return crop_of(hu, lungs_of(SHAPE), SPACING_MM)


def chunks_of(path, name):
    """The stored bytes of a dataset's chunks."""
    with h5py.File(path) as file:
        dataset = file[name].id
        return [dataset.read_direct_chunk((i, 0, 0))[1] for i in range(dataset.shape[0])]


def test_without_views_a_store_has_the_bytes_of_ever(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop, "key")
    write_crop(tmp_path / "b.h5", crop, "key", ())
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    with h5py.File(tmp_path / "a.h5") as file:
        assert set(file) == {"hu", "lung_bits"} and "corner_mm" not in file.attrs
    assert read_grid(tmp_path / "a.h5").views == ()


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_planes_are_those_of_the_crop_and_one_chunk_is_one(view, crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop, "key", VIEWS.values())
    expected = planes_along(crop.hu, view)
    assert len(expected) == min(SHAPE[view.axis], MOST_PLANES)
    last = len(expected) - 1
    planes, spacing_mm = read_view_planes(tmp_path / "a.h5", view, lambda n: [n - 1, 0, 0, 5])
    np.testing.assert_array_equal(planes, expected[[last, 0, 0, 5]])
    assert spacing_mm == SPACING_MM
    with h5py.File(tmp_path / "a.h5") as file:
        assert file[view.name].chunks == (1, SHAPE[0], SHAPE[view.across])


def test_views_are_added_and_what_was_stored_stays(crop, tmp_path):
    path = tmp_path / "a.h5"
    write_crop(path, crop, "key")
    facts, hashes, before = read_facts(path), read_hashes(path), chunks_of(path, "hu")
    for view in VIEWS.values():
        add_views(path, [view])
        np.testing.assert_array_equal(
            read_view_planes(path, view, range)[0], planes_along(crop.hu, view)
        )
    assert read_grid(path).views == ("coronal", "sagittal")
    assert (read_facts(path), read_hashes(path)) == (facts, hashes)
    assert chunks_of(path, "hu") == before
    np.testing.assert_array_equal(read_crop(path).hu, crop.hu)


def test_a_store_that_cannot_be_read_stays_as_it_is(crop, tmp_path):
    path = tmp_path / "a.h5"
    write_crop(path, crop)
    with h5py.File(path) as file:
        chunk = file["hu"].id.get_chunk_info(2)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(OSError):
        add_views(path, [CORONAL])
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_a_view_that_is_not_stored_is_missing(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop, views=[CORONAL])
    with pytest.raises(KeyError, match="sagittal"):
        read_view_planes(tmp_path / "a.h5", SAGITTAL, range)
