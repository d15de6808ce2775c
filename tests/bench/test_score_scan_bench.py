"""score_scan against its floor: the files that are scored, the floor, what is made of the times."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk

from pylayers.reading.scan import read_scan
from tools.bench import measure_score_scan as measured_module
from tools.bench.bench_run import write_bench_run
from tools.bench.bench_scans import FILES, BenchScans, enlarged
from tools.bench.bench_weights import write_weights
from tools.bench.engine import Engine, EngineFailed
from tools.bench.measure_score_scan import RAW, floor_command, key_of, measure_score_scan
from tools.bench.scoring_rows import TITLES
from tools.bench.settings import Settings
from tools.scoring.engines import CAFFE, ENGINES, ONNX
from tools.training.trained_run import load_trained
from tools.twin.trained_twin import load_twin

pytestmark = pytest.mark.caffe
SIZE = (96, 80, 30)  # x, y, z


@pytest.fixture(scope="module")
def settings(tiny_cohort, tmp_path_factory):
    """Two slices a scan, one thread."""
    folder = tmp_path_factory.mktemp("bench")
    return Settings(tiny_cohort, folder, 2, 1, 1, 1, None, quick=True, quiet=True)


@pytest.fixture(scope="module")
def run(settings):
    return write_bench_run(settings)


@pytest.fixture(scope="module")
def weights(run):
    return write_weights(run)


@pytest.fixture(scope="module")
def scans(tiny_cohort, tmp_path_factory):
    """A small chest in the place of the real sample."""
    return BenchScans(tiny_cohort.parent / "c03.mhd", tmp_path_factory.mktemp("scans"), SIZE, SIZE)


def test_a_sample_is_enlarged_between_its_own_ends(tiny_cohort):
    sample = sitk.ReadImage(str(tiny_cohort.parent / "c03.mhd"))
    size = tuple(2 * n - 1 for n in sample.GetSize())
    made = enlarged(tiny_cohort.parent / "c03.mhd", size)
    assert made.GetSize() == size and made.GetPixelID() == sitk.sitkInt16
    assert made.GetSpacing() == pytest.approx([mm / 2 for mm in sample.GetSpacing()])
    ours, theirs = (sitk.GetArrayFromImage(image).astype(int) for image in (made, sample))
    np.testing.assert_array_equal(ours[::2, ::2, ::2], theirs)  # what was there stays
    between = (theirs[:, :, 1:] + theirs[:, :, :-1]) / 2
    assert np.abs(ours[::2, ::2, 1::2] - between).max() <= 0.5


def test_a_sample_that_lies_on_its_back_comes_out_in_lps(tiny_cohort, tmp_path):
    sample = sitk.ReadImage(str(tiny_cohort.parent / "c03.mhd"))
    sitk.WriteImage(sitk.DICOMOrient(sample, "LAI"), str(tmp_path / "turned.nii.gz"))
    made = enlarged(tmp_path / "turned.nii.gz", sample.GetSize())
    assert made.GetDirection() == pytest.approx(np.eye(3).ravel())
    np.testing.assert_array_equal(sitk.GetArrayFromImage(made), sitk.GetArrayFromImage(sample))


def test_all_formats_hold_the_same_voxels(scans):
    expected = enlarged(scans.sample, SIZE)
    voxels = sitk.GetArrayFromImage(expected)
    for kind in FILES:
        scan = read_scan(scans.path(kind, quiet=True))
        np.testing.assert_array_equal(scan.hu, voxels, err_msg=kind)
        assert scan.spacing_mm == pytest.approx(expected.GetSpacing()[::-1], rel=1e-6), kind
        assert scan.warnings == (), kind
    raw, zraw = (scans.path(kind, quiet=True).parent for kind in ("raw", "zraw"))
    assert (raw / "scan.raw").stat().st_size == voxels.nbytes
    assert (zraw / "scan.zraw").stat().st_size < voxels.nbytes


def test_a_scan_is_made_once_and_whole(scans, monkeypatch):
    made = scans.path("nii_gz", quiet=True)
    before = made.stat().st_mtime_ns
    assert scans.path("nii_gz", quiet=True).stat().st_mtime_ns == before
    shutil.rmtree(made.parent)

    def fails(image, kind, folder):
        folder.mkdir()
        (folder / "scan.nii.gz").write_bytes(b"half")
        raise OSError("no space")

    monkeypatch.setattr("tools.bench.bench_scans.write_scan", fails)
    with pytest.raises(OSError, match="no space"):
        scans.path("nii_gz", quiet=True)
    assert not made.parent.exists()
    monkeypatch.undo()
    assert scans.path("nii_gz", quiet=True).stat().st_size > 1000


def test_both_engines_can_score_with_weights_that_were_drawn(weights):
    caffe, onnx = load_trained(weights), load_twin(weights)
    assert caffe.weights_sha256 == onnx.weights_sha256
    assert caffe.is_phantom and onnx.is_phantom
    before = weights.best_weights.stat().st_mtime_ns
    assert write_weights(write_run_again(weights)) == weights
    assert weights.best_weights.stat().st_mtime_ns == before  # once


def write_run_again(weights):
    class Run:
        run = weights

    return Run


@pytest.mark.parametrize("kind", FILES)
def test_the_floor_reads_the_scan_and_passes_its_slices(kind, scans, weights, settings):
    said = floor_command(weights, str(scans.path(kind, quiet=True)), settings)
    done = subprocess.run(said, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*map(str, SIZE), str(settings.slices)]
    assert done.stderr == ""


def test_a_program_is_measured_and_its_failure_told(tmp_path):
    with Engine("program_engine", 1) as programs:
        small = programs.ask("run", command=[sys.executable, "-c", "print(6 * 7)"])
        assert small["stdout"] == "42\n" and small["wall_s"] > 0
        large = programs.ask("run", command=[sys.executable, "-c", "b'x' * 300_000_000"])
        assert 250 < large["peak_mib"] - small["peak_mib"] < 350
        threads = "import os; print(os.environ['OMP_NUM_THREADS'])"
        assert programs.ask("run", command=[sys.executable, "-c", threads])["stdout"] == "1\n"
        with pytest.raises(EngineFailed, match=r"code 1.*ZeroDivisionError"):
            programs.ask("run", command=[sys.executable, "-c", "1 / 0"])
        again = programs.ask("run", command=[sys.executable, "-c", "print(6 * 7)"])
        # of this program alone: neither those before it nor what started it count
        assert again["peak_mib"] == pytest.approx(small["peak_mib"], abs=5)


def test_without_the_sample_nothing_is_measured_and_it_is_said(settings, run, tmp_path):
    found = measure_score_scan(settings, run, BenchScans(tmp_path / "none.nii.gz", tmp_path))
    assert set(found) == {"not_measured"}
    assert set(found["not_measured"]) == {key_of(RAW, engine) for engine in ENGINES}
    assert all("`make bench` fetches it" in why for why in found["not_measured"].values())
    assert list(tmp_path.iterdir()) == []


def test_engines_that_disagree_are_not_compared(settings, run, scans, monkeypatch):
    monkeypatch.setattr(measured_module, "write_weights", lambda run: run.run)
    contributions = iter([[1.0, 2.0], [1.0, 2.1]])
    monkeypatch.setattr(measured_module, "_result", lambda programs, command: None)
    monkeypatch.setattr(measured_module, "_contributions", lambda result: next(contributions))
    with pytest.raises(EngineFailed, match="another network"):
        measure_score_scan(settings, run, scans)


@pytest.mark.slow
def test_every_format_is_scored_by_both_engines_and_compared(settings, run, scans, monkeypatch):
    monkeypatch.setattr(Settings, "limit_s", lambda self, usual: 0.0)
    thorough = Settings(**{**vars(settings), "quick": False})
    found = measure_score_scan(thorough, run, scans)
    assert set(found) == {key_of(kind, engine) for kind in FILES for engine in ENGINES}
    assert set(found) <= set(TITLES)
    json.dumps(found)
    for engine in (ONNX, CAFFE):
        seen = found[f"score_scan_vs_floor_{engine}"]
        assert 1 < seen["min"] <= seen["median"] <= seen["max"]  # none is below the floor
        assert seen["median"] < 1000 and seen["n"] == 3
        assert 50 < seen["peak_mib"]["theirs"] < 2000 and 50 < seen["peak_mib"]["ours"] < 2000
        assert {"load_nets", "read_and_crop", "score"} == set(seen["timings_s"])
        assert seen["difference_of_engines"] < 1e-5
    assert "goal" not in found[key_of("dicom", ONNX)]
