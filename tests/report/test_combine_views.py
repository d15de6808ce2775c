"""combine_views: three evaluated runs, their mean and weights from validation, and refusals."""

import csv
import json
import os

import numpy as np
import pytest
from scipy.stats import spearmanr
from stored_cohort import make_stored_cohort

from pylayers.batch.variants import PLAIN, VARIANTS
from pylayers.cohort.cohort import write_rows
from pylayers.errors import CohortError, UsageError
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from tools import combine_views
from tools.training.run_folder import RunFolder
from tools.training.run_prototxt import write_prototxts
from tools.training.schedules import Schedule

SPREAD = {"": 0.05, "coronal": 0.05, "sagittal": 0.2}  # of the predictions about the truth


@pytest.fixture
def runs(tmp_path):
    """A folder with three evaluated runs of fev1fvc on one cohort."""
    splits = {"train": 4, "val": 40, "test": 60}
    cohort = make_stored_cohort(tmp_path / "cohort", splits)
    for number, (variant, spread) in enumerate(SPREAD.items()):
        name = f"fev1fvc-{variant}" if variant else "fev1fvc"
        run = RunFolder(tmp_path / "runs" / name)
        run.path.mkdir(parents=True)
        write_prototxts(run, cohort, "fev1fvc", Schedule(), 1, None, VARIANTS[variant])
        run.best_weights.write_bytes(variant.encode())
        facts = {"target": "fev1fvc", "weights_sha256": sha256(run.best_weights)}
        write_json(run.best_json, facts | ({"variant": variant} if variant else {}))
        rng = np.random.default_rng(number)
        for split in ("val", "test"):
            scans = list(cohort.labelled(split, "fev1fvc"))
            rng.shuffle(scans)  # joined by scan_id
            rows = []
            for scan in scans:
                truth = scan.labels["fev1fvc"]
                prediction = truth + rng.normal(0, spread)
                rows.append(
                    {
                        "scan_id": scan.scan_id,
                        "truth": repr(truth),
                        "prediction": repr(prediction),
                    }
                )
            write_rows(run.predictions(split), rows)
    return tmp_path / "runs"


def combined(runs, *options):
    combine_views.main(["fev1fvc", "--run", str(runs), *options])
    with (runs / "fev1fvc" / "combined_views_test.csv").open() as file:
        table = [{k: v if k == "scan_id" else float(v) for k, v in r.items()}
                 for r in csv.DictReader(file)]  # fmt: skip
    return json.loads((runs / "fev1fvc" / "combined_views.json").read_text()), table


def predictions(runs, name, split):
    with RunFolder(runs / name).predictions(split).open() as file:
        return {row["scan_id"]: float(row["prediction"]) for row in csv.DictReader(file)}


NAMES = ("fev1fvc", "fev1fvc-coronal", "fev1fvc-sagittal")


def test_the_mean_and_the_weighted_sum_are_those_of_the_three(runs):
    record, table = combined(runs, "--quiet")
    three = [predictions(runs, name, "test") for name in NAMES]
    weights = [record["weights"][view] for view in ("axial", "coronal", "sagittal")]
    for row in table:
        own = [one[row["scan_id"]] for one in three]
        assert [row["axial"], row["coronal"], row["sagittal"]] == own
        assert row["mean"] == pytest.approx(np.mean(own))
        assert row["linear"] == pytest.approx(record["intercept"] + np.dot(weights, own))
    assert min(weights) >= 0 and weights[2] < min(weights[:2])  # the third is worst
    assert record["weights_sha256"]["coronal"] == sha256(RunFolder(runs / NAMES[1]).best_weights)


def test_weights_come_from_validation_alone(runs):
    before, _ = combined(runs, "--quiet")
    path = RunFolder(runs / "fev1fvc-coronal").predictions("test")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    write_rows(path, [row | {"prediction": "0.5"} for row in rows[:30]] + rows[30:])
    after, _ = combined(runs, "--quiet")
    assert after["weights"] == before["weights"] and after["intercept"] == before["intercept"]
    assert after["test"]["coronal"]["rho"] != before["test"]["coronal"]["rho"]


def test_the_gain_is_told_with_its_interval_and_probability(runs, capsys):
    record, table = combined(runs)
    truth = [row["truth"] for row in table]
    rhos = {n: spearmanr(truth, [row[n] for row in table])[0] for n in record["test"]}
    for name, found in record["test"].items():
        assert found["rho"]["value"] == pytest.approx(rhos[name])
        error = np.abs([row[name] - row["truth"] for row in table])
        assert found["mae"]["value"] == pytest.approx(error.mean())
        if name == "axial":
            assert set(found) == {"rho", "mae"}
            continue
        gain = found["gain"]
        assert gain["value"] == pytest.approx(rhos[name] - rhos["axial"])
        assert gain["low"] < gain["value"] < gain["high"]
        assert 0 <= found["better"] <= 1
    assert record["test"]["linear"]["better"] > 0.9  # two independent errors are averaged
    assert record["test"]["sagittal"]["better"] < 0.01
    printed = capsys.readouterr().out
    assert "60 test scans" in printed and "fitted on 40 validation scans" in printed
    assert all(f"\n{name} " in printed for name in record["test"])


def test_a_missing_run_or_evaluation_is_said(runs):
    RunFolder(runs / "fev1fvc-sagittal").predictions("val").unlink()
    with pytest.raises(CohortError, match=r"predictions_val\.csv; run `make evaluate TARGET=fev1f"):
        combined(runs)


def test_predictions_older_than_the_weights_are_not_combined(runs):
    run = RunFolder(runs / "fev1fvc-coronal")
    later = run.predictions("val").stat().st_mtime + 10
    os.utime(run.best_json, (later, later))
    with pytest.raises(CohortError, match="are older than its weights; run `make evaluate"):
        combined(runs)


@pytest.mark.parametrize("change", ["fewer", "label"])
def test_other_scans_or_labels_are_not_combined(change, runs):
    path = RunFolder(runs / "fev1fvc-coronal").predictions("test")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    rows = rows[1:] if change == "fewer" else [rows[0] | {"truth": "0.123"}, *rows[1:]]
    write_rows(path, rows)
    with pytest.raises(CohortError, match="was evaluated on other scans or labels than the axial"):
        combined(runs)


def test_a_folder_with_another_network_is_refused(runs):
    run = RunFolder(runs / "fev1fvc-coronal")
    write_json(run.best_json, json.loads(run.best_json.read_text()) | {"variant": PLAIN.name})
    with pytest.raises(UsageError, match="is the paper's network, not the variant coronal"):
        combined(runs)
    assert not (runs / "fev1fvc" / "combined_views.json").exists()
