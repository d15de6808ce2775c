"""Geometry: a scan lies the same whatever its format, axis order and transform say it in."""

import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from formats import (
    AXIAL,
    BRIGHT,
    DICOM,
    FILES,
    ORIENTATIONS,
    ORIGIN_MM,
    SHAPE,
    SPACING_MM,
    image_of,
    lps_voxels,
    write_format,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pylayers.reading.scan import read_scan

STORED = [
    *((kind, *orientation) for kind in FILES for orientation in ORIENTATIONS),
    *((kind, *orientation) for kind in DICOM for orientation in AXIAL),
]


@pytest.mark.parametrize(("kind", "axes", "signs"), STORED)
def test_any_axis_order_and_flip_in_any_format_reads_as_the_same_scan(kind, axes, signs, tmp_path):
    image = image_of(lps_voxels(), SPACING_MM, ORIGIN_MM, axes, signs)
    scan = read_scan(write_format(tmp_path, kind, image))
    assert scan.hu.dtype == np.int16
    assert np.unravel_index(scan.hu.argmax(), SHAPE) == BRIGHT
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    assert scan.origin_mm == ORIGIN_MM
    assert scan.warnings == ()


@given(
    st.sampled_from([".mha", ".nrrd", ".nii"]),
    st.tuples(*[st.floats(-0.45, 0.45)] * 3),
    st.sampled_from(ORIENTATIONS),
)
@settings(max_examples=60)
def test_oblique_headers_read_as_itk_orients_them(suffix, angles, orientation):
    image = image_of(lps_voxels(), SPACING_MM, ORIGIN_MM, *orientation)
    turn = np.array(sitk.Euler3DTransform((0, 0, 0), *angles).GetMatrix()).reshape(3, 3)
    image.SetDirection((turn @ np.reshape(image.GetDirection(), (3, 3))).ravel().tolist())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"scan{suffix}")
        sitk.WriteImage(image, str(path))
        scan = read_scan(path)
        oriented = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    np.testing.assert_array_equal(scan.hu, sitk.GetArrayFromImage(oriented))
    np.testing.assert_allclose(scan.spacing_mm, oriented.GetSpacing()[::-1], rtol=1e-5)
    np.testing.assert_allclose(scan.origin_mm, oriented.GetOrigin()[::-1], atol=2e-3)


def nifti(path, sform=None, qform=None, unit="mm"):
    """Write the voxels with transforms: (code, diagonal of the affine)."""
    image = nibabel.Nifti1Image(lps_voxels().transpose(2, 1, 0), None)
    image.header.set_xyzt_units(unit)
    image.header["pixdim"][1:4] = SPACING_MM[::-1]
    for code, affine, put in ((*(sform or (0, None)), image.set_sform),
                              (*(qform or (0, None)), image.set_qform)):  # fmt: skip
        put(None if affine is None else np.diag([*affine, 1.0]), code)
    nibabel.save(image, path)
    return read_scan(path)


LAS, RAS = ([s * mm for s, mm in zip(signs, SPACING_MM[::-1], strict=True)]
            for signs in ((-1, 1, 1), (1, 1, 1)))  # fmt: skip


@pytest.mark.parametrize(
    ("transforms", "flips", "warned"),
    [
        ({"sform": (1, LAS)}, (False, True), None),
        ({"qform": (1, RAS)}, (True, True), None),
        ({"sform": (1, RAS), "qform": (1, LAS)}, (True, True), "sform is taken"),
        ({"sform": (4, RAS), "qform": (1, LAS)}, (False, True), "qform is taken"),
        ({"sform": (2, RAS)}, (True, True), None),
        ({}, (True, True), "does not say how it lies"),
    ],
)
def test_a_nifti_lies_as_its_transform_to_the_scanner_says(transforms, flips, warned, tmp_path):
    scan = nifti(tmp_path / "scan.nii", **transforms)
    left, back = (slice(None, None, -1 if flip else 1) for flip in flips)
    np.testing.assert_array_equal(scan.hu, lps_voxels()[:, back, left])
    assert len(scan.warnings) == (warned is not None)
    assert warned is None or warned in scan.warnings[0]


def test_an_sform_that_resizes_voxels_gives_way_to_the_qform(tmp_path):
    thick = [*RAS[:2], 1.3 * RAS[2]]  # the thickness of overlapping slices for their distance
    scan = nifti(tmp_path / "scan.nii", sform=(1, thick), qform=(1, RAS))
    assert scan.spacing_mm == SPACING_MM
    assert ["qform is taken" in text for text in scan.warnings] == [True]


def test_an_sform_alone_that_resizes_voxels_is_taken_with_a_note(tmp_path):
    scan = nifti(tmp_path / "scan.nii", sform=(1, [*RAS[:2], 1.5 * RAS[2]]))
    assert scan.spacing_mm == (1.5 * SPACING_MM[0], *SPACING_MM[1:])
    assert ["two sizes; sform is taken" in text for text in scan.warnings] == [True]


def test_a_nifti_in_micrometres_is_read_in_millimetres(tmp_path):
    affine = [1000 * mm for mm in RAS]
    scan = nifti(tmp_path / "scan.nii", sform=(1, affine), unit="micron")
    assert scan.spacing_mm == SPACING_MM
