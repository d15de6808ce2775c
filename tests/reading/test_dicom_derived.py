"""Projections, averages and lossy compression are told apart from slices, by any name for them."""

import numpy as np
import pydicom
import pytest
from dicom_writer import refused, rewrite, setting, voxels, write
from formats import image_of, to_jpeg2000, write_dicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pylayers.reading.dicom_syntax import stream_of
from pylayers.reading.scan import read_scan


def coded(value, scheme="DCM"):
    """Return a sequence of one code."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "derived"
    return Sequence([item])


@pytest.mark.parametrize(
    "tags",
    [
        {"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "CT_SOM5 MIP"]},
        {"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "CT_SOM7 MIP THICK"]},
        {"ImageType": ["DERIVED", "SECONDARY", "AXIAL", "MINIP"]},
        {"ImageType": ["DERIVED", "SECONDARY", "MIN_IP"]},
        {"ImageType": ["DERIVED", "SECONDARY", "REFORMATTED", "MAX-IP"]},
        {"ImageType": ["DERIVED", "SECONDARY", "PROJECTION IMAGE"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "MAXIMUM"]},
        {"ImageType": ["DERIVED", "SECONDARY", "VOLUME_RENDERED"]},
        {"ImageType": ["DERIVED", "SECONDARY", "CT_SOM5 VRT"]},
        {"VolumeBasedCalculationTechnique": "MAX_IP"},
        {"VolumetricProperties": "DISTORTED"},
        {"DerivationDescription": "Thin slab maximum intensity projection, 8 mm"},
        {"DerivationDescription": "MinIP"},
        {"DerivationCodeSequence": coded("113078")},
    ],
)
def test_a_projection_by_any_name_is_no_slice(tags, tmp_path):
    write(tmp_path, **tags)
    refusal = refused(tmp_path)
    assert refusal.slug == "no-series"
    assert "no axial CT slices: " in refusal.sentence
    assert "projection" in refusal.sentence or "bent plane" in refusal.sentence


def test_projections_beside_slices_are_passed_over(tmp_path):
    write(tmp_path / "a")
    mip = ["DERIVED", "PRIMARY", "AXIAL", "CT_SOM5 MIP"]
    write(tmp_path / "b", hu=voxels(1), uid="1.2.4", ImageType=mip)
    np.testing.assert_array_equal(read_scan(tmp_path).hu, voxels())


@pytest.mark.parametrize(
    "tags",
    [
        {"ImageType": ["DERIVED", "SECONDARY", "AXIAL"]},
        {"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "CT_SOM5 MPR"]},
        {"ImageType": ["DERIVED", "SECONDARY", "REFORMATTED"]},
        {"ImageType": ["DERIVED", "SECONDARY", "MPR"]},
        {"ImageType": ["ORIGINAL", "SECONDARY", "AXIAL"]},
        {"ImageType": ["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI", "HELIX"]},
        {"DerivationDescription": "resampled to 1 mm, de-identified, lossless JPEG"},
        {"DerivationCodeSequence": coded("113072")},
        {"VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE"},
        {"SeriesDescription": "Thorax 1.0 B31f"},
    ],
)
def test_slices_that_were_reformatted_are_scored_without_a_word(tags, tmp_path):
    write(tmp_path, **tags)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert scan.warnings == ()


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"ImageType": ["DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"]}, "averages of thick"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "MPR THICK"]}, "averages of thick"),
        ({"DerivationDescription": "average intensity, 10 mm"}, "averages of thick slabs"),
        ({"SeriesDescription": "Lung MIP 8/2"}, "projections, going by SeriesDescription"),
        ({"RescaleType": "HU_MOD"}, "modified HU"),
    ],
)
def test_what_may_be_no_plain_slice_is_said(tags, said, tmp_path):
    write(tmp_path, **tags)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert len(scan.warnings) == 1 and said in scan.warnings[0]


# ---- lossy compression ----


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"LossyImageCompression": "01"}, "compressed with loss: LAA-950"),
        (
            {"LossyImageCompression": "01", "LossyImageCompressionRatio": "12.5"},
            "with loss (ratio 12.5:1)",
        ),
        ({"LossyImageCompressionRatio": ["2", "30"]}, "with loss (ratio 30:1)"),
        ({"DerivationDescription": "Lossy JPEG 2000"}, "with loss"),
        ({"ImageType": ["DERIVED", "PRIMARY", "AXIAL", "LOSSY"]}, "with loss"),
        ({"DerivationCodeSequence": coded("113040")}, "with loss"),
    ],
)
def test_a_loss_that_the_header_tells_of_is_said(tags, said, tmp_path):
    write(tmp_path, **tags)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert len(scan.warnings) == 1 and said in scan.warnings[0]


@pytest.mark.parametrize(
    "tags",
    [{"LossyImageCompression": "00"}, {"DerivationDescription": "JPEG lossless"}, {}],
)
def test_what_lost_nothing_is_not_warned_of(tags, tmp_path):
    write(tmp_path, **tags)
    assert read_scan(tmp_path).warnings == ()


def test_lossless_jpeg_2000_is_not_warned_of(chest, tmp_path):
    write_dicom(tmp_path, image_of(chest.hu, chest.spacing_mm, (0, 0, 0)))
    to_jpeg2000(tmp_path)
    for path in tmp_path.iterdir():  # the syntax allows a loss; the stream has none
        path.write_bytes(path.read_bytes().replace(b"1.2.4.90\0", b"1.2.4.91\0", 1))
    assert read_scan(tmp_path).warnings == ()


def test_some_slices_with_a_loss_are_counted(tmp_path):
    rewrite(write(tmp_path), setting(lambda index: index < 3, LossyImageCompression="01"))
    assert read_scan(tmp_path).warnings[0].startswith("3 slices were compressed with loss")


def segment(marker, content):
    """Return a segment of a JPEG stream."""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


FRAME = b"\x10\x00\x40\x00\x50\x01\x01\x11\x00"  # 16 bits, 64 rows, 80 columns, one component
SIZES = b"\x00\x00" + b"".join(n.to_bytes(4, "big") for n in (80, 64, 0, 0, 80, 64, 0, 0))


@pytest.mark.parametrize(
    ("data", "lossy"),
    [
        (segment(0xC0, FRAME) + segment(0xDA, b"\1\1\0\0\x3f\0"), True),  # baseline
        (segment(0xC1, FRAME) + segment(0xDA, b"\1\1\0\0\x3f\0"), True),  # extended
        (segment(0xE0, b"JFIF\0") + segment(0xC3, FRAME) + segment(0xDA, b"\1\1\0\1\0\0"), False),
        (segment(0xF7, FRAME) + segment(0xDA, b"\1\1\0\0\0\0"), False),  # JPEG-LS, NEAR 0
        (segment(0xF7, FRAME) + segment(0xDA, b"\1\1\0\3\0\0"), True),  # JPEG-LS, NEAR 3
    ],
)
def test_a_jpeg_stream_tells_its_size_and_its_loss(data, lossy):
    assert stream_of(b"\xff\xd8" + data) == ((64, 80), 1, lossy)
    assert stream_of(b"\xff\xd8" + data[:9]) is None


@pytest.mark.parametrize(("wavelet", "lossy"), [(0, True), (1, False)])
def test_a_jpeg_2000_stream_tells_its_size_and_its_loss(wavelet, lossy):
    size = segment(0x51, SIZES + b"\0\1\x0f\1\1")
    coding = segment(0x52, bytes([0, 0, 0, 1, 0, 5, 4, 4, 0, wavelet]))
    assert stream_of(b"\xff\x4f" + size + coding) == ((64, 80), 1, lossy)
    assert stream_of(b"\xff\x4f" + size) is None


def test_a_lossy_stream_is_said_with_its_method(chest, tmp_path):
    import cv2

    for path in write_dicom(tmp_path, image_of(chest.hu, chest.spacing_mm, (0, 0, 0))):
        ds = pydicom.dcmread(path)
        plane = np.frombuffer(ds.PixelData, np.uint16).reshape(ds.Rows, ds.Columns)
        done, stream = cv2.imencode(".jp2", plane, [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 60])
        assert done
        stream = stream.tobytes()
        ds.PixelData = pydicom.encaps.encapsulate([stream[stream.index(b"\xff\x4f\xff\x51") :]])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.91"
        ds.save_as(path)
    assert "compressed with loss (JPEG 2000, ratio about 1" in read_scan(tmp_path).warnings[0]
