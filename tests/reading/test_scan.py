"""Reading: voxels to HU, padding, label maps, and files that are no scan."""

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from chest import write_scan
from formats import (
    BRIGHT,
    ORIENTATIONS,
    ORIGIN_MM,
    SHAPE,
    SPACING_MM,
    image_of,
    lps_voxels,
    to_jpeg2000,
    write_dicom,
    write_format,
)

from pylayers.errors import MachineError, ScanRefused
from pylayers.reading.padding import HU_MIN
from pylayers.reading.scan import Scan, read_labels, read_scan


@pytest.mark.parametrize("compressor", ["JPEG2000", "JPEG"])
def test_compressed_slices_read_as_the_same_scan(compressor, chest, tmp_path):
    folder = write_format(tmp_path, "DICOM folder", image_of(chest.hu, chest.spacing_mm, ORIGIN_MM))
    to_jpeg2000(folder, compressor)
    np.testing.assert_array_equal(read_scan(folder).hu, chest.hu)


def test_compressed_slices_with_a_scale_of_fractions_are_rounded_like_plain_ones(chest, tmp_path):
    image = image_of(chest.hu, chest.spacing_mm, ORIGIN_MM)
    for name in ("plain", "coded"):
        write_dicom(tmp_path / name, image)
    to_jpeg2000(tmp_path / "coded")
    for path in tmp_path.glob("*/*"):
        ds = pydicom.dcmread(path)
        ds.RescaleIntercept, ds.RescaleSlope = "-1020.6", "0.98"
        ds.save_as(path)
    plain = read_scan(tmp_path / "plain").hu
    assert np.any(plain != chest.hu)
    np.testing.assert_array_equal(read_scan(tmp_path / "coded").hu, plain)


def test_padding_outside_the_scan_circle_reads_as_air(tmp_path):
    voxels = lps_voxels()
    voxels[0], voxels[1, 0] = -2048, -3024
    hu = read_scan(write_scan(tmp_path / "scan.nrrd", voxels)).hu
    assert np.all(hu[0] == -1024) and np.all(hu[1, 0] == -1024)
    np.testing.assert_array_equal(hu[2:], voxels[2:])


def test_metal_above_the_ct_scale_is_cut_to_it(tmp_path):
    voxels = lps_voxels().astype(np.int32)
    voxels[BRIGHT] = 100_000
    assert read_scan(write_scan(tmp_path / "scan.mha", voxels)).hu[BRIGHT] == 3071


def test_float_nifti_is_rounded_to_the_nearest_hu(tmp_path):
    voxels = lps_voxels().astype(np.float32)
    jitter = np.random.default_rng(1).uniform(-0.49, 0.49, SHAPE).astype(np.float32)
    hu = read_scan(write_scan(tmp_path / "scan.nii.gz", voxels + jitter)).hu
    np.testing.assert_array_equal(hu, lps_voxels())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", ["mha", "nrrd", "nii", "nii.gz"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused(value, suffix, tmp_path):
    voxels = lps_voxels().astype(np.float32)
    voxels[3, 2, 1:3] = value
    path = write_scan(tmp_path / f"scan.{suffix}", voxels)
    assert refusal(path).slug == "not-finite"
    assert "2 voxels" in refusal(path).sentence


@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.int32, np.int64, np.float64])
def test_a_padding_of_63536_is_the_minus_2000_that_an_unsigned_writer_made_of_it(kind, tmp_path):
    voxels = lps_voxels().clip(0, None)
    voxels[voxels == 0] = np.arange(np.count_nonzero(voxels == 0)) % 199
    expected, voxels = voxels.copy(), voxels.astype(kind)
    voxels[0] = 63536
    hu = read_scan(write_scan(tmp_path / "s.mhd", voxels)).hu
    assert np.all(hu[0] == HU_MIN)
    np.testing.assert_array_equal(hu[1:], expected[1:])


def test_constant_padding_of_0_at_the_corners_becomes_air_and_nothing_else(tmp_path):
    voxels = lps_voxels()
    voxels[:, 0, :], voxels[:, :, [0, -1]], voxels[:, -1, :] = 0, 0, 0
    voxels[3, 2, 2] = 0  # water inside the patient
    hu = read_scan(write_scan(tmp_path / "s.mha", voxels)).hu
    edge = np.ones(SHAPE, bool)
    edge[:, 1:-1, 1:-1] = False
    assert np.all(hu[edge] == HU_MIN)
    assert hu[3, 2, 2] == 0
    np.testing.assert_array_equal(hu[~edge], voxels[~edge])


