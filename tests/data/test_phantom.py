"""The phantom cohort: what its files promise and that its labels follow from what is drawn."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from data.phantom import cohort_folder, labels, scan_files
from data.phantom.chest_plan import plan_pathology
from data.phantom.make_phantoms import main
from data.phantom.physique import LUNG_HU
from data.phantom.render import AIRWAY, PARENCHYMA, VESSEL, render, streams
from data.phantom.simulation import simulate
from data.phantom.subject import draw_subject
from pylayers.cohort.own_targets import read_targets
from pylayers.command_line.exit_codes import run

SEED = 3


def exit_code(arguments):
    return run(lambda: main(arguments))


def read_table(folder):
    with (folder / "table.csv").open() as file:
        return list(csv.DictReader(file))


def file_bytes(folder):
    found = sorted(p for part in ("scans", "masks", "facts") for p in (folder / part).iterdir())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def diseased(severity, seed=5, **changes):
    subject = draw_subject(np.random.default_rng(seed))
    usual = {"zone_slope": 1.0, "patchiness": 0.5, "paraseptal": 0.0, "panlobular": False}
    return replace(subject, severity=severity, **usual | changes)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    assert exit_code(f"--out {folder} --n 2 --seed {SEED} --workers 1 --quiet".split()) == 0
    return folder


@pytest.fixture(scope="module")
def noise_free():
    subject = diseased(0.6, inspiration_hu=0.0, offset_hu=0.0)
    healthy = replace(subject, severity=0.0)
    return [render(s, np.random.default_rng(1), noise=False) for s in (healthy, subject)]


def test_the_lungs_volume_is_declared_and_every_row_has_it_in_range(cohort):
    (target,) = read_targets(cohort).values()
    assert (target.name, target.unit) == ("lung_ml", "ml")
    for row in read_table(cohort):
        assert target.low < float(row["lung_ml"]) < target.high


def test_scan_is_an_lps_ct_of_the_promised_size(cohort):
    row = read_table(cohort)[0]
    image = sitk.ReadImage(str(cohort / row["path"]))
    assert image.GetPixelID() == sitk.sitkInt16
    assert image.GetSize() == (512, 512, int(row["slices"]))
    assert 45 <= image.GetSize()[2] <= 62
    x, y, z = image.GetSpacing()
    assert x == y == pytest.approx(float(row["spacing_mm"]))
    assert 0.5 <= x <= 1.0 and 5 <= z <= 7
    assert image.GetDirection() == (1, 0, 0, 0, 1, 0, 0, 0, 1)
    hu = sitk.GetArrayViewFromImage(image)
    assert -2000 <= hu.min() <= -1024 and 300 < hu.max() < 3072


def test_mask_is_coded_as_by_the_chest_imaging_platform(cohort):
    rows = read_table(cohort)
    assert [bool(row["mask"]) for row in rows] == [True, False]
    image = sitk.ReadImage(str(cohort / rows[0]["mask"]))
    scan = sitk.ReadImage(str(cohort / rows[0]["path"]))
    assert image.GetPixelID() == sitk.sitkUInt16
    assert image.GetSize() == scan.GetSize() and image.GetOrigin() == scan.GetOrigin()
    mask = sitk.GetArrayFromImage(image)
    region, kind = mask & 0xFF, mask >> 8
    assert set(np.unique(region)) == {0, 2, 3}
    assert set(np.unique(kind[region > 0])) == {PARENCHYMA, AIRWAY, VESSEL}
    assert set(np.unique(kind[region == 0])) <= {0, AIRWAY}  # trachea: type without region


def test_right_lung_lies_at_lower_columns_and_apex_at_higher_slices(noise_free):
    region = noise_free[0].mask & 0xFF
    assert (region == 2).nonzero()[2].mean() + 100 < (region == 3).nonzero()[2].mean()
    area = (region > 0).sum((1, 2))
    slices = area.nonzero()[0]
    bones = (noise_free[0].hu > 300).sum((1, 2))  # shoulders
    assert bones[slices[-1]] > bones[slices[0]]
    assert 35 <= len(slices) <= 50


@pytest.mark.parametrize("severity", [0.0, 0.15, 0.5, 0.9])
def test_what_is_dark_in_the_image_is_the_extent_that_the_labels_follow(severity):
    still = {"inspiration_hu": 10.0, "inflammation_hu": 0.0, "offset_hu": 0.0, "hole_hu": -985.0}
    grid = {"slice_mm": 10.0, "slices": 34, "thick_mm": 1.0}
    subject = diseased(severity, kernel="standard", **still, **grid)
    drawn = render(subject, np.random.default_rng(2), noise=False)
    tissue = drawn.hu[drawn.mask >> 8 == PARENCHYMA]
    dark = np.mean(tissue < (LUNG_HU + 10 - 985) / 2)  # half-way from tissue to hole
    extent = plan_pathology(subject, streams(np.random.default_rng(2)).lesions).extent.extent
    assert dark == pytest.approx(extent, rel=0.15, abs=0.003)
    assert drawn.facts["laa950"] == pytest.approx(100 * extent, rel=0.3, abs=0.3)
    assert drawn.facts["perc15"] <= drawn.facts["mean_hu"]


@pytest.mark.parametrize(("kernel", "sd"), [("soft", 20.0), ("sharp", 50.0)])
def test_noise_in_the_lungs_has_the_stated_size(kernel, sd):
    subject = diseased(0.0, kernel=kernel, noise_sd_hu=sd, slice_mm=40.0, slices=10)
    noisy, clean = (render(subject, np.random.default_rng(4), noise=n) for n in (True, False))
    assert np.array_equal(noisy.mask, clean.mask)
    tissue = (clean.mask >> 8 == PARENCHYMA) & (clean.hu > -940)
    noise = (noisy.hu.astype(float) - clean.hu)[tissue]
    assert noise.std() == pytest.approx(sd, rel=0.1)
    assert noise.mean() == pytest.approx(0, abs=0.1 * sd)


def test_phantom_does_not_depend_on_count_or_workers(cohort, tmp_path):
    assert exit_code(f"--out {tmp_path} --n 3 --seed {SEED} --workers 2 --quiet".split()) == 0
    many, few = file_bytes(tmp_path), file_bytes(cohort)
    assert len(read_table(tmp_path)) == 3
    assert {name: many[name] == few[name] for name in few} == dict.fromkeys(few, True)
    assert not (tmp_path / ".partial").exists()


def test_only_a_missing_phantom_is_made_again(cohort, monkeypatch):
    before, table = file_bytes(cohort), (cohort / "table.csv").read_bytes()
    made = []

    def spy(seed, index, thin_share, thickest_mm):
        made.append(index)
        return simulate(seed, index, thin_share, thickest_mm)

    monkeypatch.setattr(scan_files, "simulate", spy)
    (cohort / "scans" / "phantom_0002.mhd").unlink()
    (cohort / "table.csv").unlink()
    assert exit_code(f"--out {cohort} --n 2 --seed {SEED} --workers 1 --quiet".split()) == 0
    assert made == [2]
    assert file_bytes(cohort) == before
    assert (cohort / "table.csv").read_bytes() == table


@pytest.mark.parametrize(("seed", "version"), [(4, cohort_folder.VERSION), (SEED, -1)])
def test_folder_of_another_cohort_is_refused_in_one_line(seed, version, tmp_path, capsys):
    (tmp_path / cohort_folder.STAMP).write_text(json.dumps({"seed": seed, "version": version}))
    assert exit_code(f"--out {tmp_path} --n 1 --seed {SEED} --quiet".split()) == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line and f"seed {seed}, version {version}" in line and str(tmp_path) in line


@pytest.mark.parametrize("content", ["half a", "[1]", "7"])
def test_damaged_stamp_is_refused_in_one_line(content, tmp_path, capsys):
    (tmp_path / cohort_folder.STAMP).write_text(content)
    assert exit_code(f"--out {tmp_path} --n 1 --seed {SEED} --quiet".split()) == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line and cohort_folder.STAMP in line


def test_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert exit_code(f"--out {tmp_path / 'file' / 'new'} --n 1 --quiet".split()) == 2
    line = capsys.readouterr().err.strip()
    assert "\n" not in line and "cannot be used" in line


@pytest.mark.parametrize("arguments", ["--n 0", "--workers 0", "--seed -1", "--n many", "--what"])
def test_usage_errors_exit_with_2(arguments, tmp_path, capsys):
    try:
        code = exit_code(["--out", str(tmp_path / "new"), *arguments.split()])
    except SystemExit as stop:  # argparse's own
        code = stop.code
    assert code == 2
    assert arguments.split()[0] in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_table_has_the_labels_in_range(cohort):
    for row in read_table(cohort):
        assert {row[c] for c in ("ve", "ve_reader1", "ve_reader2")} <= set("012345")
        assert labels.FEV1FVC.range[0] <= float(row["fev1fvc"]) <= labels.FEV1FVC.range[1]
        assert labels.FEV1PP.range[0] <= float(row["fev1pp"]) <= labels.FEV1PP.range[1]
        assert row["kernel"] in ("soft", "standard", "sharp")
        assert 0 <= float(row["extent"]) <= float(row["worst_zone"]) <= 1


def test_interrupted_leftovers_do_not_count_as_a_scan(cohort, tmp_path):
    shutil.copytree(cohort, tmp_path / "copy")
    copy = tmp_path / "copy"
    (copy / "scans" / "phantom_0001.mhd").unlink()  # the commit mark is missing
    (copy / "scans" / "phantom_0001.raw").write_bytes(b"half")
    assert exit_code(f"--out {copy} --n 1 --seed {SEED} --workers 1 --quiet".split()) == 0
    assert (copy / "scans" / "phantom_0001.raw").read_bytes() == (
        cohort / "scans" / "phantom_0001.raw"
    ).read_bytes()
