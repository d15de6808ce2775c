"""prepare_cohort --views: planes beside crops, added to what is stored; thick slices refused."""

import csv

import numpy as np
import pytest
from chest import make_chest, write_scan

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop, read_grid
from pylayers.cohort.stored_views import read_view_planes
from pylayers.errors import CohortError, UsageError
from pylayers.lungs.views import VIEWS, planes_along
from tools import prepare_cohort
from tools.training.train_run import checked_stores
from tools.workers import prepare_worker

THIN_MM, DOUBTFUL_MM = 2.0, 4.0


def scan(folder, name, slice_mm, seed=1):
    """A chest whose slices lie that far apart, by nearest slices of one of 7 mm."""
    chest = make_chest(seed=seed)
    rows = np.arange(0, len(chest.hu), slice_mm / 7.0).astype(int)
    write_scan(folder / f"{name}.nrrd", chest.hu[rows], (slice_mm, 2.6, 2.6))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    for name, mm in (("thin", THIN_MM), ("doubtful", DOUBTFUL_MM), ("thick", 7.0)):
        scan(folder, name, mm)
    return folder


@pytest.fixture
def table(scans, tmp_path):
    path = tmp_path / "scans.csv"
    names = ("thin", "doubtful", "thick")
    rows = [f"{name},{scans / name}.nrrd,0.7,train" for name in names]
    path.write_text("scan_id,path,fev1fvc,split\n" + "\n".join(rows) + "\n")
    return path


def prepare(table, *options):
    out = table.parent / "cohort"
    prepare_cohort.main([str(table), "--out", str(out), "--workers", "1", *options])
    return out


def test_views_are_stored_and_thick_slices_left_out_with_the_reason(table, capsys):
    out = prepare(table, "--views", "coronal,sagittal")
    cohort = read_cohort(out)
    assert [s.scan_id for s in cohort.scans] == ["thin", "doubtful"]
    with (out / "rejected.csv").open() as file:
        (left,) = csv.DictReader(file)
    assert (left["scan_id"], left["reason"]) == ("thick", "thick-slices")
    printed = capsys.readouterr()
    assert "note: 1 scans have slices more than 2.5 mm apart" in printed.out
    assert "left out: thick: thick-slices: slices 7 mm apart" in printed.err
    for one in cohort.scans:
        store = cohort.store_path(one)
        for view in VIEWS.values():
            planes, _ = read_view_planes(store, view, range)
            np.testing.assert_array_equal(planes, planes_along(read_crop(store).hu, view))


def test_views_are_added_to_a_cohort_without_reading_its_scans(table, monkeypatch):
    out = prepare(table, "--quiet")
    before = {path: read_grid(path) for path in (out / "scans").iterdir()}
    assert len(before) == 3 and not any(grid.views for grid in before.values())
    table_before = (out / "cohort.csv").read_text().splitlines()
    monkeypatch.setattr(prepare_worker, "crop_lungs", None)
    store_all(out, table, "coronal")
    for path, grid in before.items():
        added = read_grid(path)
        assert added._replace(views=()) == grid
        assert added.views == (() if path.stem == "thick" else ("coronal",))
    prepare(table, "--quiet", "--views", "coronal")
    table_after = (out / "cohort.csv").read_text().splitlines()
    assert table_after == [line for line in table_before if not line.startswith("thick,")]
    times = {path: path.stat().st_mtime_ns for path in before}
    prepare(table, "--quiet", "--views", "coronal")
    prepare(table, "--quiet")  # what is stored is kept
    assert times == {path: path.stat().st_mtime_ns for path in before}
    assert read_grid(out / "scans" / "thin.h5").views == ("coronal",)


def store_all(out, table, views):
    """What the worker process does, in this one."""
    from tools.scan_lists.scan_table import checked_table, job_of
    from tools.workers.worker_setup import PrepareSetup

    answer = prepare_worker.begin(PrepareSetup(str(out), "", views))
    return [answer(job_of(row, table.parent)) for row in checked_table(table)]


def test_a_damaged_crop_is_cut_out_again(table):
    out = prepare(table, "--quiet")
    path = out / "scans" / "thin.h5"
    whole = read_crop(path).hu
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)
    prepare(table, "--quiet", "--views", "sagittal")
    np.testing.assert_array_equal(read_crop(path).hu, whole)
    assert read_grid(path).views == ("sagittal",)


def test_a_training_without_its_view_is_refused_with_what_to_do(tiny_cohort, thin_cohort):
    cohort = read_cohort(tiny_cohort)
    with pytest.raises(CohortError, match="16 of 16 stored crops have no coronal planes: run"):
        checked_stores(cohort, "fev1fvc", view=VIEWS["coronal"])
    checked_stores(cohort, "fev1fvc")
    checked_stores(read_cohort(thin_cohort), "fev1fvc", view=VIEWS["coronal"])


def test_an_unknown_view_is_refused_before_any_work(table):
    with pytest.raises(UsageError, match="view 'axial' is not known"):
        prepare(table, "--views", "axial")
    assert not (table.parent / "cohort").exists()