def refusal(path) -> ScanRefused:
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert "\n" not in caught.value.sentence
    assert path.name in caught.value.sentence
    assert str(path.parent) not in caught.value.sentence  # folders may carry names of patients
    return caught.value


def test_a_missing_file_is_refused_as_not_found(tmp_path):
    assert refusal(tmp_path / "nothing.mhd").slug == "not-found"


@pytest.mark.parametrize("name", ["n" * 300 + ".mhd", "null\0byte.mhd", "new\nline.mhd"])
def test_a_name_that_no_file_can_have_is_refused_on_one_line(name, tmp_path):
    with pytest.raises(ScanRefused) as caught:
        read_scan(tmp_path / name)
    assert caught.value.slug in ("not-found", "unreadable")
    assert caught.value.sentence.isprintable()


def test_too_little_memory_is_not_the_scans_fault(tmp_path, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr("pylayers.reading.scan.to_hu", exhausted)
    with pytest.raises(MachineError, match=r"reading scan\.mha: not enough memory"):
        read_scan(write_scan(tmp_path / "scan.mha", lps_voxels()))


@pytest.mark.parametrize("target", ["/dev/null", "/dev/zero"])
def test_a_device_is_no_scan(target, tmp_path):
    (tmp_path / "scan.nii").symlink_to(target)
    assert refusal(tmp_path / "scan.nii").slug == "unreadable"


@pytest.mark.parametrize("name", ["scan.nrrd", "scan.mhd", "scan.nii.gz", "scan.txt"])
def test_a_file_that_is_no_image_is_refused_as_unreadable(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"this is no image\n" * 40)
    assert refusal(path).slug == "unreadable"


def test_a_folder_without_dicom_is_refused_without_noise(tmp_path, capfd):
    (tmp_path / "notes.txt").write_text("nothing here")
    assert refusal(tmp_path).slug == "no-series"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("voxels", "is_vector"),
    [(np.zeros((3, 4, 5, 6), np.int16), False), (np.zeros((4, 5, 6, 3), np.int16), True)],
    ids=["4d", "vector"],
)
def test_images_that_are_no_volume_of_numbers_are_refused_as_not_3d(voxels, is_vector, tmp_path):
    path = tmp_path / "scan.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(voxels, isVector=is_vector), str(path))
    assert refusal(path).slug == "not-3d"


def like() -> Scan:
    return Scan(lps_voxels(), SPACING_MM, ORIGIN_MM)


@pytest.mark.parametrize(("axes", "signs"), ORIENTATIONS[::5])
def test_a_label_map_in_another_orientation_lies_on_the_scan(axes, signs, tmp_path):
    labels = np.random.default_rng(2).integers(0, 800, SHAPE).astype(np.uint16)
    image = image_of(labels, SPACING_MM, ORIGIN_MM, axes, signs)
    sitk.WriteImage(image, str(tmp_path / "mask.nrrd"))
    np.testing.assert_array_equal(read_labels(tmp_path / "mask.nrrd", like()), labels)


def test_float_labels_are_rounded_to_integers(tmp_path):
    labels = np.random.default_rng(2).integers(0, 800, SHAPE).astype(np.float32)
    read = read_labels(
        write_scan(tmp_path / "m.nii.gz", labels - 0.01, SPACING_MM, ORIGIN_MM), like()
    )
    assert read.dtype.kind == "i"
    np.testing.assert_array_equal(read, labels)


@pytest.mark.parametrize(
    ("shape", "spacing", "origin", "seen"),
    [
        ((5, 6, 8), SPACING_MM, ORIGIN_MM, "5 x 6 x 8 voxels"),
        (SHAPE, (3.0, 0.75, 0.625), ORIGIN_MM, "3 x 0.75 x 0.625 mm a voxel"),
        (SHAPE, SPACING_MM, (0, 0, 0), "0 x 0 x 0 mm at its first voxel"),
    ],
    ids=["shape", "spacing", "origin"],
)
def test_a_mask_on_another_grid_is_refused_with_what_was_seen(
    shape, spacing, origin, seen, tmp_path
):
    path = write_scan(tmp_path / "mask.nrrd", np.ones(shape, np.uint8), spacing, origin)
    with pytest.raises(ScanRefused) as caught:
        read_labels(path, like())
    assert caught.value.slug == "mask-grid"
    assert seen in caught.value.sentence
