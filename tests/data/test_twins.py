"""Second scans of phantoms: the same subjects, of published size, beside unchanged first scans."""

import csv
import hashlib
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import spearmanr

from data.phantom import second_files
from data.phantom.chest_plan import plan_pathology
from data.phantom.earlier_visit import before
from data.phantom.expiration import TRAPPED_RANGE, draw_mosaic, expired
from data.phantom.labels import FEV1FVC, lung_function
from data.phantom.make_phantoms import main
from data.phantom.render import streams
from data.phantom.second_visit import airway_deficit, density
from data.phantom.simulation import image_rng, simulate
from data.phantom.subject import draw_subject
from data.phantom.twins import COLUMNS, simulate_second
from pylayers.cohort.cohort import read_cohort
from tools.prepare_cohort import main as prepare

SEED = 7


def subject_of(index):
    subject = draw_subject(np.random.default_rng([SEED, index, 0]))
    return subject, plan_pathology(subject, streams(image_rng(SEED, index)).lesions)


@pytest.fixture(scope="module")
def subjects():
    return [subject_of(index) for index in range(1, 61)]


def test_a_breath_keeps_the_lungs_mass_and_makes_them_smaller_and_denser(subjects):
    for number, (subject, pathology) in enumerate(subjects):
        out = expired(subject, pathology.extent, np.random.default_rng(number))
        volume = out.scale**2 * out.scale_z
        assert 0.3 < volume < 0.95
        assert density(out) >= 1.15 * density(subject)
        assert TRAPPED_RANGE[0] <= out.trapped <= TRAPPED_RANGE[1]
        intact = density(out) + out.trapped * out.trapped_hu
        gone = pathology.extent.extent + pathology.extent.paraseptal_extent
        mass = volume * ((1 - gone) * intact + gone * 30)
        assert mass == pytest.approx((1 - gone) * density(subject) + gone * 30)


def test_air_is_trapped_where_airways_are_diseased(subjects):
    """So that an expiration tells of FEV1/FVC what an inspiration hardly shows."""
    trapped = [
        expired(s, p.extent, np.random.default_rng(n)).trapped for n, (s, p) in enumerate(subjects)
    ]
    deficit = [airway_deficit(subject) for subject, _ in subjects]
    true = [lung_function(FEV1FVC, p.extent, s.wall_mm, s.nodules_per_ml) for s, p in subjects]
    assert spearmanr(trapped, deficit).statistic > 0.7
    assert -0.95 < spearmanr(trapped, true).statistic < -0.5


def test_trapped_regions_are_patches_of_the_share_that_is_asked_for(subjects):
    subject, pathology = subjects[0]
    out = expired(subject, pathology.extent, np.random.default_rng(1))
    box = (slice(100, 400), slice(60, 450))
    planes = np.stack([out.relief_hu(z, box) for z in np.linspace(20, 220, 24)])
    share = planes / np.float32(out.trapped_hu)
    assert planes.shape == (24, 300, 390) and share.min() >= 0 and share.max() <= 1
    assert share.mean() == pytest.approx(out.trapped, abs=0.12)
    assert ((share > 0.05) & (share < 0.95)).mean() < 0.4  # patches with edges
    mm = np.arange(0, 2000, 20)
    field = draw_mosaic(np.random.default_rng(3)).at(mm, mm, 0)
    assert field.std() == pytest.approx(1, abs=0.15)


def test_an_earlier_visit_has_a_part_of_todays_holes(subjects):
    """LAA-950 of heavy smokers grows by 1.1 points a year (Mohamed Hoesein et al. 2013)."""
    changes = []
    for number, (subject, pathology) in enumerate(subjects):
        _, earlier = before(subject, pathology, np.random.default_rng(number))
        now, then = pathology.lesions.parenchymal, earlier.lesions.parenchymal
        assert len(then.radius) <= len(now.radius)
        assert set(map(tuple, then.centres)) <= set(map(tuple, now.centres))
        assert earlier.lesions.nodules is pathology.lesions.nodules
        if subject.severity:
            changes.append(100 * (pathology.extent.extent - earlier.extent.extent))
        else:
            assert earlier.extent.extent == 0
    assert min(changes) >= 0
    assert 0.6 < np.mean(changes) / 3 < 2.2


@pytest.mark.slow
def test_expirations_are_like_those_of_published_cohorts():
    """E/I ratio of mean lung density: 0.856 without, 0.886 with mild airflow limitation (Mohamed
    Hoesein et al. 2013); below -856 HU 18 to 21 % without COPD, 29 to 31 % with it (CanCOLD).
    """
    rows = []
    for index in range(1, 41):
        _, first, row = simulate(SEED, index)
        _, second, columns = simulate_second(SEED, index, "expiration")
        ratio = columns["expiration_mean_hu"] / first.facts["mean_hu"]
        volume = columns["expiration_lung_ml"] / first.facts["lung_ml"]
        rows.append((row["fev1fvc"], ratio, columns["expiration_laa856"], volume))
        assert second.facts["lung_ml"] < first.facts["lung_ml"]
    fev1fvc, ratio, trapped, volume = np.array(rows).T
    copd = fev1fvc < 0.7
    assert 0.83 < ratio[~copd].mean() < 0.885
    assert ratio[~copd].mean() + 0.015 < ratio[copd].mean() < 0.93
    assert 8 < trapped[~copd].mean() < 22 < trapped[copd].mean() < 40
    assert 0.45 < volume.mean() < 0.72


