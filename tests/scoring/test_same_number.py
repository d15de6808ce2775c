"""One scan gives the same number, to the last bit, in every format and orientation."""

import json

import pytest
from formats import AXIAL, DICOM, FILES, FORMATS, ORIENTATIONS, image_of, write_format

from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools import score_scan

ORIGIN_MM = (-310.5, 12.25, -30.0)
LPS = ORIENTATIONS[0]
# every format in some orientations, so that each orientation is met by some formats
STORED = [
    *((kind, *o) for i, kind in enumerate(FILES) for o in ORIENTATIONS[i % 6 :: 6]),
    *((kind, *o) for kind in DICOM for o in AXIAL[1::3]),
]


@pytest.fixture(scope="module")
def plain(chest, tmp_path_factory):
    """The crop of the chest as LPS nrrd."""
    return crop_of(chest, tmp_path_factory.mktemp("plain"), "nrrd", *LPS)


def crop_of(chest, folder, kind, axes, signs):
    image = image_of(chest.hu, chest.spacing_mm, ORIGIN_MM, axes, signs)
    return crop_lungs(ScanRequest(write_format(folder, kind, image)))


@pytest.mark.parametrize(("kind", "axes", "signs"), STORED)
def test_the_crop_is_the_same_in_every_format_and_orientation(
    kind, axes, signs, chest, plain, tmp_path
):
    crop = crop_of(chest, tmp_path, kind, axes, signs)
    assert crop.hu.tobytes() == plain.hu.tobytes()
    for name in ("spacing_mm", "bottom_mm", "box", "lungs_l", "laa950", "warnings"):
        assert getattr(crop, name) == getattr(plain, name), name


@pytest.mark.caffe
def test_the_score_is_the_same_bytes_in_every_format(chest, random_run, tmp_path):
    results = {}
    for number, kind in enumerate(FORMATS):
        axes, signs = AXIAL[number % len(AXIAL)]
        image = image_of(chest.hu, chest.spacing_mm, ORIGIN_MM, axes, signs)
        folder = tmp_path / str(number)
        folder.mkdir()
        scan = write_format(folder, kind, image)
        destination = folder / "score.json"
        options = ["--weights", str(random_run.path), "--json", str(destination), "--quiet"]
        assert score_scan.main([str(scan), *options]) == 0
        result = json.loads(destination.read_text())
        results[kind] = json.dumps([result["targets"], result["lungs"]])
    assert len(results) == len(FORMATS)
    assert len(set(results.values())) == 1
