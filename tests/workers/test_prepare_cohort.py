"""Preparing a cohort: what is stored, what is done again and what is left out."""

import csv
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from chest import SPACING_MM, make_chest, write_scan

from pylayers.cohort.cohort import read_cohort
from pylayers.cohort.store import read_crop
from pylayers.errors import CohortError, UsageError
from pylayers.lungs.crop import Box
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scanner_pixels import pixel_warnings
from tools import prepare_cohort
from tools.scan_lists.scan_table import ScanJob, source_key
from tools.workers import prepare_worker

HEADER = "scan_id,path,subject_id,mask,ve,fev1fvc,fev1pp,site"


@pytest.fixture(scope="module")
def chests(tmp_path_factory):
    """A folder with a.nrrd and b.nrrd, b's true lungs as lungs_b.nrrd, and broken.nrrd."""
    folder = tmp_path_factory.mktemp("chests")
    for seed, name in enumerate("ab"):
        chest = make_chest(seed=seed, shift_mm=(0, 0, 5 * seed))
        write_scan(folder / f"{name}.nrrd", chest.hu, origin_mm=(-200.0, 0, 0))
        codes = (chest.lungs * 258 + chest.airways * 514).astype(np.uint16)
        write_scan(folder / f"lungs_{name}.nrrd", codes, origin_mm=(-200.0, 0, 0))
    (folder / "broken.nrrd").write_bytes(b"NRRD0004\n")
    return folder


def table(folder, *lines, header=HEADER):
    path = folder / "scans.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def prepare(path, *options):
    out = path.parent / "cohort"
    prepare_cohort.main([str(path), "--out", str(out), "--workers", "1", "--quiet", *options])
    return out


def times(cohort):
    return {path.name: path.stat().st_mtime_ns for path in (cohort / "scans").iterdir()}


@pytest.fixture
def two(chests, tmp_path):
    """A table of two good scans, in a folder of its own; its paths are relative to it."""
    for name in ("a", "b", "lungs_b", "broken"):
        shutil.copy(chests / f"{name}.nrrd", tmp_path)
    return table(tmp_path, "a,a.nrrd,,,2,0.61,70,north", "b,b.nrrd,s7,lungs_b.nrrd,,0.72,,south")


def test_scans_are_stored_as_the_boxes_of_their_lungs(two):
    cohort = read_cohort(prepare(two))
    a, b = cohort.scans
    assert (a.scan_id, a.subject_id, a.labels) == (
        "a",
        "a",
        {"ve": 2, "fev1fvc": 0.61, "fev1pp": 70},
    )
    assert (b.scan_id, b.subject_id, b.labels) == ("b", "s7", {"fev1fvc": 0.72})
    assert [s.row["mask"] for s in (a, b)] == ["computed", "given"]
    assert [s.row["site"] for s in (a, b)] == ["north", "south"]
    for seed, scan in enumerate((a, b)):
        chest = make_chest(seed=seed, shift_mm=(0, 0, 5 * seed))
        box = Box.around(chest.lungs)
        crop = read_crop(cohort.store_path(scan))
        np.testing.assert_allclose(crop.box, box, atol=1)
        np.testing.assert_array_equal(crop.hu, crop.box.of(chest.hu))
        assert crop.bottom_mm == pytest.approx(-200 + 7 * crop.box.z0)
        assert int(scan.row["slices"]) == len(crop.hu)
        litres = chest.lungs.sum() * np.prod(SPACING_MM) / 1e6
        assert float(scan.row["lungs_l"]) == pytest.approx(litres, rel=0.01)
    assert tuple(crop.box) == Box.around(chest.lungs)  # b's mask was given


def test_the_table_of_a_cohort_names_no_path_of_the_scans(two):
    text = (prepare(two) / "cohort.csv").read_text()
    assert "nrrd" not in text and str(two.parent) not in text


