"""The end of the demo: its numbers from a run whose predictions are made up."""

import json
import re

import numpy as np
import pytest
from scipy.stats import spearmanr
from stored_cohort import make_stored_cohort

from pylayers.cohort.cohort import write_rows
from pylayers.errors import CohortError
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from tools import summarise_demo
from tools.training.run_folder import RunFolder

COUNT = 30


@pytest.fixture
def demo(tmp_path):
    """A tested run, its cohort and the steps' seconds; the columns of its test scans, too."""
    rng = np.random.default_rng(4)
    cohort = make_stored_cohort(tmp_path / "cohort", {"train": 20, "val": 8, "test": COUNT})
    tested = cohort.labelled("test", "fev1fvc")
    names = [scan.scan_id for scan in tested]
    columns = {
        name: np.array([float(scan.row[name]) for scan in tested])
        for name in ("fev1fvc", "fev1fvc_noise_free", "laa950", "perc15")
    }
    columns["prediction"] = columns["fev1fvc"] + 0.1 * rng.normal(size=COUNT)

    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.deploy.touch()
    run.best_weights.write_bytes(b"weights")
    best = {"target": "fev1fvc", "iteration": 40, "iterations": 120}
    best |= {"cohort": str(tmp_path / "cohort"), "weights_sha256": sha256(run.best_weights)}
    write_json(run.best_json, best)
    write_json(run.test_json, {"test_loss": 0.0123})
    order = rng.permutation(COUNT)  # rows are joined by scan_id, not by place
    write_rows(
        run.predictions("test"),
        [
            {
                "scan_id": names[i],
                "truth": repr(float(columns["fev1fvc"][i])),
                "prediction": repr(float(columns["prediction"][i])),
            }
            for i in order
        ],
    )
    (tmp_path / "minutes").mkdir()
    (tmp_path / "minutes" / "1_phantoms.seconds").write_text("90\n")
    (tmp_path / "minutes" / "2_train.seconds").write_text("330\n")
    return tmp_path, run, columns


def summarise(folder, run):
    summarise_demo.main(["--run", str(run.path), "--minutes", str(folder / "minutes")])
    return json.loads((run.path / "demo.json").read_text())


def test_correlations_are_those_with_the_measured_label(demo, capsys):
    folder, run, columns = demo
    summary = summarise(folder, run)
    out = capsys.readouterr().out
    for key, name, sign in (
        ("rho", "prediction", 1),
        ("laa950_rho", "laa950", -1),
        ("ceiling_rho", "fev1fvc_noise_free", 1),
    ):
        expected = sign * spearmanr(columns[name], columns["fev1fvc"]).statistic
        assert summary[key] == pytest.approx(expected)
        assert f" {summary[key]:.2f}" in out
    densities = summary["densities"]
    assert densities["LAA-950"] == summary["laa950_rho"]
    expected = abs(spearmanr(columns["perc15"], columns["fev1fvc"]).statistic)
    assert densities["Perc15"] == pytest.approx(expected)
    for name in ("mean lung density", "Perc15, sponge model", "coarse linear model"):
        assert 0.5 < densities[name] <= 1
        assert re.search(rf"{name} +{densities[name]:.2f}$", out, re.MULTILINE)
    assert summary["rho_low"] < summary["rho"] < summary["rho_high"]


def test_counts_times_and_losses_are_the_runs(demo, capsys):
    folder, run, _ = demo
    summary = summarise(folder, run)
    assert summary["n_test"] == COUNT
    assert (summary["iterations"], summary["best_iteration"]) == (120, 40)
    assert summary["test_loss"] == 0.0123
    assert summary["minutes_by_step"] == {"phantoms": 1.5, "train": 5.5}
    assert summary["minutes"] == 7.0
    out = capsys.readouterr().out
    assert "say nothing about patients" in out and "not a medical device" in out
    assert f"on {COUNT} held-out phantoms" in out


def test_a_cohort_that_is_no_phantoms_is_said_so(demo):
    folder, run, _ = demo
    table = folder / "cohort" / "cohort.csv"
    table.write_text(table.read_text().replace("fev1fvc_noise_free", "other"))
    with pytest.raises(CohortError, match="lacks fev1fvc_noise_free"):
        summarise(folder, run)
