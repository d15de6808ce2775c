"""Scoring many scans: the same tables whatever happens on the way, and nothing done twice."""

import csv
import json
import os
import shutil
import signal
from collections import Counter

import numpy as np
import pytest
from chest import make_chest, write_scan
from conftest import ROOT
from formats import IDENTITY, image_of, write_dicom, write_format
from gate import Gate, started
from processes import LIMIT_S, finished, running, wait_for, workers_of

from pylayers.errors import WeightsError
from tools import score_cohort, score_scan
from tools.scan_lists.scan_list import jobs_of
from tools.scoring import score_worker
from tools.scoring.score_output import scored_with
from tools.training.trained_run import load_trained
from tools.workers.worker_setup import ScoreSetup

pytestmark = pytest.mark.caffe

CHESTS = 10
GATED = ROOT / "tests/helpers/gated_score_cohort.py"


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with 10 chests, a scan without lungs, and list.txt, which names one more."""
    folder = tmp_path_factory.mktemp("scans")
    for number in range(CHESTS):
        chest = make_chest(seed=number, lung_hu=-840 - 8 * number)
        write_scan(folder / f"c{number:02d}.nrrd", chest.hu)
    water = np.random.default_rng(0).integers(-30, 30, (8, 40, 40), np.int16)
    write_scan(folder / "water.nrrd", water)
    names = [f"c{number:02d}" for number in range(CHESTS)]
    names = [*names[:3], "water", *names[:2:-1], "gone"]  # not sorted
    (folder / "list.txt").write_text("".join(f"{name}.nrrd\n" for name in names))
    return folder


def arguments(scans, run, out, *options):
    options = (*options, "--quiet", "--contributions", "--weights", run.path, "--out", out)
    return [str(a) for a in (scans / "list.txt", *options)]


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def undisturbed(scans, random_run, tmp_path_factory):
    """A folder with the tables of all scans by two workers."""
    folder = tmp_path_factory.mktemp("undisturbed")
    out = folder / "scores.csv"
    assert score_cohort.main(arguments(scans, random_run, out, "--workers", "2")) == 0
    return folder


def rows(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


# ---- what the tables say ----


def test_every_scan_has_a_row_in_the_order_of_the_list(undisturbed, scans):
    table = rows(undisturbed / "scores.csv")
    assert list(table[0]) == [
        *("scan_id", "fev1pp", "lungs_l", "laa950", "perc15", "slices", "mask"),
        *("warnings", "refused", "sentence"),
    ]
    assert [row["scan_id"] for row in table] == [job.scan_id for job in jobs_of(scans / "list.txt")]
    refused = {row["scan_id"]: row["refused"] for row in table if row["refused"]}
    assert refused == {"water": "no-lungs", "gone": "not-found"}
    for row in table:
        assert bool(row["fev1pp"]) != bool(row["refused"]) == bool(row["sentence"])
        assert all(bool(row[n]) == bool(row["fev1pp"]) for n in ("lungs_l", "slices", "mask"))
        assert ("phantom" in row["warnings"]) == bool(row["fev1pp"])
    assert len({row["fev1pp"] for row in table}) == CHESTS + 1


def test_a_row_is_what_score_scan_says_to_the_last_bit(undisturbed, scans, random_run, tmp_path):
    path = tmp_path / "c05.json"
    score_scan.main(
        [str(scans / "c05.nrrd"), "--weights", str(random_run.path), "--json", str(path), "--quiet"]
    )
    one = json.loads(path.read_text())
    (row,) = (row for row in rows(undisturbed / "scores.csv") if row["scan_id"] == "c05")
    target, lungs = one["targets"]["fev1pp"], one["lungs"]
    assert row["fev1pp"] == repr(target["score"])
    assert float(row["lungs_l"]) == lungs["volume_l"]
    assert float(row["laa950"]) == lungs["laa950_percent"]
    assert int(row["slices"]) == lungs["box"]["z1"] - lungs["box"]["z0"]
    assert row["mask"] == lungs["mask"] == "computed"
    slices = rows(undisturbed / "scores_contributions_fev1pp.csv")
    assert len(slices) == 16 * CHESTS
    assert [
        {"index": int(s["index"]), **{n: float(s[n]) for n in ("z_mm", "contribution")}}
        for s in slices
        if s["scan_id"] == "c05"
    ] == target["slices"]


def test_no_path_is_in_any_file_and_the_journal_is_gone(undisturbed, scans, random_run):
    assert sorted(tables(undisturbed)) == [
        *("scores.csv", "scores_contributions_fev1pp.csv", "scores_made_with.json")
    ]
    for content in tables(undisturbed).values():
        assert str(scans.parent).encode() not in content
        assert str(random_run.path).encode() not in content
    made = json.loads((undisturbed / "scores_made_with.json").read_text())
    assert made["weights_sha256"] == {"fev1pp": load_trained(random_run).weights_sha256}


def test_one_worker_gives_the_same_bits_and_shards_hold_their_part(
    undisturbed, scans, random_run, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    options = [str(scans / "list.txt"), "--weights", str(random_run.path), "--quiet"]
    assert score_cohort.main([*options, "--workers", "1", "--shard", "2/3"]) == 0
    part = (tmp_path / "scores_2of3.csv").read_bytes().splitlines()
    whole = (undisturbed / "scores.csv").read_bytes().splitlines()
    assert part == [whole[0], *whole[2::3]]


def test_a_shard_without_scans_is_a_table_without_rows(scans, random_run, tmp_path):
    out = tmp_path / "none.csv"
    assert score_cohort.main(arguments(scans, random_run, out, "--shard", "99/99")) == 0
    assert rows(out) == [] and out.read_text().startswith("scan_id,fev1pp,lungs_l,")


def test_masks_and_their_labels_come_from_a_csv(undisturbed, scans, random_run, tmp_path, capsys):
    lungs = make_chest(seed=5).lungs
    write_scan(tmp_path / "lobes.nrrd", np.where(lungs, 30, 1).astype(np.uint8))
    lines = [f"{name},{scans / 'c05.nrrd'},lobes.nrrd,{name[1:]}" for name in ("l30", "l31")]
    table = tmp_path / "t.csv"
    table.write_text("\n".join(["scan_id,path,mask,mask_labels", *lines]))
    options = ["--weights", str(random_run.path), "--workers", "1"]
    assert score_cohort.main([str(table), *options, "--out", str(tmp_path / "s.csv")]) == 0
    good, bad = rows(tmp_path / "s.csv")
    assert good["mask"] == "given" and float(good["fev1pp"])
    assert float(good["lungs_l"]) == pytest.approx(lungs.sum() * 7 * 2.6 * 2.6 / 1e6, abs=0.001)
    assert bad["refused"] == "mask-empty"
    out, err = capsys.readouterr()
    assert "scored   1\nrefused  1 (1 mask-empty)\n" in out
    assert "not a medical device" in out and "phantoms" in err


def test_every_format_in_a_folder_gives_the_same_numbers(random_run, tmp_path):
    study = tmp_path / "study"
    study.mkdir()
    chest = make_chest(seed=2)
    image = image_of(chest.hu, chest.spacing_mm, (-300.0, 0.0, 0.0))
    for kind, stem in (("mhd+raw", "a"), ("nii.gz", "b"), ("DICOM zip", "d")):
        write_format(study, kind, image, stem)
    shutil.rmtree(study / "d_dicom")
    write_dicom(study / "gap", image)[20].unlink()
    write_scan(study / "a_partialLungLabelMap.nrrd", chest.lungs.astype(np.uint8))
    options = ["--weights", str(random_run.path), "--contributions", "--quiet", "--workers", "1"]
    out = tmp_path / "s.csv"
    assert score_cohort.main([str(study), *options, "--out", str(out)]) == 0
    table = {row.pop("scan_id"): row for row in rows(out)}
    assert list(table) == ["a", "b", "d", "gap"]
    assert table["gap"]["refused"] == "missing-slices" and not table["gap"]["fev1pp"]
    assert table["a"]["fev1pp"] and table["a"] == table["b"] == table["d"]

    out = tmp_path / "uneven.csv"
    options += ["--allow-uneven", "--out", str(out)]
    assert score_cohort.main([str(study / "gap"), *options]) == 0
    (row,) = rows(out)
    assert row["scan_id"] == "gap" and row["fev1pp"] and "slice" in row["warnings"]
    for path in tmp_path.glob("*.*"):
        assert IDENTITY.encode() not in path.read_bytes()


# ---- what may happen on the way ----


def test_a_worker_that_finds_other_weights_or_versions_does_not_begin(random_run):
    expected = scored_with([load_trained(random_run)], "caffe", None)
    setup = ScoreSetup((str(random_run.path),), None, False, "", scored_with=expected)
    assert score_worker.begin(setup)
    for key, what in (("weights_sha256", "weights"), ("numpy", "numpy"), ("caffe", "Caffe")):
        other = setup._replace(scored_with=expected | {key: "other"})
        with pytest.raises(WeightsError, match=f"a worker process finds other {what}"):
            score_worker.begin(other)


def test_kill_9_at_any_moment_loses_nothing(undisturbed, scans, random_run, tmp_path):
    """Each time it goes on, it does only what is missing; no worker outlives it."""
    out = tmp_path / "out"
    out.mkdir()
    command = arguments(scans, random_run, out / "scores.csv", "--workers", "2", "--continue")
    journal = out / ".scores.csv.journal"
    kept, begun = b"", Counter()
    for number, (stops, scored) in enumerate(
        (
            (("c00", "c01"), 0),
            (("c02", "water"), 2),
            (("c09",), CHESTS + 1),  # all others
            (("before the table",), CHESTS + 2),
            (("after the table",), CHESTS + 2),
            ((), 0),
        )
    ):
        gate = Gate(tmp_path / f"gate{number}", *stops)
        with started(gate, GATED, *command) as process:
            at_work = gate.reached(process)
            wait_for(lambda: not stops or finished(journal) == scored, process)  # noqa: B023
            if stops:
                process.kill()
            _, err = process.communicate(timeout=LIMIT_S)
        assert (process.returncode, err) == (-signal.SIGKILL if stops else 0, "")
        wait_for(lambda: not any(map(running, at_work)))  # noqa: B023
        begun += Counter(name for name, _ in gate.passed())
        if stops:
            assert (out / "scores.csv").exists() == (stops == ("after the table",))
            assert journal.read_bytes().startswith(kept)
            kept = journal.read_bytes()
            with journal.open("ab") as file:
                file.write(b'{"scan_id": "c0')  # as if killed within a line
    twice = {"c00", "c01", "c02", "water", "c09"}
    tries = {job.scan_id: 1 + (job.scan_id in twice) for job in jobs_of(scans / "list.txt")}
    assert begun == tries | {"before the table": 3, "after the table": 2}
    assert tables(out) == tables(undisturbed)


def test_a_killed_worker_costs_no_row(undisturbed, scans, random_run, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    gate = Gate(tmp_path / "gate", "c05")
    with started(gate, GATED, *arguments(scans, random_run, out / "scores.csv")) as process:
        (victim,) = gate.reached(process)
        assert victim in workers_of(process.pid)
        os.kill(victim, signal.SIGKILL)
        gate.open()
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0
    assert [name for name, _ in gate.passed()].count("c05") == 2
    assert tables(out) == tables(undisturbed)


def test_ctrl_c_ends_with_130_and_says_how_to_go_on(scans, random_run, tmp_path):
    gate = Gate(tmp_path / "gate", "c01")
    command = arguments(scans, random_run, tmp_path / "scores.csv", "--workers", "1")
    with started(gate, GATED, *command) as process:
        (worker,) = gate.reached(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130
    assert err == "stopped by Ctrl-C; the same command with --continue goes on\n"
    assert finished(tmp_path / ".scores.csv.journal") == 1
    assert not running(worker)