def test_a_second_run_stores_nothing_again_and_redoes_what_is_gone_or_changed(two):
    cohort = prepare(two)
    first, text = times(cohort), (cohort / "cohort.csv").read_bytes()
    prepare(two)
    assert times(cohort) == first
    assert (cohort / "cohort.csv").read_bytes() == text

    (cohort / "scans" / "a.h5").unlink()
    prepare(two)
    second = times(cohort)
    assert second["b.h5"] == first["b.h5"] and second["a.h5"] != first["a.h5"]
    assert (cohort / "cohort.csv").read_bytes() == text

    changed = make_chest(seed=9, shift_mm=(0, 0, 5))
    write_scan(two.parent / "b.nrrd", changed.hu, origin_mm=(-200.0, 0, 0))
    prepare(two)
    third = times(cohort)
    assert third["a.h5"] == second["a.h5"] and third["b.h5"] != second["b.h5"]
    assert (cohort / "cohort.csv").read_bytes() != text


def test_a_store_from_another_mask_is_redone(two, chests):
    cohort = prepare(two)
    before = times(cohort)
    shutil.copy(chests / "lungs_a.nrrd", two.parent)
    two.write_text(two.read_text().replace("a.nrrd,,,", "a.nrrd,,lungs_a.nrrd,"))
    assert [s.row["mask"] for s in read_cohort(prepare(two)).scans] == ["given", "given"]
    after = times(cohort)
    assert after["a.h5"] != before["a.h5"] and after["b.h5"] == before["b.h5"]


def with_labels(folder, labels):
    """A table of scan a whose mask holds the lungs as 30 and the rest as 1."""
    lungs = make_chest(seed=0).lungs
    write_scan(
        folder / "lobes.nrrd", np.where(lungs, 30, 1).astype(np.uint8), origin_mm=(-200.0, 0, 0)
    )
    os.utime(folder / "lobes.nrrd", (1, 1))
    return table(folder, f'a,a.nrrd,,lobes.nrrd,2,,,x,"{labels}"', header=f"{HEADER},mask_labels")


def test_mask_labels_choose_the_lungs_and_changed_ones_are_prepared_again(two):
    cohort = prepare(with_labels(two.parent, "30-34, 40"))
    np.testing.assert_array_equal(
        read_crop(cohort / "scans" / "a.h5").box, Box.around(make_chest(seed=0).lungs)
    )
    before = times(cohort)
    prepare(with_labels(two.parent, "30-34 40"))  # the same labels
    assert times(cohort) == before
    prepare(with_labels(two.parent, "30"))
    assert times(cohort) != before


def test_mask_labels_that_name_nothing_are_found_before_any_scan_is_read(tmp_path):
    lines = ["a,a.nrrd,,m.nrrd,,,,x,10-x", "b,b.nrrd,,,,,,x,3"]
    with pytest.raises(CohortError) as caught:
        prepare(table(tmp_path, *lines, header=f"{HEADER},mask_labels"))
    assert "line 2: lung labels '10-x' are not numbers" in str(caught.value)
    assert "line 3: b has mask_labels but no mask" in str(caught.value)
    assert os.listdir(tmp_path) == ["scans.csv"]


def test_what_is_unusual_of_a_scan_is_a_column(two, monkeypatch):
    requests = []

    def unusual(request):
        requests.append(request)
        return replace(crop_lungs(request), warnings=("thick slices", "odd"))

    monkeypatch.setattr(prepare_worker, "crop_lungs", unusual)
    folder = two.parent
    (folder / "cohort" / "scans").mkdir(parents=True)
    store = folder / "cohort" / "scans" / "a.h5"
    job = ScanJob(folder / "a.nrrd", allow_uneven=True, scan_id="a")
    prepare_worker.store_scan(job, store)
    assert requests == [job]
    written = store.stat().st_mtime_ns
    scans = read_cohort(prepare(two, "--allow-uneven")).scans
    assert [scan.row["warnings"] for scan in scans] == [
        "thick slices; odd",
        *pixel_warnings(SPACING_MM),
    ]
    assert store.stat().st_mtime_ns == written
    prepare(two)  # without the option it must be looked at again
    assert store.stat().st_mtime_ns != written


