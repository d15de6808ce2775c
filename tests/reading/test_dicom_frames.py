"""Enhanced multi-frame CT gives what its single slices give, to the last bit."""

import json
import zipfile

import numpy as np
import pydicom
import pytest
from dicom_writer import image, refused, rewrite, setting, voxels, write
from enhanced_writer import ENHANCED, LEGACY, enhanced, save
from formats import JPEG_2000, image_of, write_dicom, write_format
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import RLELossless

from pylayers.reading.scan import read_scan
from tools import score_scan

ORDERS = {"up": None, "down": range(23, -1, -1), "mixed": [*range(0, 24, 2), *range(1, 24, 2)]}


def assert_same(path):
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert scan.spacing_mm == (2.5, 0.75, 0.625)
    assert scan.warnings == ()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sop_class", [ENHANCED, LEGACY], ids=["enhanced", "legacy converted"])
@pytest.mark.parametrize("place", ["file", "folder", "zip"])
def test_frames_are_slices(place, sop_class, order, tmp_path):
    path = save(enhanced(image(), ORDERS[order], sop_class), tmp_path / "s" / "IM1")
    if place == "zip":
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            archive.write(path, "IM1")
        path = tmp_path / "s.zip"
    assert_same(path.parent if place == "folder" else path)


def test_a_series_may_lie_in_several_files(tmp_path):
    first, second = image(voxels()[:10]), image(voxels()[10:], 25.0)
    save(enhanced(first), tmp_path / "a")
    save(enhanced(second), tmp_path / "b")
    assert_same(tmp_path)


def test_converted_attributes_are_read_where_a_converter_left_them(tmp_path):
    ds = enhanced(image(), sop_class=LEGACY)
    shared = ds.SharedFunctionalGroupsSequence[0]
    del shared.CTReconstructionSequence
    inner = pydicom.Dataset()
    inner.ConvolutionKernel, inner.LossyImageCompression = "B70f", "01"
    shared.UnassignedSharedConvertedAttributesSequence = pydicom.Sequence([inner])
    assert "compressed with loss" in read_scan(save(ds, tmp_path / "a")).warnings[0]


@pytest.mark.parametrize("order", ORDERS)
def test_frames_in_rle_are_slices(order, tmp_path):
    ds = enhanced(image(), ORDERS[order])
    ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    assert_same(save(ds, tmp_path / "a"))


@pytest.mark.parametrize("offsets", [False, True], ids=["without offsets", "with offsets"])
def test_frames_in_jpeg_2000_are_slices(offsets, chest, tmp_path):
    hu = image_of(chest.hu[:8], chest.spacing_mm, (0, 0, 0))
    (tmp_path / "a").mkdir()
    singles = write_format(tmp_path / "a", JPEG_2000, hu)
    slices = [pydicom.dcmread(path) for path in singles.iterdir()]
    slices.sort(key=lambda ds: ds.ImagePositionPatient[2])
    ds = enhanced(hu)
    for frame, one in enumerate(slices):
        scale = ds.PerFrameFunctionalGroupsSequence[frame].PixelValueTransformationSequence[0]
        scale.RescaleSlope, scale.RescaleIntercept = one.RescaleSlope, one.RescaleIntercept
    ds.BitsStored, ds.HighBit = slices[0].BitsStored, slices[0].HighBit
    ds.PixelRepresentation = slices[0].PixelRepresentation
    streams = [next(generate_frames(one.PixelData, number_of_frames=1)) for one in slices]
    ds.PixelData = encapsulate(streams, has_bot=offsets)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = slices[0].file_meta.TransferSyntaxUID
    np.testing.assert_array_equal(read_scan(save(ds, tmp_path / "e" / "a")).hu, chest.hu[:8])


def test_a_file_larger_than_any_single_slice_is_read(tmp_path):
    hu = np.random.default_rng(0).integers(-1000, 300, (66, 512, 512)).astype(np.int16)
    ds = enhanced(image_of(hu, (2.5, 0.7, 0.7), (0, 0, 0)))
    np.testing.assert_array_equal(read_scan(save(ds, tmp_path / "a")).hu, hu)


