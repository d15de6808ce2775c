"""Store: what is written is read back, or there is no file."""

from dataclasses import replace

import h5py
import numpy as np
import pytest

import pylayers.cohort.store
from pylayers.cohort.store import read_crop, read_facts, read_hashes, read_planes, write_crop
from pylayers.lungs.crop import Box, LungCrop, packed


@pytest.fixture
def crop():
    rng = np.random.default_rng(0)
    hu = rng.integers(-1024, 3072, (9, 31, 17), np.int16)
    box = Box(3, 12, 1, 32, 5, 22)
    return LungCrop(
        *(hu, (2.5, 0.7, 0.7), -123.5, box, 4.25, 1.75, -942.5, True, "1.2.3", ("odd", "cut")),
        packed(rng.random(hu.shape) < 0.4),
    )


def test_a_crop_is_read_back_as_written(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    back = read_crop(tmp_path / "a.h5")
    assert back.hu.dtype == np.int16
    np.testing.assert_array_equal(back.hu, crop.hu)
    assert (back.spacing_mm, back.bottom_mm, back.box) == (crop.spacing_mm, -123.5, crop.box)
    assert (back.lungs_l, back.laa950, back.perc15_hu) == (4.25, 1.75, -942.5)
    assert back.mask_given is True
    assert (back.series, back.warnings) == ("1.2.3", ("odd", "cut"))
    np.testing.assert_array_equal(back.lungs, crop.lungs)


def test_the_facts_of_a_crop_are_those_of_the_table(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop, "key")
    facts = read_facts(tmp_path / "a.h5")
    digest = facts.pop("crop_sha256")
    assert facts == {
        "slices": 9,
        "laa950": 1.75,
        "perc15_hu": -942.5,
        "lungs_l": 4.25,
        "mask_given": True,
        "warnings": ["odd", "cut"],
        "source_key": "key",
    }
    crop.hu[0, 0, 0] ^= 1
    write_crop(tmp_path / "b.h5", crop, "key")
    assert read_facts(tmp_path / "b.h5")["crop_sha256"] != digest


def test_a_store_of_an_earlier_release_has_no_mask_and_is_prepared_again(crop, tmp_path):
    write_crop(tmp_path / "a.h5", replace(crop, lung_bits=None))
    back = read_crop(tmp_path / "a.h5")
    np.testing.assert_array_equal(back.hu, crop.hu)
    with pytest.raises(ValueError, match="no lung mask"):
        back.lungs  # noqa: B018
    assert read_facts(tmp_path / "a.h5") is None
    assert read_hashes(tmp_path / "a.h5")[1] == ""


def test_another_mask_of_the_same_voxels_has_another_hash(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    write_crop(tmp_path / "b.h5", replace(crop, lung_bits=packed(~crop.lungs)))
    (voxels, lungs), (same, others) = (read_hashes(tmp_path / f"{name}.h5") for name in "ab")
    assert voxels == same and lungs != others
    assert read_hashes(tmp_path / "none.h5") is None


def test_planes_are_chosen_by_number_and_may_repeat(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    planes = read_planes(tmp_path / "a.h5", lambda n: [0, n - 1, n - 1, 4])
    np.testing.assert_array_equal(planes, crop.hu[[0, 8, 8, 4]])


def test_one_chunk_is_one_slice(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["hu"].chunks == (1, 31, 17)


@pytest.mark.parametrize("before", [False, True], ids=["new", "over an older file"])
def test_a_failing_write_leaves_what_was_there_and_nothing_else(
    before, crop, tmp_path, monkeypatch
):
    path = tmp_path / "a.h5"
    if before:
        write_crop(path, crop, "older")

    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(
        pylayers.cohort.store.hashlib, "sha256", fail
    )  # after the voxels are written
    with pytest.raises(OSError, match="no space"):
        write_crop(path, crop, "newer")
    assert [p.name for p in tmp_path.iterdir()] == (["a.h5"] if before else [])
    assert read_facts(path) is None or read_facts(path)["source_key"] == "older"
    assert (read_facts(path) is not None) == before


def test_there_are_no_facts_of_a_missing_file(tmp_path):
    assert read_facts(tmp_path / "a.h5") is None


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_there_are_no_facts_of_a_truncated_file(share, crop, tmp_path):
    path = tmp_path / "a.h5"
    write_crop(path, crop)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert read_facts(path) is None


def test_there_are_no_facts_of_another_version(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["preprocessing_version"] += 1
    assert read_facts(tmp_path / "a.h5") is None


def test_there_are_no_facts_of_a_file_that_lacks_one(crop, tmp_path):
    write_crop(tmp_path / "a.h5", crop)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file.attrs["crop_sha256"]
    assert read_facts(tmp_path / "a.h5") is None


def test_a_corrupted_slice_is_an_error_and_the_others_stay_readable(crop, tmp_path):
    path = tmp_path / "a.h5"
    write_crop(path, crop)
    with h5py.File(path) as file:
        chunk = file["hu"].id.get_chunk_info(5)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(OSError):
        read_planes(path, lambda n: [5])
    np.testing.assert_array_equal(read_planes(path, lambda n: [4, 6]), crop.hu[[4, 6]])