def test_a_folder_is_known_by_all_its_files(tmp_path):
    job = ScanJob(tmp_path / "series", scan_id="a")
    (tmp_path / "series" / "deep").mkdir(parents=True)
    names = ("1.dcm", "2.dcm", "deep/3.dcm")
    for name in names:
        (tmp_path / "series" / name).write_bytes(b"x")
        os.utime(tmp_path / "series" / name, (1, 1))
    keys = [source_key(job)]
    for name in names:
        os.utime(tmp_path / "series" / name, (2, 2))
        keys.append(source_key(job))
    (tmp_path / "series" / "4.dcm").write_bytes(b"")
    keys.append(source_key(job))
    (tmp_path / "series" / "4.dcm").unlink()
    assert source_key(job) == keys[-2]
    (tmp_path / "series").rename(tmp_path / "other")
    keys.append(source_key(ScanJob(tmp_path / "other", scan_id="a")))
    assert len(set(keys)) == 6


def test_voxels_beside_their_header_count(tmp_path):
    job = ScanJob(tmp_path / "a.mhd", scan_id="a")
    keys = set()
    for name in ("a.mhd", "a.raw", "a.zraw"):
        (tmp_path / name).write_bytes(b"x")
        keys.add(source_key(job))
    assert len(keys) == 3


def test_a_damaged_store_is_made_again(two):
    cohort = prepare(two)
    good = (cohort / "scans" / "a.h5").read_bytes()
    (cohort / "scans" / "a.h5").write_bytes(good[:1000])
    prepare(two)
    np.testing.assert_array_equal(
        read_crop(cohort / "scans" / "a.h5").hu, read_cohort_crop(cohort, good).hu
    )


def read_cohort_crop(cohort, content):
    path = cohort.parent / "good.h5"
    path.write_bytes(content)
    return read_crop(path)


def test_scans_that_fail_are_left_out_and_listed_with_the_reason(two, capsys):
    lines = two.read_text().splitlines()[1:]
    bad = ["c,broken.nrrd,,,1,,,x", "d,none.nrrd,,,1,,,x", "e,a.nrrd,,none.nrrd,1,,,x"]
    cohort = prepare(table(two.parent, *lines, *bad))
    assert [s.scan_id for s in read_cohort(cohort).scans] == ["a", "b"]
    with (cohort / "rejected.csv").open(newline="") as file:
        rejected = {row["scan_id"]: row["reason"] for row in csv.DictReader(file)}
    assert rejected == {"c": "unreadable", "d": "not-found", "e": "not-found"}
    assert "left out: d: not-found: there is no none.nrrd" in capsys.readouterr().err
    prepare(table(two.parent, *lines))
    assert not (cohort / "rejected.csv").exists()


def test_a_cohort_in_which_every_scan_fails_is_an_error_and_has_no_table(two):
    path = table(two.parent, "c,broken.nrrd,,,1,,,x")
    with pytest.raises(CohortError, match="none of the 1 scans could be used"):
        prepare(path)
    assert not (two.parent / "cohort" / "cohort.csv").exists()


def test_every_wrong_row_is_named_before_any_scan_is_read(tmp_path):
    wrong = {
        "a,a.nrrd,,,inf,,,x": "line 2: ve inf",
        "b,b.nrrd,,,,61,,x": "line 3: fev1fvc 61",
        "c,c.nrrd,,,,,0.88,x": "line 4: fev1pp 0.88",
        "../x,d.nrrd,,,,,,x": "line 5: scan_id '../x'",
        "c,e.nrrd,,,,,,x": None,  # c is not wrong for itself: see below
        "f,,,,,,,x": "line 7: f has no path",
    }
    path = table(tmp_path, *wrong)
    with pytest.raises(CohortError) as caught:
        prepare(path)
    for said in filter(None, wrong.values()):
        assert said in str(caught.value)
    assert "line 6: scan_id 'c' occurs twice" in str(caught.value)
    assert os.listdir(tmp_path) == ["scans.csv"]


def test_many_wrong_rows_are_counted(tmp_path):
    path = table(tmp_path, *(f"s{i},s.nrrd,,,9,,,x" for i in range(25)))
    with pytest.raises(CohortError, match="and 15 more"):
        prepare(path)


def test_an_empty_table_and_no_workers_are_refused(tmp_path):
    with pytest.raises(CohortError, match="lists no scans"):
        prepare(table(tmp_path))
    with pytest.raises(UsageError, match="--workers 0 is below 1"):
        prepare_cohort.main(["t.csv", "--out", str(tmp_path), "--workers", "0"])
