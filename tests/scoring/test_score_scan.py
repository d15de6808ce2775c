"""Scoring one scan: the JSON, the same bytes in every format, and what is refused."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chest import make_chest, write_scan

from pylayers.batch.stack import slice_indices
from pylayers.cohort.cohort import read_cohort
from pylayers.errors import UsageError, WeightsError
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools import score_scan
from tools.caffe_run.compute_engine import onednn_version
from tools.scoring import scan_result
from tools.scoring.chosen_runs import weights_note
from tools.scoring.predictions import mean_loss, predict_split, write_predictions
from tools.scoring.scored_crop import PHANTOM_WARNING
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe

BOTTOM_MM = -310.5


@pytest.fixture(scope="module")
def scans(chest, tmp_path_factory):
    """One chest in every format, its lungs as a CIP map, and a scan without lungs."""
    folder = tmp_path_factory.mktemp("scans")
    origin = (BOTTOM_MM, 12.0, -30.0)
    for suffix in ("mhd", "mha", "nrrd", "nii.gz"):
        write_scan(folder / f"chest.{suffix}", chest.hu, origin_mm=origin)
    write_scan(folder / "chest_float.nii.gz", chest.hu.astype(np.float32), origin_mm=origin)
    lobes = chest.lungs * 260
    write_scan(folder / "lungs.nrrd", lobes.astype(np.uint16), origin_mm=origin)
    water = np.random.default_rng(0).integers(-30, 30, (8, 40, 40), np.int16)
    write_scan(folder / "water.nrrd", water)
    return folder


def scored(scan, run, folder, *more):
    """The JSON of a scan scored by main()."""
    path = folder / "score.json"
    code = score_scan.main(
        [str(scan), "--weights", str(run.path), "--json", str(path), "--quiet", *map(str, more)]
    )
    assert code == 0
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def result(scans, random_run, tmp_path_factory):
    """The JSON of the chest as nrrd."""
    return scored(scans / "chest.nrrd", random_run, tmp_path_factory.mktemp("score"))


def test_the_json_has_the_promised_keys(result, random_run):
    assert set(result) == {
        "scan",
        "series",
        "targets",
        "lungs",
        "warnings",
        "refused",
        "versions",
        "timings_s",
    }
    assert (result["scan"], result["refused"]) == ("chest.nrrd", None)
    assert result["series"] is None
    assert result["versions"].get("onednn") == onednn_version()
    assert list(result["targets"]) == ["fev1pp"]
    target = result["targets"]["fev1pp"]
    assert set(target) == {"score", "slices", "weights_sha256"}
    assert target["weights_sha256"] == sha256(random_run.best_weights)
    assert all(set(s) == {"index", "z_mm", "contribution"} for s in target["slices"])
    assert any("phantom" in warning for warning in result["warnings"])


def test_the_score_is_the_mean_of_16_contributions(result):
    target = result["targets"]["fev1pp"]
    contributions = [s["contribution"] for s in target["slices"]]
    assert len(contributions) == 16
    assert np.ptp(contributions) > 0.1
    assert target["score"] == float(np.mean(contributions))


def test_slices_are_named_by_their_place_in_the_scan(result, scans):
    crop = crop_lungs(ScanRequest(scans / "chest.nrrd"))
    expected = crop.box.z0 + slice_indices(len(crop.hu), 16, 0.5)
    slices = result["targets"]["fev1pp"]["slices"]
    assert [s["index"] for s in slices] == expected.tolist()
    assert [s["z_mm"] for s in slices] == (BOTTOM_MM + 7.0 * expected).tolist()


def test_the_lungs_are_described(result, chest):
    lungs = result["lungs"]
    assert lungs["volume_l"] == pytest.approx(chest.lungs.sum() * 7 * 2.6 * 2.6 / 1e6, rel=0.01)
    assert 0 <= lungs["laa950_percent"] < 1
    assert lungs["mask"] == "computed"
    assert set(lungs["box"]) == {"z0", "z1", "y0", "y1", "x0", "x1"}


@pytest.mark.parametrize("name", ["chest.mhd", "chest.mha", "chest.nii.gz", "chest_float.nii.gz"])
def test_the_targets_are_the_same_bytes_in_every_format(name, result, scans, random_run, tmp_path):
    other = scored(scans / name, random_run, tmp_path)
    assert json.dumps(other["targets"]) == json.dumps(result["targets"])
    assert other["lungs"] == result["lungs"]


def test_a_given_mask_is_used(result, scans, random_run, tmp_path):
    other = scored(scans / "chest.nrrd", random_run, tmp_path, "--mask", scans / "lungs.nrrd")
    assert other["lungs"]["mask"] == "given"
    assert other["targets"]["fev1pp"]["score"] == pytest.approx(
        result["targets"]["fev1pp"]["score"], rel=0.2
    )


def test_mask_labels_choose_the_lungs(scans, chest, random_run, tmp_path):
    lobes = np.where(chest.lungs, 30, 1).astype(np.uint8)  # 1 is lung in CIP coding, here it is not
    write_scan(tmp_path / "lobes.nrrd", lobes, origin_mm=(BOTTOM_MM, 12.0, -30.0))
    mask = ("--mask", tmp_path / "lobes.nrrd", "--mask-labels", "30-34")
    named = scored(scans / "chest.nrrd", random_run, tmp_path, *mask)
    coded = scored(scans / "chest.nrrd", random_run, tmp_path, "--mask", scans / "lungs.nrrd")
    assert (named["targets"], named["lungs"]) == (coded["targets"], coded["lungs"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--mask-labels", "3"], "labels of --mask, which is not given"),
        (["--mask-labels", "3-x", "--mask", "m.nrrd"], "'3-x' are not numbers or ranges"),
        (["--mask-labels", " ", "--mask", "m.nrrd"], "--mask-labels is blank"),
    ],
)
def test_mask_labels_that_name_nothing_are_refused_before_any_work(options, says):
    with pytest.raises(UsageError, match=says):
        score_scan.main(["no-such-scan.mhd", *options])


def test_what_is_unusual_of_a_scan_is_said(scans, random_run, tmp_path, monkeypatch, capsys):
    requests = []

    def crop_of_a_series(request):
        requests.append(request)
        return replace(crop_lungs(request), series="1.2.3", warnings=("thick", "odd"))

    monkeypatch.setattr(scan_result, "crop_lungs", crop_of_a_series)
    choices = ("--series", "1.2.3", "--allow-uneven", "--json", str(tmp_path / "score.json"))
    scan = [str(scans / "chest.nrrd"), "--weights", str(random_run.path)]
    assert score_scan.main([*scan, *choices]) == 0
    scan_path = str(scans / "chest.nrrd")
    assert requests == [ScanRequest(scan_path, series="1.2.3", allow_uneven=True)]
    written = json.loads((tmp_path / "score.json").read_text())
    assert written["series"] == "1.2.3"
    assert written["warnings"] == ["thick", "odd", PHANTOM_WARNING]
    said = [
        "scored series 1.2.3",
        weights_note([load_trained(random_run)]),
        "thick",
        "odd",
        PHANTOM_WARNING,
        "research use, not a medical device",
    ]
    assert capsys.readouterr().err.splitlines() == [f"note: {sentence}" for sentence in said]
    assert score_scan.main([*scan, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_stdout_is_one_line_a_target_or_the_json(scans, random_run, result, capsys):
    arguments = [str(scans / "chest.nrrd"), "--weights", str(random_run.path)]
    assert score_scan.main([*arguments, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out == f"fev1pp\t{result['targets']['fev1pp']['score']:.1f} %\n"
    assert err == ""
    assert score_scan.main([*arguments, "--json", "-"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["targets"] == result["targets"]
    assert "not a medical device" in err and "phantom" in err


def test_the_figure_is_written(scans, random_run, tmp_path):
    scored(scans / "chest.nrrd", random_run, tmp_path, "--figure", tmp_path / "figure.png")
    content = (tmp_path / "figure.png").read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > 10_000


def test_a_refused_scan_exits_3_with_one_line_and_no_score(scans, random_run, run_tool, tmp_path):
    result = run_tool(
        "score_scan", scans / "water.nrrd", "--weights", random_run.path, "--json", "score.json"
    )
    assert result.returncode == 3
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("refused: no-lungs: ")
    written = json.loads((tmp_path / "score.json").read_text())
    assert written["targets"] == {}
    assert written["refused"]["slug"] == "no-lungs"
    assert line == f"refused: no-lungs: {written['refused']['sentence']}"


def test_a_mask_of_another_scan_is_refused(scans, random_run, tmp_path, capsys):
    write_scan(tmp_path / "mask.nrrd", np.ones((3, 4, 5), np.uint8))
    code = score_scan.main(
        [
            *(str(scans / "chest.nrrd"), "--weights", str(random_run.path)),
            *("--mask", str(tmp_path / "mask.nrrd"), "--json", "-"),
        ]
    )
    out, err = capsys.readouterr()
    assert code == 3
    assert json.loads(out)["refused"]["slug"] == "mask-grid"
    assert err.startswith("refused: mask-grid: ")


@pytest.fixture
def run_copy(random_run, tmp_path):
    """A run folder that may be damaged."""
    shutil.copytree(random_run.path, tmp_path / "copy")
    return RunFolder(tmp_path / "copy")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda run: run.best_weights.unlink(), "there is no .*best.caffemodel"),
        (lambda run: run.best_json.unlink(), "there is no .*best.json"),
        (lambda run: run.deploy.unlink(), "there is no .*deploy.prototxt"),
        (lambda run: run.best_weights.write_bytes(b"x" * 100), "not what best.json describes"),
        (lambda run: run.best_json.write_text("{"), "best.json is damaged"),
        (lambda run: run.best_json.write_text("{}"), "best.json is damaged"),
        (lambda run: run.best_json.write_text("[]"), "best.json is damaged"),
        (lambda run: run.deploy.write_text(run.deploy.read_text()[:900]), "is no net"),
        (lambda run: with_target(run, "fev9"), "unknown target 'fev9'"),
    ],
    ids=["no weights", "no json", "no net", "damaged", "cut", "empty", "list", "cut net", "target"],
)
def test_unusable_weights_are_said_so_before_the_scan_is_read(damage, says, run_copy):
    damage(run_copy)
    with pytest.raises(WeightsError, match=says):
        score_scan.main(["no-such-scan.mhd", "--weights", str(run_copy.path)])


def with_target(run, name):
    write_json(run.best_json, json.loads(run.best_json.read_text()) | {"target": name})


def test_damaged_weights_exit_4_without_a_traceback(run_copy, run_tool):
    with run_copy.best_weights.open("r+b") as file:
        file.seek(1000)
        file.write(b"\0" * 64)
    result = run_tool("score_scan", "a.mhd", "--weights", run_copy.path)
    assert result.returncode == 4
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and "Traceback" not in result.stderr


def test_two_runs_of_one_target_are_refused(scans, random_run):
    twice = [str(random_run.path)] * 2
    with pytest.raises(UsageError, match="two runs of one target"):
        score_scan.main([str(scans / "chest.nrrd"), "--weights", *twice])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--json", "none/score.json"], "--json none/score.json: there is no folder none"),
        (["--json", "/"], "--json /: is a folder"),
        (["--figure", "none/figure.png"], "--figure none/figure.png: there is no folder none"),
        (["--figure", "figure.xyz"], "figure.xyz does not end in .png"),
        (["--json", "a.png", "--figure", "./a.png"], "--figure ./a.png is another output, too"),
        (["--json", "scan.mhd"], "--json scan.mhd is an input; it would be overwritten"),
        (["--mask", "m.nrrd", "--json", "m.nrrd"], "--json m.nrrd is an input"),
    ],
)
def test_results_that_cannot_be_written_are_refused_before_any_work(
    options, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("scan.mhd", "m.nrrd"):
        (tmp_path / name).touch()
    with pytest.raises(UsageError, match=says):
        score_scan.main(["scan.mhd", *options])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.nrrd", "scan.mhd"]


def test_an_output_that_cannot_be_written_costs_no_other(scans, random_run, run_tool, tmp_path):
    (tmp_path / "full.png").symlink_to("/dev/full")
    done = run_tool(
        "score_scan",
        *(scans / "chest.nrrd", "--weights", random_run.path, "--quiet"),
        *("--json", "/dev/full", "--figure", "full.png", "--report", "report.html"),
    )
    assert done.returncode == 1
    assert done.stdout.startswith("fev1pp\t") and done.stdout.count("\n") == 1
    assert done.stderr == "error: /dev/full cannot be written: No space left on device\n"
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert (tmp_path / "full.png").is_symlink()


def test_a_closed_stdout_is_said_where_the_score_would_be_lost(scans, random_run, tmp_path):
    tool, out = Path(score_scan.__file__), tmp_path / "s.json"
    for options, code in (([], 2), (["--json", "-"], 2), (["--json", str(out)], 0)):
        arguments = [str(scans / "chest.nrrd"), "--weights", str(random_run.path), *options]
        shell = ["bash", "-c", 'exec "$@" >&-', "_", sys.executable, str(tool), *arguments]
        done = subprocess.run(shell, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert done.stderr.startswith("error: stdout is closed" if code else "note: ")
    assert json.loads(out.read_text())["targets"]


@pytest.mark.parametrize("device", ["cuda", "gpu:x", "gpu:-1", "CPU", "cpu:0"])
def test_an_unknown_device_is_refused(device):
    with pytest.raises(UsageError, match=f"--device '{device}' is not cpu, gpu or gpu:N"):
        score_scan.main(["a.mhd", "--device", device])


def test_several_targets_are_scored_at_once(scans, random_run, run_copy, tmp_path, result):
    with_target(run_copy, "ve")
    both = scored(
        scans / "chest.nrrd", random_run, tmp_path, "--weights", run_copy.path, random_run.path
    )
    assert set(both["targets"]) == {"ve", "fev1pp"}
    assert both["targets"]["fev1pp"] == result["targets"]["fev1pp"]
    ve, percent = (both["targets"][name]["score"] for name in ("ve", "fev1pp"))
    assert ve / 5 == pytest.approx(percent / 100)


# ---- the same scorer over a cohort ----


def test_a_splits_prediction_is_the_scans_own_score_to_the_bit(tiny_cohort, random_run, tmp_path):
    predictions = predict_split(load_trained(random_run), "test", quiet=True)
    scans = read_cohort(tiny_cohort).labelled("test", "fev1pp")
    assert [p.scan.scan_id for p in predictions] == [s.scan_id for s in scans]
    assert [p.truth for p in predictions] == [s.labels["fev1pp"] for s in scans]
    first = predictions[0]
    alone = scored(tiny_cohort.parent / f"{scans[0].scan_id}.mhd", random_run, tmp_path)
    target = alone["targets"]["fev1pp"]
    assert target["score"] == first.score
    assert [s["contribution"] for s in target["slices"]] == first.contributions.tolist()

    errors = np.array([p.score - p.truth for p in predictions]) / 100
    assert mean_loss(load_trained(random_run), predictions) == pytest.approx(np.mean(errors**2) / 2)
    write_predictions(tmp_path / "p.csv", predictions)
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "scan_id,truth,prediction"
    assert lines[1].split(",") == [first.scan.scan_id, repr(first.truth), repr(first.score)]


def test_a_slice_scores_the_same_in_every_company(random_run):
    """Contributions do not depend on the other slices of the stack."""
    hu = make_chest(seed=3).hu[8:36]
    scorer = Scorer(load_trained(random_run))
    whole = scorer.score(hu).contributions
    changed = hu.copy()
    index = slice_indices(len(hu), 16, 0.5)[7]
    changed[index] = -1000
    after = scorer.score(changed).contributions
    assert after[7] != whole[7]
    np.testing.assert_array_equal(np.delete(after, 7), np.delete(whole, 7))
