"""Phantoms of which the lungs alone are kept: the same cohort as from their scans."""

import numpy as np
import pytest

from data.phantom.make_phantoms import main
from data.phantom.subject import draw_subject
from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop, read_grid
from pylayers.cohort.stored_views import read_view_planes
from pylayers.errors import CohortError, UsageError
from pylayers.lungs.views import VIEWS, planes_along
from tools.prepare_cohort import main as prepare

SEED = 3


def made(*options):
    assert not main([*map(str, options), "--seed", str(SEED), "--workers", "1", "--quiet"])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored")
    made("--out", folder, "--n", 2, "--stored")
    return folder


@pytest.mark.slow
def test_the_cohort_is_the_one_prepared_from_scans(stored, tmp_path):
    """But for phantoms that have a mask, every second one: here the lungs are always found."""
    made("--out", tmp_path, "--n", 2)
    assert prepare([str(tmp_path / "table.csv"), "--out", str(tmp_path / "cohort"), "--quiet"]) == 0
    cohorts = [read_cohort(folder / "cohort") for folder in (stored, tmp_path)]
    assert cohorts[0].own == cohorts[1].own and list(cohorts[0].own) == ["lung_ml"]
    rows, usual = ([scan.row for scan in cohort.scans] for cohort in cohorts)
    assert rows[1] == usual[1]
    assert [row["mask"] for row in (*rows, *usual)] == ["computed", "computed", "given", "computed"]
    assert list(rows[0]) == list(usual[0])
    assert not (stored / "scans").exists()


@pytest.mark.slow
def test_what_is_stored_is_not_made_again(stored):
    stores = sorted((stored / "cohort" / "scans").glob("*.h5"))
    stores[0].write_bytes(stores[0].read_bytes()[:1000])  # cut off
    kept = stores[1].stat().st_mtime_ns
    table = (stored / "cohort" / "cohort.csv").read_bytes()
    made("--out", stored, "--n", 2, "--stored")
    assert stores[1].stat().st_mtime_ns == kept
    assert (stored / "cohort" / "cohort.csv").read_bytes() == table


@pytest.mark.slow
def test_views_are_stored_and_added_without_making_phantoms_again(tmp_path, monkeypatch):
    made("--out", tmp_path, "--n", 1, "--stored", "--thickest", 4, "--views", "coronal")
    (store,) = (tmp_path / "cohort" / "scans").iterdir()
    grid = read_grid(store)
    assert grid.views == ("coronal",) and 3 <= grid.spacing_mm[0] <= 4
    monkeypatch.setattr("data.phantom.stored_phantoms.simulate", None)
    made("--out", tmp_path, "--n", 1, "--stored", "--thickest", 4, "--views", "coronal,sagittal")
    assert read_grid(store) == grid._replace(views=("coronal", "sagittal"))
    hu = read_crop(store).hu
    for view in VIEWS.values():
        planes, _ = read_view_planes(store, view, range)
        np.testing.assert_array_equal(planes, planes_along(hu, view))
    with pytest.raises(UsageError, match=r"of at most 4.0 mm, not of seed 3, version \d+; choose"):
        made("--out", tmp_path, "--n", 1, "--stored")


def test_thick_phantoms_have_no_views(stored, capsys):
    with pytest.raises(CohortError, match="none of the phantoms could be stored"):
        made("--out", stored, "--n", 2, "--stored", "--views", "coronal")
    assert "left out: phantom_0001: thick-slices: slices" in capsys.readouterr().err


@pytest.mark.parametrize("mm", [0.8, 2.0, 5.0])
def test_slices_are_at_most_as_thick_as_asked_for_and_the_subject_is_the_same(mm):
    for number in range(20):
        rngs = (np.random.default_rng(number) for _ in range(2))
        thin, usual = (draw_subject(rng, 0.0, t) for rng, t in zip(rngs, (mm, None), strict=True))
        assert 0.75 * mm - 0.01 <= thin.slice_mm <= mm + 0.005
        assert thin.thick_mm == thin.slice_mm
        same = ("severity", "lung_height_mm", "spacing_mm", "kernel", "noise_sd_hu", "hole_hu")
        assert [getattr(thin, n) for n in same] == [getattr(usual, n) for n in same]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--thickest", "0.5"], "--thickest 0.5 is not between 0.6 and 5 mm"),
        (["--thickest", "nan"], "--thickest nan is not between"),
        (["--thickest", "2", "--thin-share", "0.5"], "both say how thin slices are"),
        (["--views", "coronal"], "--views is for --stored"),
        (["--stored", "--views", "axial"], "view 'axial' is not known"),
    ],
)
def test_wrong_options_are_said_before_any_work(options, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        made("--out", tmp_path / "new", "--n", 1, *options)
    assert not (tmp_path / "new").exists()
