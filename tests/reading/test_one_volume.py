"""Files of more than three dimensions: read when they hold one volume, else refused with advice."""

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from formats import ORIGIN_MM, SHAPE, SPACING_MM, lps_voxels
from text_headers import DIRECTIONS, META, ORIGIN, SIZES, X, Y, Z, meta, nrrd

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan

IDENTITY_4 = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
META_4D = {
    "NDims": 4,
    "DimSize": f"{SIZES} 1",
    "ElementSpacing": f"{META['ElementSpacing']} 1",
    "Offset": f"{META['Offset']} 0",
    "TransformMatrix": IDENTITY_4,
}


def is_the_scan(scan):
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert (scan.spacing_mm, scan.origin_mm, scan.warnings) == (SPACING_MM, ORIGIN_MM, ())


def refusal(path) -> str:
    with pytest.raises(ScanRefused) as caught:
        read_scan(path)
    assert caught.value.slug == "not-3d"
    return caught.value.sentence


def itk_4d(volumes):
    one = np.repeat(lps_voxels()[None], volumes, axis=0)
    image = sitk.GetImageFromArray(one, isVector=False)
    image.SetSpacing((*SPACING_MM[::-1], 1.0))
    image.SetOrigin((*ORIGIN_MM[::-1], 0.0))
    return image


@pytest.mark.parametrize("suffix", ["mha", "mhd", "nrrd", "nii", "nii.gz"])
def test_one_volume_in_four_dimensions_is_read_and_several_are_refused(suffix, tmp_path):
    sitk.WriteImage(itk_4d(1), str(tmp_path / f"one.{suffix}"))
    scan = read_scan(tmp_path / f"one.{suffix}")
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM
    sitk.WriteImage(itk_4d(3), str(tmp_path / f"three.{suffix}"))
    assert "3 volumes; save the one to score" in refusal(tmp_path / f"three.{suffix}")


def test_a_metaimage_of_four_dimensions_is_read(tmp_path):
    is_the_scan(read_scan(meta(tmp_path / "s.mha", **META_4D)))


def test_a_metaimage_whose_dimensions_and_sizes_disagree_is_refused(tmp_path):
    assert "4 dimensions, sizes of 7 6 5" in refusal(meta(tmp_path / "s.mha", NDims=4))


@pytest.mark.parametrize(
    "fields",
    [
        {"sizes": f"1 {SIZES}", "space_directions": f"none {DIRECTIONS}"},
        {"sizes": f"{SIZES} 1", "space_directions": f"{DIRECTIONS} none"},
        {
            "sizes": f"1 {SIZES}",
            "space_directions": f"none {DIRECTIONS}",
            "kinds": "list domain domain domain",
            "space_units": '"mm" "mm" "mm"',
            "measurement_frame": "(1,0,0) (0,1,0) (0,0,1)",
        },
        {
            "space": "left-posterior-superior-time",
            "sizes": f"{SIZES} 1",
            "space_directions": f"({X},0,0,0) (0,{Y},0,0) (0,0,{Z},0) (0,0,0,1)",
            "space_origin": ORIGIN.replace(")", ",0)"),
            "space_units": '"mm" "mm" "mm" "s"',
        },
    ],
)
def test_an_nrrd_with_an_axis_of_one_is_read(fields, tmp_path):
    is_the_scan(read_scan(nrrd(tmp_path / "s.nrrd", dimension=4, **fields)))


def test_an_axis_with_a_direction_is_of_space_whatever_its_kind(tmp_path):
    is_the_scan(read_scan(nrrd(tmp_path / "s.nrrd", kinds="domain domain list")))


def test_an_nrrd_with_spacings_and_a_list_of_one_is_read(tmp_path):
    fields = dict.fromkeys(("space", "space_directions", "space_origin"))
    path = nrrd(
        tmp_path / "s.nrrd",
        dimension=4,
        sizes=f"1 {SIZES}",
        spacings=f"nan {X} {Y} {Z}",
        units='"" "mm" "mm" "mm"',
        kinds="list space space space",
        **fields,
    )
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, lps_voxels())
    assert scan.spacing_mm == SPACING_MM


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"dimension": 4, "sizes": f"3 {SIZES}", "space_directions": f"none {DIRECTIONS}"},
         "3 volumes"),
        ({"space_directions": f"none {DIRECTIONS.partition(') ')[2]}"}, "2 axes in space"),
        (
            {"kinds": "RGB-color domain domain", "space_directions": None, "spacings": "1 1 1"},
            "2 axes in space",
        ),
        (
            {"kinds": "domain domain time", "space_directions": None, "spacings": "1 1 1"},
            "2 axes in space",
        ),
        ({"dimension": 2, "sizes": "7 30", "space_directions": None}, "2 dimensions"),
        ({"dimension": 4}, "4 dimensions and sizes of 7 6 5"),
    ],
)  # fmt: skip
def test_an_nrrd_of_several_volumes_or_none_is_refused(fields, seen, tmp_path):
    assert seen in refusal(nrrd(tmp_path / "s.nrrd", **fields))


def test_a_nifti_of_five_dimensions_with_one_volume_is_read(tmp_path):
    voxels = lps_voxels().transpose(2, 1, 0)[..., None, None]
    nibabel.save(nibabel.Nifti1Image(voxels, np.diag([-X, -Y, Z, 1])), tmp_path / "s.nii")
    assert read_scan(tmp_path / "s.nii").hu.shape == SHAPE
