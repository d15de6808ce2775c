"""An own target is trained, tested by Caffe and scored like the paper's three."""

import csv
import json
import shutil

import pytest
from own_cohort import DECLARATION, age_of

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.cohort.cohort import read_cohort, write_rows
from pylayers.errors import CohortError, UsageError
from tools import caffe_test, score_scan, train
from tools.training.run_folder import RunFolder
from tools.training.run_prototxt import write_prototxts
from tools.training.schedules import Schedule

pytestmark = pytest.mark.caffe

SHORT = [
    *("--schedule", "demo", "--slices", "2", "--batch", "2"),
    *("--iterations", "4", "--interval", "2", "--gpu", "none", "--quiet"),
]


def train_in(folder, cohort, *more, target="age") -> RunFolder:
    train.main([str(word) for word in (target, "--cohort", cohort, "--run", folder, *SHORT, *more)])
    return RunFolder(folder)


@pytest.fixture
def cohort(own_cohort, tmp_path):
    """A copy of the cohort."""
    shutil.copytree(own_cohort, tmp_path / "cohort")
    return tmp_path / "cohort"


def test_the_network_sees_labels_in_the_declared_unit_and_starts_at_their_mean(
    own_cohort, tmp_path
):
    params = LayerParams(str(own_cohort), "train", "age", 1, 1, 1)
    loader = Loader(params, train=False)
    ages = [age_of(scan) for scan in loader.scan_ids]
    assert loader.labels == pytest.approx([age / 60 for age in ages], rel=1e-6)
    run = RunFolder(tmp_path / "run")
    run.snapshots.mkdir(parents=True)
    write_prototxts(run, read_cohort(own_cohort), "age", Schedule(), seed=1, gpu=None)
    start = float(run.net.read_text().split("bias_filler")[-1].split("value:")[1].split()[0])
    assert start == pytest.approx(sum(ages) / len(ages) / 60, rel=1e-6)


def test_a_name_that_the_cohort_lacks_stops_with_its_list(own_cohort, tmp_path):
    listed = "'size' is not known; it is one of ve, fev1fvc, fev1pp, age"
    with pytest.raises(UsageError, match=listed):
        train_in(tmp_path / "run", own_cohort, target="size")
    with pytest.raises(UsageError, match=listed):
        Loader(LayerParams(str(own_cohort), "train", "size", 1, 1, 1), train=True)
    assert not (tmp_path / "run").exists()


def test_labels_that_are_all_the_same_are_refused_before_anything_is_trained(cohort, tmp_path):
    with (cohort / "cohort.csv").open(newline="") as file:
        rows = [row | {"age": 50} for row in csv.DictReader(file)]
    write_rows(cohort / "cohort.csv", rows)
    with pytest.raises(CohortError, match="age in split train: all 10 labels are 50"):
        train_in(tmp_path / "run", cohort)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_it_is_trained_tested_by_caffe_and_scores_without_its_cohort(
    cohort, tiny_cohort, tmp_path, capsys
):
    run = train_in(tmp_path / "run", cohort)
    best = json.loads(run.best_json.read_text())
    assert best["target"] == "age" and best["declared"]["unit"] == "years"
    assert json.loads(run.run_json.read_text())["declared"] == best["declared"]

    caffe_test.main(["age", "--run", str(run.path), "--gpu", "none", "--quiet"])
    tested = json.loads(run.test_json.read_text())  # Caffe's loss is in network units
    assert tested["test_loss"] == pytest.approx(tested["test_loss_from_predictions"], abs=1e-5)

    (cohort / "targets.csv").write_text(DECLARATION.replace(",60,", ",80,"))
    with pytest.raises(CohortError, match=r"another network_unit for age than .* put back 60"):
        caffe_test.main(["age", "--run", str(run.path), "--gpu", "none", "--quiet"])
    with pytest.raises(UsageError, match=r"its declaration in targets\.csv differs"):
        train_in(run.path, cohort)

    shutil.rmtree(cohort)
    capsys.readouterr()
    scan = tiny_cohort.parent / "c03.mhd"
    assert score_scan.main([str(scan), "--weights", str(run.path), "--quiet"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("age\t") and out.endswith(" years\n")
