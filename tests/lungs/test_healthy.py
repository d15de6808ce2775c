"""Odd but healthy scans are scored; those with the same voxels get the same bytes."""

import json

import pytest
from corpus import healthy_files  # noqa: F401  its cases register themselves
from corpus.healthy import CASES

from tools import score_scan

pytestmark = pytest.mark.caffe
WARNED = {
    "mhd of another tool": "states the size of its voxels (ElementSize)",
    "nrrd without a space": "does not say how it lies (no space)",
    "Analyze": "orientation is not certain",
    "matrix of 128": "pixels of 2.51 mm are coarser than CT scanners reconstruct",
    "DICOM: other series and files beside it": "3 axial CT series",
    "DICOM: a slice missing, allowed": "missing-slices: 1 of 52",
    "DICOM: a slice twice": "1 of 53 slices are copies",
}


def scored(case, run, capfd):
    code = score_scan.main(
        [str(case.scan), *case.options, "--weights", str(run.path), "--json", "-", "--quiet"]
    )
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.fixture(scope="module")
def plain(phantom, random_run, tmp_path_factory):
    """The result of the phantom as nrrd."""
    folder = tmp_path_factory.mktemp("plain")
    path = phantom.write(folder, "nrrd")
    destination = folder / "score.json"
    score_scan.main(
        [str(path), "--weights", str(random_run.path), "--json", str(destination), "--quiet"]
    )
    return json.loads(destination.read_text())


@pytest.mark.parametrize("name", CASES)
def test_a_healthy_scan_is_scored(name, phantom, plain, random_run, tmp_path, capfd):
    same, make = CASES[name]
    result = scored(make(tmp_path, phantom), random_run, capfd)
    assert result["refused"] is None
    assert len(result["targets"]["fev1pp"]["slices"]) == 16
    if same:
        assert result["targets"]["fev1pp"]["score"] == plain["targets"]["fev1pp"]["score"]
        assert result["lungs"] == plain["lungs"]
    unusual = [text for text in result["warnings"] if "phantoms" not in text]
    if name in WARNED:
        assert any(WARNED[name] in text for text in unusual)
    else:
        assert unusual == []


def test_there_are_as_many_as_promised():
    assert len(CASES) >= 20
