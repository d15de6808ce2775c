"""Units: lengths count in the unit that a header states, or it is refused by name."""

import struct

import nibabel
import numpy as np
import pytest
from formats import ORIGIN_MM, SPACING_MM, lps_voxels
from text_headers import META, X, Y, Z, meta, nrrd

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan

UNITS = [
    *(("mm", 1), ("MM", 1), ("millimeters", 1), ("millimetre", 1), ("", 1), ("???", 1)),
    *(("cm", 10), ("centimeter", 10), ("m", 1000), ("metres", 1000)),
    *(("um", 0.001), ("µm", 0.001), ("micrometer", 0.001), ("microns", 0.001)),
]


def lies_as_the_voxels(scan):
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    np.testing.assert_allclose(scan.spacing_mm, SPACING_MM)
    np.testing.assert_allclose(scan.origin_mm, ORIGIN_MM)


def vector(*values):
    return f"({','.join(map(repr, values))})"


@pytest.mark.parametrize(("unit", "mm"), UNITS)
def test_nrrd_space_units_are_honoured(unit, mm, tmp_path):
    directions = " ".join([vector(X / mm, 0, 0), vector(0, Y / mm, 0), vector(0, 0, Z / mm)])
    origin = vector(*(value / mm for value in ORIGIN_MM[::-1]))
    fields = {"space_directions": directions, "space_origin": origin}
    for number, units in enumerate((f'"{unit}" "{unit}" "{unit}"', unit)):
        path = nrrd(tmp_path / f"{number}.nrrd", space_units=units, **fields)
        lies_as_the_voxels(read_scan(path))


def test_each_axis_of_a_space_has_a_unit_of_its_own(tmp_path):
    path = nrrd(
        tmp_path / "s.nrrd",
        space_units='"cm" "mm" "um"',
        space_directions=" ".join([vector(X / 10, 0, 0), vector(0, Y, 0), vector(0, 0, 1000 * Z)]),
        space_origin=vector(ORIGIN_MM[2] / 10, ORIGIN_MM[1], 1000 * ORIGIN_MM[0]),
    )
    lies_as_the_voxels(read_scan(path))


@pytest.mark.parametrize(("unit", "mm"), UNITS)
def test_units_of_an_nrrds_axes_are_honoured(unit, mm, tmp_path):
    path = nrrd(
        tmp_path / "s.nrrd",
        space=None,
        space_directions=None,
        space_origin=None,
        spacings=f"{X / mm!r} {Y} {Z / mm!r}",
        units=f'"{unit}" "mm" "{unit}"',
    )
    np.testing.assert_allclose(read_scan(path).spacing_mm, SPACING_MM)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"space_units": '"furlong" "furlong" "furlong"'}, "'furlong'"),
        ({"space_units": '"mm" "mm" "s"'}, "'s'"),
        ({"units": '"pixel" "pixel" "pixel"'}, "'pixel'"),
        ({"units": '"cm" "cm" "cm"', "space_units": '"mm" "mm" "mm"'}, "other units"),
        ({"units": '"cm" "cm" "cm"'}, "other units"),
        (
            {"space_directions": None, "spacings": "1 1 1", "space_units": '"cm" "cm" "cm"'},
            "no space directions",
        ),
    ],
)
def test_an_nrrd_in_units_that_cannot_be_used_is_refused_by_their_name(fields, word, tmp_path):
    with pytest.raises(ScanRefused, match=word) as caught:
        read_scan(nrrd(tmp_path / "s.nrrd", **fields))
    assert caught.value.slug == "geometry"


@pytest.mark.parametrize(("unit", "mm"), [("um", 0.001), ("mm", 1), ("cm", 10), ("?", 1)])
def test_distance_units_of_a_metaimage_are_honoured(unit, mm, tmp_path):
    fields = {
        key: " ".join(repr(float(v) / mm) for v in META[key].split())
        for key in ("ElementSpacing", "Offset")
    }
    lies_as_the_voxels(read_scan(meta(tmp_path / "s.mha", DistanceUnits=unit, **fields)))


def test_a_metaimage_in_an_unknown_unit_is_refused_by_its_name(tmp_path):
    with pytest.raises(ScanRefused, match="DistanceUnits 'inch'"):
        read_scan(meta(tmp_path / "s.mha", DistanceUnits="inch"))


@pytest.mark.parametrize(("unit", "mm"), [("meter", 1000), ("mm", 1), ("micron", 0.001)])
def test_units_of_a_nifti_are_honoured(unit, mm, tmp_path):
    affine = np.diag([-X / mm, -Y / mm, Z / mm, 1])
    image = nibabel.Nifti1Image(lps_voxels().transpose(2, 1, 0), affine)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "s.nii")
    np.testing.assert_allclose(read_scan(tmp_path / "s.nii").spacing_mm, SPACING_MM)


@pytest.mark.parametrize("code", [4, 7])
def test_a_nifti_in_a_unit_that_the_standard_lacks_is_refused_by_its_code(code, tmp_path):
    path = tmp_path / "s.nii"
    image = nibabel.Nifti1Image(lps_voxels().transpose(2, 1, 0), np.diag([-X, -Y, Z, 1]))
    nibabel.save(image, path)
    data = bytearray(path.read_bytes())
    struct.pack_into("b", data, 123, code)
    path.write_bytes(data)
    with pytest.raises(ScanRefused, match=f"code {code}"):
        read_scan(path)
