"""DICOM headers that were stripped: what can be known is taken, what is missing is named."""

import numpy as np
import pydicom
import pytest
from dicom_writer import assert_read, image, refused, rewrite, setting, voxels, write
from formats import write_dicom
from pydicom.uid import ExplicitVRBigEndian, generate_uid


@pytest.mark.parametrize(
    "tags",
    [
        ("SOPClassUID",),
        ("SOPInstanceUID", "ImageType", "PatientName", "PatientID"),
        ("Modality",),
        ("SamplesPerPixel",),
        ("PhotometricInterpretation",),
        ("HighBit",),
        ("ImageType",),
    ],
)
def test_what_can_be_known_otherwise_may_be_missing(tags, tmp_path):
    rewrite(write(tmp_path), setting(**dict.fromkeys(tags)))
    assert_read(tmp_path)


def test_the_class_may_be_missing_in_the_meta_header_too(tmp_path):
    def change(index, ds):
        del ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID

    rewrite(write(tmp_path), change)
    assert_read(tmp_path)


@pytest.mark.parametrize("start", [128, 132])
def test_preamble_and_meta_header_may_be_missing(start, tmp_path):
    for path in write(tmp_path):
        data = path.read_bytes()
        meta = 132 + 12 + int.from_bytes(data[140:144], "little")
        path.write_bytes(data[132:] if start == 128 else data[meta:])
    assert_read(tmp_path)


@pytest.mark.parametrize("signed", [False, True])
def test_big_endian_slices_are_read(signed, tmp_path):
    def change(index, ds):
        stored = np.frombuffer(ds.PixelData, np.uint16).astype(np.int32) - 1024 * signed
        ds.PixelData = stored.astype(">i2" if signed else ">u2").tobytes()
        ds.PixelRepresentation = int(signed)
        ds.RescaleIntercept = str(1024 * (signed - 1))
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian

    for index, path in enumerate(write(tmp_path)):
        ds = pydicom.dcmread(path)
        change(index, ds)
        pydicom.dcmwrite(path, ds, implicit_vr=False, little_endian=False)
    assert_read(tmp_path)


@pytest.mark.parametrize(
    "tag",
    [
        *("PixelRepresentation", "BitsAllocated", "BitsStored", "Rows", "Columns"),
        *("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "SeriesInstanceUID"),
        *("RescaleSlope", "RescaleIntercept"),
    ],
)
def test_what_is_needed_and_missing_is_named(tag, tmp_path):
    def change(index, ds):
        ds["PixelData"].VR = "OW"
        delattr(ds, tag)

    rewrite(write(tmp_path), change)
    refusal = refused(tmp_path)
    assert refusal.slug == "unreadable"
    assert f"{tag} is missing" in refusal.sentence
    assert "damaged" not in refusal.sentence


def test_colours_and_samples_that_are_both_missing_are_named(tmp_path):
    write(tmp_path, setting(SamplesPerPixel=None, PhotometricInterpretation=None))
    assert "SamplesPerPixel is missing" in refused(tmp_path).sentence


@pytest.mark.parametrize(
    ("tag", "old", "new", "said"),
    [
        ("PixelSpacing", b"0.75\\0.625", b"0,75\\0,625", "PixelSpacing is not 2 numbers"),
        ("PixelSpacing", b"0.75\\0.625", b"0.75     0", "PixelSpacing is not 2 numbers"),
        ("RescaleSlope", b"\x02\x001 ", b"\x02\x00a ", "RescaleSlope is not 1 number"),
    ],
)
def test_what_is_no_number_is_named(tag, old, new, said, tmp_path):
    for path in write(tmp_path):
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new))
    assert said in refused(tmp_path).sentence


def test_an_orientation_of_zeros_is_named(tmp_path):
    write(tmp_path, ImageOrientationPatient=[0, 0, 0, 0, 0, 0])
    assert "ImageOrientationPatient is not two directions" in refused(tmp_path).sentence


def test_a_tag_that_is_not_needed_may_be_nonsense(tmp_path):
    numbers = {"AcquisitionNumber": 1234, "KVP": "120", "SliceThickness": "2.5"}
    for path in write(tmp_path, **numbers):
        data = path.read_bytes()
        for old, new in (
            (b"IS\x04\x001234", b"IS\x04\x001A-B"),
            (b"DS\x04\x00120 ", b"DS\x04\x00high"),
            (b"DS\x04\x002.5 ", b"DS\x04\x002,5 "),
        ):
            assert old in data
            data = data.replace(old, new)
        path.write_bytes(data)
    assert_read(tmp_path)


