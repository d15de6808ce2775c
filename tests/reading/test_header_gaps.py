"""What a header does not say: no voxel size is a refusal that names the field, no pose a note."""

import struct

import nibabel
import numpy as np
import pytest
from formats import ORIGIN_MM, SPACING_MM, lps_voxels
from text_headers import DIRECTIONS, X, Y, Z, meta, nrrd

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan


def refusal(path) -> str:
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert caught.value.slug == "geometry"
    return caught.value.sentence


def nifti(path, *values, sform=False, qform=False):
    """Write a NIfTI; values: (format, offset, value) of its header's bytes."""
    image = nibabel.Nifti1Image(lps_voxels().transpose(2, 1, 0), None)
    image.header["pixdim"][1:4] = X, Y, Z
    affine = np.diag([-X, -Y, Z, 1])
    image.set_sform(affine, 1 if sform else 0)
    image.set_qform(affine if qform else None, 1 if qform else 0)
    nibabel.save(image, path)
    data = bytearray(path.read_bytes())
    for kind, at, value in values:
        struct.pack_into(kind, data, at, value)
    path.write_bytes(data)
    return path


NO_PIXDIM = ("<f", 88, 0.0)  # of the third axis


@pytest.mark.parametrize("blank", [None, ""])
def test_a_metaimage_without_spacing_is_refused(blank, tmp_path):
    path = meta(tmp_path / "s.mha", ElementSpacing=blank)
    assert "no ElementSpacing" in refusal(path)


@pytest.mark.parametrize("spacings", [None, f"{X} {Y} nan", "NaN NaN NaN"])
def test_an_nrrd_without_spacing_is_refused(spacings, tmp_path):
    fields = dict.fromkeys(("space", "space_directions", "space_origin"))
    path = nrrd(tmp_path / "s.nrrd", spacings=spacings, thicknesses=f"{X} {Y} {Z}", **fields)
    assert "does not say how large its voxels are (no " in refusal(path)


@pytest.mark.parametrize("placed", [{}, {"qform": True}])
def test_a_nifti_without_pixdim_is_refused_where_it_counts(placed, tmp_path):
    assert "no pixdim" in refusal(nifti(tmp_path / "s.nii", NO_PIXDIM, **placed))
    scan = read_scan(nifti(tmp_path / "t.nii", NO_PIXDIM, sform=True))
    assert (scan.spacing_mm, scan.warnings) == (SPACING_MM, ())


def test_a_metaimage_with_voxel_sizes_alone_is_read_with_a_note(tmp_path):
    scan = read_scan(meta(tmp_path / "s.mha", ElementSpacing=None, ElementSize=f"{X} {Y} {Z}"))
    assert scan.spacing_mm == SPACING_MM
    assert len(scan.warnings) == 1 and "ElementSize" in scan.warnings[0]


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({"TransformMatrix": None}, "no TransformMatrix"),
        ({"TransformMatrix": None, "AnatomicalOrientation": "RAI"}, None),
        ({"TransformMatrix": None, "AnatomicalOrientation": "LPS"}, "no TransformMatrix"),
        ({"Offset": None}, "no Offset"),
        ({"Offset": None, "Position": "1 2 3"}, None),
    ],
)
def test_a_metaimage_without_pose_is_read_with_a_note(changes, noted, tmp_path):
    scan = read_scan(meta(tmp_path / "s.mha", **changes))
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    assert [noted in text for text in scan.warnings] == ([True] if noted else [])


@pytest.mark.parametrize(
    ("changes", "noted"),
    [
        ({"space": None, "space_dimension": 3}, "does not say how it lies (no space)"),
        ({"space": "scanner-xyz"}, "its space, scanner-xyz,"),
        ({"space": "3D-right-handed"}, "its space, 3D-right-handed,"),
        ({"space_origin": None}, "no space origin"),
        ({"space": "LPS"}, None),
        ({"space": "Left-Posterior-Superior"}, None),
        ({"space": "LPS", "space_directions": DIRECTIONS.replace(",", ", ")}, None),
        (
            {
                "measurement_frame": "(0,1,0) (1,0,0) (0,0,1)",
                "centerings": "cell cell node",
                "kinds": "domain domain space",
                "thicknesses": "nan nan 5",
                "labels": '"x" "y" "z"',
            },
            None,
        ),
    ],
)
def test_an_nrrd_without_pose_is_read_with_a_note(changes, noted, tmp_path):
    scan = read_scan(nrrd(tmp_path / "s.nrrd", **changes))
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    assert [noted in text for text in scan.warnings] == ([True] if noted else [])


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("RAS", (-1, -1, 1)),
        ("ras", (-1, -1, 1)),
        ("right-anterior-superior", (-1, -1, 1)),
        ("left-anterior-superior", (1, -1, 1)),
        ("LAS", (1, -1, 1)),
        ("3D-left-handed", (-1, 1, 1)),
    ],
)
def test_every_space_of_the_format_leads_to_lps(space, signs, tmp_path):
    scan = read_scan(nrrd(tmp_path / "s.nrrd", space=space))
    flips = tuple(slice(None, None, sign) for sign in signs[::-1])
    np.testing.assert_array_equal(scan.hu, lps_voxels()[flips])


