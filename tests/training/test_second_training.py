"""Training on two scans: which scans count, what is recorded, and which stores are refused."""

import shutil

import numpy as np
import pytest
from short_training import arguments

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.stored_crops import checked_stores
from pylayers.errors import CohortError
from tools import train
from tools.scoring.caffe_network import CaffeNetwork
from tools.training.train_run import left_out_note
from tools.training.trained_on import trained_on


def test_scans_without_a_second_are_counted_in_a_line(paired_cohort):
    cohort = read_cohort(paired_cohort)
    said = left_out_note(cohort, "fev1pp", "expiration")
    assert said == "1 of 16 labelled scans lack an expiratory scan and are left out"
    assert left_out_note(cohort, "fev1pp", "earlier") == ""
    assert left_out_note(cohort, "fev1pp", "") == ""


def test_pixels_and_slices_of_both_scans_are_recorded(paired_cohort):
    cohort = read_cohort(paired_cohort)
    scans = cohort.labelled("train", "fev1pp", "expiration")
    grids = checked_stores(cohort, "fev1pp", "expiration")["train"]
    assert len(grids) == 2 * len(scans)
    hashes = [scan.row[c] for c in ("crop_sha256", "expiration_sha256") for scan in scans]
    assert [grid.sha256 for grid in grids] == hashes
    coarse = [grid._replace(spacing_mm=(9.0, 1.5, 1.5)) for grid in grids[len(scans) :]]
    seen = trained_on(scans, [*grids[: len(scans)], *coarse])
    assert (seen.scans, seen.slice_mm.high) == (len(scans), 9.0)
    assert seen.pixel_mm.low == 1.5 < seen.pixel_mm.high


@pytest.mark.parametrize("damage", ["missing", "other"])
def test_a_second_crop_that_is_not_the_tables_stops_the_training(damage, paired_cohort, tmp_path):
    shutil.copytree(paired_cohort, tmp_path / "cohort")
    cohort = read_cohort(tmp_path / "cohort")
    first, other = cohort.labelled("train", "fev1pp", "expiration")[:2]
    path = cohort.store_path(first, "expiration")
    if damage == "missing":
        path.unlink()
    else:
        shutil.copy(cohort.store_path(other, "expiration"), path)
    with pytest.raises(CohortError, match=rf"{first.scan_id}\+expiration\.h5 is"):
        train.main([*arguments(tmp_path / "cohort", tmp_path / "run"), "--variant", "expiration"])
    checked_stores(cohort, "fev1pp")  # of no matter without the second scan


def test_training_on_what_no_scan_has_is_refused(tiny_cohort, tmp_path):
    with pytest.raises(CohortError, match="a second scan: name them in a column earlier of the"):
        train.main([*arguments(tiny_cohort, tmp_path / "run"), "--variant", "followup"])
    assert not (tmp_path / "run").exists()


@pytest.mark.caffe
def test_a_run_scores_as_many_pairs_as_slices(paired_run):
    assert paired_run.layer_params("test").variant == "expiration"
    network = CaffeNetwork(paired_run)
    assert network.slices == paired_run.layer_params("test").slices
    rows = np.zeros((2 * 3, 1, 512, 512), np.float32)
    assert network.forward(rows).shape == (3, 1)