def digests(folder, pattern):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob(pattern)}


def made(folder, *options):
    how = ("--n", "2", "--seed", "3", "--workers", "1", "--quiet")
    assert not main(["--out", str(folder), *how, *options])
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two phantoms without second scans, and the same ones with both kinds."""
    folder = tmp_path_factory.mktemp("twins")
    return made(folder / "plain"), made(folder / "twins", "--expiration", "--earlier")


def rows_of(folder):
    with (folder / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_first_scans_labels_and_columns_are_the_same_with_and_without(both):
    plain, twins = both
    for part in ("scans/*", "masks/*", "facts/*"):
        usual, ours = digests(plain, part), digests(twins, part)
        assert usual and usual.items() <= ours.items()
    for usual, ours in zip(rows_of(plain), rows_of(twins), strict=True):
        assert list(ours)[: len(usual)] == list(usual)
        assert usual.items() <= ours.items()
        assert ours["expiration"] == f"scans/{ours['scan_id']}_expiration.mhd"
    assert (twins / "targets.csv").read_text().startswith((plain / "targets.csv").read_text())
    assert "emphysema_change" in (twins / "targets.csv").read_text()


def test_a_second_scan_of_an_older_generator_is_made_again_after_a_kill(monkeypatch, tmp_path):
    """Killed before the new scan is in its place, the old one must not pass for it."""
    phantom = SimpleNamespace(hu=np.zeros((2, 4, 4), np.int16))
    facts = {name: 0.0 for name in COLUMNS["expiration"]}
    subject = draw_subject(np.random.default_rng([SEED, 1, 0]))
    monkeypatch.setattr(second_files, "simulate_second", lambda *_: (subject, phantom, facts))
    for name in ("scans", "facts"):
        (tmp_path / name).mkdir()
    how = (1, "expiration", tmp_path, SEED, 0.0)
    second_files.make_second(*how)
    scan = second_files.second_scan_path(tmp_path, 1, "expiration").with_suffix(".raw")
    old = scan.read_bytes()
    phantom.hu += 1
    monkeypatch.setattr(second_files, "TWINS_VERSION", 99)

    def kill(source, target):
        if Path(target) == scan:
            raise KeyboardInterrupt
        shutil.move(source, target)

    with monkeypatch.context() as killed, pytest.raises(KeyboardInterrupt):
        killed.setattr(os, "replace", kill)
        second_files.make_second(*how)
    second_files.make_second(*how)
    assert scan.read_bytes() != old


@pytest.mark.slow
def test_stored_second_scans_are_those_prepared_from_files(both, tmp_path):
    _, twins = both
    cohort = tmp_path / "cohort"
    (twins / "targets.csv").unlink()  # two healthy phantoms teach nothing of a change
    assert prepare([str(twins / "table.csv"), "--out", str(cohort), "--quiet"]) == 0
    stored = made(tmp_path / "stored", "--expiration", "--earlier", "--stored") / "cohort"
    usual, ours = ([s.row for s in read_cohort(c).scans] for c in (cohort, stored))
    for kind in ("expiration", "earlier"):
        column = f"{kind}_sha256"
        assert [r[column] for r in usual] == [r[column] for r in ours]
        assert all(r[column] for r in ours)


@pytest.mark.slow
def test_second_scans_are_kept_and_made_again_where_they_are_gone(tmp_path):
    folder = made(tmp_path / "p", "--expiration", "--stored")
    stores = {p.name: p for p in (folder / "cohort" / "scans").iterdir()}
    assert set(stores) == {
        *(f"phantom_000{i}.h5" for i in (1, 2)), *(f"phantom_000{i}+expiration.h5" for i in (1, 2)),
    }  # fmt: skip
    table, bytes_then = (folder / "cohort" / "cohort.csv").read_bytes(), digests(folder, "*.h5")
    kept = stores["phantom_0002+expiration.h5"].stat().st_mtime_ns
    stores["phantom_0001+expiration.h5"].write_bytes(b"")
    facts = folder / "facts" / "phantom_0001_expiration.json"
    facts.write_text(json.dumps({"twins_version": 0}))
    made(folder, "--expiration", "--stored")
    assert stores["phantom_0002+expiration.h5"].stat().st_mtime_ns == kept
    assert digests(folder, "*.h5") == bytes_then
    assert (folder / "cohort" / "cohort.csv").read_bytes() == table