def test_a_slice_that_lost_its_size_and_pixels_is_missed(tmp_path):
    lost = dict.fromkeys(("Rows", "Columns", "PixelData"))
    paths = write(tmp_path)
    rewrite(paths[-1:], setting(**lost))
    assert refused(tmp_path).slug == "unreadable"


@pytest.mark.parametrize("tag", ["PixelSpacing", "PixelRepresentation"])
def test_what_one_slice_of_the_series_lacks_is_named(tag, tmp_path):
    write(tmp_path, setting(lambda index: index == 7, **{tag: None}))
    assert f"{tag} is missing" in refused(tmp_path).sentence


def test_a_series_uid_per_slice_is_said_so(tmp_path):
    write(tmp_path, lambda index, ds: setattr(ds, "SeriesInstanceUID", generate_uid()))
    refusal = refused(tmp_path)
    assert refusal.slug == "no-series"
    assert "each of the 24 axial CT slices" in refusal.sentence
    assert "SeriesInstanceUID of its own" in refusal.sentence


def test_a_slice_without_series_blocks_only_a_series_that_it_may_belong_to(tmp_path):
    write(tmp_path / "ct")
    small = image(voxels(slices=2)[:, :3])
    write_dicom(tmp_path / "small", small, SeriesInstanceUID="")
    assert_read(tmp_path)
    write(tmp_path / "alike", setting(SeriesInstanceUID=None), voxels(slices=1), above_mm=100)
    assert "SeriesInstanceUID is missing in 3 CT slices" in refused(tmp_path).sentence


@pytest.mark.parametrize(
    ("uid", "name"),
    [
        ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless (1.2"),
        ("1.2.840.10008.1.2.4.112", "JPEG XL (1.2"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4"),
        ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000"),
        ("1.2.840.113619.5.2", "1.2.840.113619.5.2"),
    ],
)
def test_a_syntax_that_is_not_read_is_named(uid, name, tmp_path):
    known = b"1.2.840.10008.1.2.4.102"
    for path in write(tmp_path):
        ds = pydicom.dcmread(path)
        ds.PixelData = pydicom.encaps.encapsulate([b"\xff\x0a" + bytes(30)])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = known.decode()
        ds.save_as(path)
        path.write_bytes(path.read_bytes().replace(known, uid.encode().ljust(len(known), b"\0")))
    refusal = refused(tmp_path)
    assert refusal.slug == "unreadable"
    assert f"its transfer syntax {name}" in refusal.sentence
    assert "is not read; convert it" in refusal.sentence


def test_compressed_pixels_without_a_syntax_are_said_so(tmp_path):
    for path in write(tmp_path):
        ds = pydicom.dcmread(path)
        ds.compress(pydicom.uid.RLELossless, encoding_plugin="pydicom")
        ds.save_as(path)
        data = path.read_bytes()
        path.write_bytes(data[132 + 12 + int.from_bytes(data[140:144], "little") :])
    assert (
        "its pixels are compressed, but TransferSyntaxUID is missing" in refused(tmp_path).sentence
    )


def test_frames_in_the_class_of_single_slices_are_counted(tmp_path):
    write(tmp_path, NumberOfFrames=3)
    assert "NumberOfFrames is 3, but it is not enhanced CT" in refused(tmp_path).sentence


@pytest.mark.parametrize("kind", ["Z_EFF", "MGML", "ED"])
def test_pictures_of_other_quantities_are_no_ct_slices(kind, tmp_path):
    write(tmp_path, RescaleType=kind)
    refusal = refused(tmp_path)
    assert (refusal.slug, "RescaleType" in refusal.sentence) == ("no-series", True)


@pytest.mark.parametrize("kind", ["HU", "US", "Houndsfield Unit", ""])
def test_any_writers_word_for_hu_is_taken(kind, tmp_path):
    write(tmp_path, RescaleType=kind)
    assert_read(tmp_path)


def test_a_missing_scale_is_said(tmp_path):
    def change(index, ds):
        del ds.RescaleSlope, ds.RescaleIntercept
        stored = np.frombuffer(ds.PixelData, np.uint16).astype(np.int32) - 1024
        ds.PixelData, ds.PixelRepresentation = stored.astype(np.int16).tobytes(), 1

    write(tmp_path, change)
    assert_read(
        tmp_path,
        ["RescaleSlope and RescaleIntercept are missing; the stored numbers are taken for HU"],
    )