def test_spacings_beside_directions_must_agree_with_them(tmp_path):
    ones = "(1,0,0) (0,1,0) (0,0,1)"
    sizes = f"{X} {Y} {Z}"
    path = nrrd(tmp_path / "s.nrrd", space_directions=ones, spacings=sizes)
    assert "two sizes" in refusal(path)
    assert read_scan(nrrd(tmp_path / "t.nrrd", spacings=sizes)).spacing_mm == SPACING_MM
    assert read_scan(nrrd(tmp_path / "u.nrrd", spacings="nan nan nan")).spacing_mm == SPACING_MM


@pytest.mark.parametrize("space", ["RPI", "left-posterior-inferior", "talairach"])
def test_an_nrrd_in_an_unknown_space_is_refused_by_its_name(space, tmp_path):
    with pytest.raises(ScanRefused, match=f"space {space} is not one of"):
        read_scan(nrrd(tmp_path / "s.nrrd", space=space))


@pytest.mark.parametrize("write", [meta, nrrd])
def test_a_field_given_twice_is_named(write, tmp_path):
    path = write(tmp_path / "s.x")
    key = {meta: b"DimSize = ", nrrd: b"sizes: "}[write]
    data = path.read_bytes()
    line = next(line for line in data.split(b"\n") if line.startswith(key))
    path.write_bytes(data.replace(line, line + b"\n" + line, 1))
    assert read_scan(path).spacing_mm == SPACING_MM  # the same twice
    path.write_bytes(data.replace(line, line + b"\n" + key + b"1 2 3", 1))
    with pytest.raises(ScanRefused, match="twice, as '7 6 5' and as '1 2 3'"):
        read_scan(path)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("ascii", "decimal text"), ("txt", "decimal text"), ("hex", "hexadecimal text"),
     ("zrl", "encoding zrl is not known")],
)  # fmt: skip
def test_an_encoding_that_is_not_read_is_named(encoding, named, tmp_path):
    with pytest.raises(ScanRefused, match=named):
        read_scan(nrrd(tmp_path / "s.nrrd", encoding=encoding))


@pytest.mark.parametrize("key", ["dimension", "type", "sizes", "encoding"])
def test_a_missing_field_is_named(key, tmp_path):
    with pytest.raises(ScanRefused, match=f"the header has no {key}"):
        read_scan(nrrd(tmp_path / "s.nrrd", **{key: None}))


@pytest.mark.parametrize("key", ["NDims", "DimSize", "ElementType"])
def test_a_missing_field_of_a_metaimage_is_named(key, tmp_path):
    with pytest.raises(ScanRefused, match=f"the header has no {key}"):
        read_scan(meta(tmp_path / "s.mha", **{key: None}))


def test_a_nifti_of_an_unknown_type_says_so(tmp_path):
    with pytest.raises(ScanRefused, match="NIfTI header is wrong: data code 9999"):
        read_scan(nifti(tmp_path / "s.nii", ("<h", 70, 9999), sform=True))


@pytest.mark.parametrize("name", ["s.raw", "s.zraw", "s.img"])
def test_voxels_without_their_header_are_named_as_such(name, tmp_path):
    (tmp_path / name).write_bytes(lps_voxels().tobytes())
    with pytest.raises(ScanRefused, match="voxels without a header; give the"):
        read_scan(tmp_path / name)


def test_a_scale_in_a_metaimage_is_taken_with_a_note(tmp_path):
    raw = ((lps_voxels() + 1024) * 2).astype("<i2").tobytes()
    scale = {"ElementToIntensityFunctionSlope": 0.5, "ElementToIntensityFunctionOffset": -1024}
    scan = read_scan(meta(tmp_path / "s.mha", raw, **scale))
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert "HU = 0.5 * voxel + -1024" in scan.warnings[0]
    assert scan.origin_mm == ORIGIN_MM
