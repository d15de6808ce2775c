"""Tilt: a sheared volume reads as the DICOM series of a tilted gantry from which it was made."""

import json

import nibabel
import numpy as np
import pytest
from formats import ORIGIN_MM, SPACING_MM, image_of, lps_voxels, write_dicom
from text_headers import meta, nrrd

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan
from tools import score_scan

Z, Y, X = SPACING_MM
START = np.array(ORIGIN_MM[::-1])
TO_RAS = np.array([-1, -1, 1])


def axes_of(degrees, about="x"):
    """Return the steps (row, column, slice) in mm of a tilted gantry; the table moves along z."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if about == "x":
        return np.array([[X, 0, 0], [0, Y * c, Y * s], [0, 0, Z]])
    return np.array([[X * c, 0, X * s], [0, Y, 0], [0, 0, Z]])


def dicom(folder, steps, hu=None):
    hu, lengths = lps_voxels() if hu is None else hu, np.linalg.norm(steps, axis=1)

    def tilted(index, ds):
        row, column, _ = steps / lengths[:, None]
        ds.ImageOrientationPatient = [*row.tolist(), *column.tolist()]
        ds.ImagePositionPatient = [f"{value:.9f}" for value in START + index * steps[2]]

    write_dicom(folder / "series", image_of(hu, lengths[::-1], ORIGIN_MM), tilted)
    return folder / "series"


def nifti(folder, steps, flips=(False, True, False), qform=False, hu=None):
    """Write as dcm2niix does: rows from the back to the front, where flips say so."""
    hu = lps_voxels() if hu is None else hu
    voxels, affine = hu.transpose(2, 1, 0), np.eye(4)
    start = START.copy()
    for axis, flip in enumerate(flips):
        step = steps[axis] * (-1 if flip else 1)
        affine[:3, axis] = step * TO_RAS
        if flip:
            start += steps[axis] * (voxels.shape[axis] - 1)
            voxels = np.flip(voxels, axis)
    affine[:3, 3] = start * TO_RAS
    image = nibabel.Nifti1Image(voxels, None)
    image.set_sform(affine, 1)
    image.set_qform(affine if qform else None, 1 if qform else 0)
    nibabel.save(image, folder / "s.nii.gz")
    return folder / "s.nii.gz"


def nifti_with_qform(folder, steps):
    return nifti(folder, steps, qform=True)


def nifti_head_first(folder, steps):
    return nifti(folder, steps, (True, False, True))


def as_meta(folder, steps):
    lengths = np.linalg.norm(steps, axis=1)
    return meta(
        folder / "s.mha",
        TransformMatrix=" ".join(map(repr, (steps / lengths[:, None]).ravel().tolist())),
        ElementSpacing=" ".join(map(repr, lengths.tolist())),
    )


def as_nrrd(folder, steps):
    directions = " ".join(f"({a!r},{b!r},{c!r})" for a, b, c in steps.tolist())
    return nrrd(folder / "s.nrrd", space_directions=directions)


@pytest.mark.parametrize("degrees", [-30, -12, 0.8, 1.7, 20, 34])
@pytest.mark.parametrize("about", ["x", "y"])
@pytest.mark.parametrize("write", [nifti, nifti_with_qform, nifti_head_first, as_meta, as_nrrd])
def test_a_sheared_volume_reads_as_the_series_of_a_tilted_gantry(write, degrees, about, tmp_path):
    steps = axes_of(degrees, about)
    series, sheared = read_scan(dicom(tmp_path, steps)), read_scan(write(tmp_path, steps))
    np.testing.assert_array_equal(series.hu, lps_voxels())
    np.testing.assert_array_equal(sheared.hu, series.hu)
    np.testing.assert_allclose(sheared.spacing_mm, series.spacing_mm, atol=2e-6)
    np.testing.assert_allclose(sheared.origin_mm, series.origin_mm, atol=2e-3)
    assert sheared.warnings == series.warnings
    assert len(series.warnings) == (abs(degrees) > 1)


@pytest.mark.caffe
def test_a_sheared_volume_gets_the_score_of_the_series(phantom, random_run, tmp_path, capfd):
    tilt = np.radians(15)
    steps = np.diag(phantom.spacing_mm[::-1])
    steps[1] = [0, steps[1, 1] * np.cos(tilt), steps[1, 1] * np.sin(tilt)]
    results = []
    for path in (dicom(tmp_path, steps, phantom.hu), nifti(tmp_path, steps, hu=phantom.hu)):
        code = score_scan.main([str(path), "--weights", str(random_run.path), "--json", "-"])
        results.append(json.loads(capfd.readouterr().out))
        assert code == 0
    series, sheared = results
    assert sheared["targets"]["fev1pp"]["score"] == series["targets"]["fev1pp"]["score"]
    assert sheared["lungs"] == series["lungs"]
    assert "the gantry is tilted by 15 degrees; slices are taken as they lie" in sheared["warnings"]
    assert sheared["warnings"] == series["warnings"]


@pytest.mark.parametrize("write", [nifti, as_meta, as_nrrd])
def test_slices_that_lean_more_than_a_gantry_can_are_refused(write, tmp_path):
    with pytest.raises(ScanRefused, match="tilted by 40 degrees") as caught:
        read_scan(write(tmp_path, axes_of(40)))
    assert caught.value.slug == "geometry"


@pytest.mark.parametrize("write", [nifti, as_meta, as_nrrd])
def test_slices_that_are_sheared_in_themselves_are_refused(write, tmp_path):
    steps = axes_of(0)
    steps[1] = [0.2 * Y, Y, 0]
    with pytest.raises(ScanRefused, match="not at right angles"):
        read_scan(write(tmp_path, steps))


def test_axes_of_a_wrong_length_are_named(tmp_path):
    with pytest.raises(ScanRefused, match="lengths of 1 1 2"):
        read_scan(meta(tmp_path / "s.mha", TransformMatrix="1 0 0 0 1 0 0 0 2"))
