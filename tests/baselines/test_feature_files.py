"""Features of scans are kept in the cohort's folder, made once, and made again where they must."""

import os

import numpy as np
import pytest
from stored_cohort import crop_of, lungs_of, make_stored_cohort

from pylayers.cohort.cohort import store_path
from pylayers.cohort.store import read_crop, write_crop
from pylayers.errors import CohortError, MachineError
from pylayers.lungs.crop import LungCrop
from tools.baselines.feature_files import features_path, read_features
from tools.baselines.feature_job import complete_features
from tools.baselines.feature_kinds import DENSITY
from tools.workers.worker_setup import FeatureSetup


@pytest.fixture
def cohort(tmp_path):
    return make_stored_cohort(tmp_path / "cohort", {"train": 2, "val": 1, "test": 1})


def complete(cohort):
    complete_features(cohort, cohort.scans, [DENSITY], 1, 120, quiet=True)
    return [features_path(cohort.folder, DENSITY, scan.scan_id) for scan in cohort.scans]


def test_only_what_is_missing_damaged_or_of_another_scan_is_computed(cohort):
    paths = complete(cohort)
    content = [path.read_bytes() for path in paths]
    for path in paths:
        os.utime(path, (1, 1))
    paths[0].unlink()
    paths[1].write_bytes(content[1][:100])
    crop = read_crop(cohort.store_path(cohort.scans[2]))
    write_crop(cohort.store_path(cohort.scans[2]), crop_of(crop.hu, ~crop.lungs))  # same voxels
    complete(cohort)
    assert [path.stat().st_mtime == 1 for path in paths] == [False, False, False, True]
    assert [path.read_bytes() for path in paths[:2]] == content[:2]  # the same bytes
    assert paths[2].read_bytes() != content[2]


def test_features_are_read_back_as_computed(cohort):
    complete(cohort)
    scan = cohort.scans[0]
    found = read_features(cohort, DENSITY, scan)
    lung = read_crop(cohort.store_path(scan)).hu[lungs_of()]
    assert float(found["mean_hu"]) == pytest.approx(lung.mean())
    assert float(found["laa950"]) == pytest.approx(float(scan.row["laa950"]), abs=1e-4)


def test_a_store_without_a_mask_is_said_in_one_sentence(cohort):
    path = store_path(cohort.folder, "p001")
    crop = read_crop(path)
    old = {name: getattr(crop, name) for name in LungCrop.__dataclass_fields__}
    write_crop(path, LungCrop(**old | {"lung_bits": None}))
    with pytest.raises(CohortError, match=r"p001.h5 was stored without its lung mask.*run tools/p"):
        complete(cohort)


def test_missing_stores_and_features_are_named(cohort):
    with pytest.raises(CohortError, match=r"p000.npz is missing"):
        read_features(cohort, DENSITY, cohort.scans[0])
    store_path(cohort.folder, "p000").unlink()
    with pytest.raises(CohortError, match=r"p000.h5 is missing or damaged"):
        complete(cohort)


def test_a_worker_that_dies_is_the_machines_failure(cohort, monkeypatch):
    monkeypatch.setattr(FeatureSetup, "module", "tests.helpers.no_such_worker")
    with pytest.raises(MachineError, match="the same command goes on"):
        complete(cohort)


def test_nothing_is_left_beside_the_features(cohort):
    complete(cohort)
    left = {path.name for path in (cohort.folder / "features").iterdir()}
    assert left == {DENSITY, ".lock"}
    assert np.all(
        [not p.name.startswith(".") for p in (cohort.folder / "features/density").iterdir()]
    )
