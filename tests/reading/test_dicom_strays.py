"""Long headers, and files beside or inside a series that are no CT: none blocks it."""

import pydicom
import pytest
from dicom_writer import SECONDARY_CAPTURE, assert_read, refused, setting, voxels, write
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian, generate_uid

RTSTRUCT, SEGMENTATION = "1.2.840.10008.5.1.4.1.1.481.3", "1.2.840.10008.5.1.4.1.1.66.4"
ENHANCED_PET = "1.2.840.10008.5.1.4.1.1.130"


def other(path, sop_class, modality, series="9.9", points=0, data_set_class=True, **tags):
    """Write a DICOM file that is no CT, with a sequence of so many points."""
    ds = Dataset()
    if data_set_class:
        ds.SOPClassUID = sop_class
    ds.SOPInstanceUID, ds.SeriesInstanceUID = generate_uid(), series
    if modality:
        ds.Modality = modality
    for name, value in tags.items():
        setattr(ds, name, value)
    contour = Dataset()
    contour.ContourData = [1.123456789012] * points
    if points:
        ds.ROIContourSequence = Sequence([contour])
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    pydicom.dcmwrite(path, ds, enforce_file_format=True)


def private_block(ds, size, undefined=False):
    """Give a data set a private block of bytes, or of a sequence of them."""
    block = ds.private_block(0x0009, "SOMEONE", create=True)
    if undefined:
        inner = Dataset()
        inner.add_new(0x00091001, "OB", bytes(size))
        ds.add_new(0x00091010, "SQ", Sequence([inner]))
        ds[0x00091010].is_undefined_length = True
    else:
        block.add_new(0x01, "OB", bytes(size))


# ---- long headers ----


@pytest.mark.parametrize("undefined", [False, True])
def test_private_blocks_of_megabytes_inside_slices_are_passed_over(undefined, tmp_path):
    write(tmp_path, lambda index, ds: private_block(ds, 3 << 20, undefined) if index < 3 else None)
    assert_read(tmp_path)


def test_a_header_without_end_is_refused_as_what_it_is(tmp_path):
    write(tmp_path, lambda index, ds: private_block(ds, 40 << 20, True) if index == 3 else None)
    refusal = refused(tmp_path)
    assert (refusal.slug, "32 MB beside its pixels" in refusal.sentence) == ("unreadable", True)


@pytest.mark.parametrize("place", ["beside", "inside"])
@pytest.mark.parametrize(("sop_class", "modality"), [(RTSTRUCT, "RTSTRUCT"), (SEGMENTATION, "SEG")])
def test_a_long_file_of_another_kind_does_not_block_the_series(
    sop_class, modality, place, tmp_path
):
    write(tmp_path / "ct")
    folder = tmp_path / "ct" if place == "inside" else tmp_path
    for number, points in enumerate((10, 90_000)):
        other(folder / f"RS{number}", sop_class, modality, "1.2.3", points)
    assert_read(tmp_path)


# ---- files that are no CT ----


@pytest.mark.parametrize(
    ("sop_class", "modality", "given"),
    [
        (SECONDARY_CAPTURE, "CT", True),  # a screenshot of a CT
        (SECONDARY_CAPTURE, "", False),  # told by the meta header alone
        (RTSTRUCT, "", False),
        (ENHANCED_PET, "PT", True),
        ("1.2.840.10008.1.3.10", "", False),  # DICOMDIR
        ("1.3.12.2.1107.5.9.1", "CT", True),  # a vendor's own, no image
    ],
)
def test_a_stray_file_that_says_what_it_is_does_not_block_the_series(
    sop_class, modality, given, tmp_path
):
    write(tmp_path)
    other(tmp_path / "stray", sop_class, modality, "1.2.3", data_set_class=given)
    assert_read(tmp_path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_damaged_stray_file_is_known_by_what_is_left_of_it(keep, tmp_path):
    write(tmp_path)
    other(tmp_path / "stray", RTSTRUCT, "RTSTRUCT", "1.2.3", 2000)
    data = (tmp_path / "stray").read_bytes()
    (tmp_path / "stray").write_bytes(data[: int(keep * len(data))] + b"\xff" * 300)
    assert_read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 500, bytes(500)])
def test_dicom_that_says_nothing_may_be_a_slice(content, tmp_path):
    write(tmp_path)
    (tmp_path / "what").write_bytes(bytes(128) + b"DICM" + content)
    assert refused(tmp_path).slug == "unreadable"


def test_a_damaged_slice_of_the_series_does_block_it(tmp_path):
    paths = write(tmp_path)
    data = paths[5].read_bytes()
    at = data.index(b"\x28\x00\x10\x00")
    paths[5].write_bytes(data[:at] + b"\x28\x00\x10\x00SQ\x00\x00\xff\xff\xff\xff" + data[at:])
    assert refused(tmp_path).slug == "unreadable"


@pytest.mark.parametrize("modality", ["PT", "MR", "RTDOSE", "OT"])
def test_modality_decides_what_is_ct(modality, tmp_path):
    write(tmp_path, Modality=modality)
    refusal = refused(tmp_path)
    assert refusal.slug == "no-series"
    assert f"it is not a CT: Modality {modality}" in refusal.sentence


def test_a_modality_that_is_no_word_is_not_printed(tmp_path):
    write(tmp_path, Modality="DOE JANE")
    assert "it is not a CT: Modality unknown" in refused(tmp_path).sentence


def test_the_kinds_of_a_folder_without_ct_are_named(tmp_path):
    write(tmp_path / "a", Modality="MR")
    write(tmp_path / "b", SOPClassUID=SECONDARY_CAPTURE)
    sentence = refused(tmp_path).sentence
    assert "48 DICOM files, but no axial CT slices" in sentence
    assert "Modality MR (24)" in sentence and "Secondary Capture Image Storage (24)" in sentence


# ---- scouts ----


@pytest.mark.parametrize(
    "tags",
    [
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "OTHER"], "ScanOptions": "SCOUT MODE"},
        {"ImageType": None, "Rows": 3, "Columns": 9},  # no slice of this series: other size
    ],
)
def test_a_scout_without_orientation_inside_the_series_is_passed_over(tags, tmp_path):
    write(tmp_path)
    gone = {"ImageOrientationPatient": None, "ImagePositionPatient": None, **tags}
    write(tmp_path / "scout", setting(**gone), voxels(slices=1))
    assert_read(tmp_path)


def test_a_page_of_the_scanner_inside_the_series_is_passed_over(tmp_path):
    write(tmp_path)
    gone = dict.fromkeys(("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"))
    page = setting(**gone, ImageType=["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"])
    write(tmp_path / "page", page, voxels(slices=1))
    assert_read(tmp_path)


def test_a_slice_without_orientation_is_no_scout(tmp_path):
    write(tmp_path, setting(lambda index: index == 23, ImageOrientationPatient=None))
    assert "ImageOrientationPatient is missing" in refused(tmp_path).sentence


def test_a_page_in_colour_inside_the_series_is_passed_over(tmp_path):
    write(tmp_path)
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PlanarConfiguration": 0}
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", **bits}
    write(tmp_path / "page", hu=voxels(slices=1), **colour)
    assert_read(tmp_path)