@pytest.mark.caffe
def test_the_score_is_that_of_the_single_slices(phantom, random_run, tmp_path, capfd):
    write_dicom(tmp_path / "single", phantom.image())
    save(enhanced(phantom.image()), tmp_path / "enhanced")
    targets = []
    for path in ("single", "enhanced"):
        score_scan.main(
            [str(tmp_path / path), "--weights", str(random_run.path), "--json", "-", "--quiet"]
        )
        targets.append(json.loads(capfd.readouterr().out)["targets"])
    assert targets[0] == targets[1]


# ---- what is refused, and why ----


def two_phases(frame):
    """Let every other frame be of another phase."""
    return {"TemporalPositionIndex": 1 + frame % 2}


@pytest.mark.parametrize(
    ("change", "slug", "said"),
    [
        (
            lambda ds: ds.pop("PerFrameFunctionalGroupsSequence"),
            "unreadable",
            "it is enhanced CT of 24 frames, but PerFrameFunctionalGroupsSequence is missing",
        ),
        (
            lambda ds: ds.PerFrameFunctionalGroupsSequence.pop(),
            "unreadable",
            "NumberOfFrames is 24, but PerFrameFunctionalGroupsSequence describes 23",
        ),
        (
            lambda ds: ds.SharedFunctionalGroupsSequence[0].pop("PixelMeasuresSequence"),
            "unreadable",
            "PixelSpacing is missing",
        ),
        (lambda ds: setattr(ds, "NumberOfFrames", 0), "unreadable", "NumberOfFrames is not 1 to"),
        (lambda ds: setattr(ds, "PixelData", ds.PixelData[:-9]), "truncated", "of 2,016 bytes"),
        (
            lambda ds: setattr(
                ds.SharedFunctionalGroupsSequence[0].CTImageFrameTypeSequence[0],
                "FrameType",
                ["DERIVED", "PRIMARY", "VOLUME", "MAXIMUM"],
            ),
            "no-series",
            "projection",
        ),
    ],
)
def test_what_frames_lack_is_named(change, slug, said, tmp_path):
    ds = enhanced(image())
    change(ds)
    refusal = refused(save(ds, tmp_path / "a"))
    assert refusal.slug == slug
    assert said in refusal.sentence


def test_a_frame_takes_nothing_from_the_one_before_it(tmp_path):
    """The fifth frame does not say where it lies, and would lie where the fourth does."""
    ds = enhanced(image())
    del ds.PerFrameFunctionalGroupsSequence[4].PlanePositionSequence
    refusal = refused(save(ds, tmp_path / "a"))
    assert refusal.slug == "unreadable"
    assert "ImagePositionPatient is missing" in refusal.sentence


def test_phases_in_one_file_are_told_apart(tmp_path):
    refusal = refused(save(enhanced(image(), frame_tags=two_phases), tmp_path / "a"))
    assert refusal.slug == "mixed-series"
    assert "TemporalPositionIndex" in refusal.sentence


def test_frames_that_are_missing_from_the_compressed_pixels_are_missed(tmp_path):
    ds = enhanced(image())
    ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    frames = list(generate_frames(ds.PixelData, number_of_frames=24))
    ds.PixelData = encapsulate(frames[:-1])
    assert refused(save(ds, tmp_path / "a")).slug in ("truncated", "corrupt")


def test_nothing_is_allocated_on_the_word_of_rle(tmp_path):
    paths = write(tmp_path)
    rewrite(paths, lambda index, ds: ds.compress(RLELossless, encoding_plugin="pydicom"))
    rewrite(paths, setting(Rows=65535, Columns=65535))
    assert refused(tmp_path).slug in ("truncated", "too-large")
    rewrite(paths, setting(Rows=4000, Columns=4000))
    refusal = refused(tmp_path)
    assert (refusal.slug, "holds at most" in refusal.sentence) == ("truncated", True)


def test_one_single_slice_alone_is_told_to_bring_its_folder(tmp_path):
    sentence = refused(write(tmp_path)[0]).sentence
    assert "one DICOM file; give the folder with all slices" in sentence
