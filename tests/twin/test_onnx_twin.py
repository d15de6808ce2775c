"""The ONNX twin: Caffe's scores without Caffe, from one file that says what it is."""

import json
import shutil

import numpy as np
import onnx
import pytest

from pylayers.errors import UsageError, WeightsError
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools import export_onnx, score_cohort, score_scan
from tools.scoring.engines import CAFFE, ONNX, engine_of, load_runs
from tools.scoring.scan_scorer import load_scorer
from tools.scoring.scorer import Scorer
from tools.training.run_folder import RunFolder
from tools.twin.onnx_network import KEY, OnnxNetwork

pytestmark = pytest.mark.caffe
CLOSE = 1e-5  # relative


@pytest.fixture(scope="module")
def twin_run(random_run, tmp_path_factory):
    """A run with its twin."""
    folder = tmp_path_factory.mktemp("twin") / "fev1pp"
    shutil.copytree(random_run.path, folder)
    export_onnx.main(["fev1pp", "--run", str(folder)])
    return RunFolder(folder)


@pytest.fixture
def alone(twin_run, tmp_path):
    """The twin alone, under another name."""
    shutil.copy(twin_run.twin, tmp_path / "mine.onnx")
    return tmp_path / "mine.onnx"


def scorer_of(run, engine):
    return Scorer(load_runs([run], engine)[0])


@pytest.mark.parametrize("name", ["c01", "c03", "c05"])
def test_a_phantoms_slices_have_caffes_scores(name, twin_run, tiny_cohort):
    hu = crop_lungs(ScanRequest(tiny_cohort.parent / f"{name}.mhd")).hu
    ours, theirs = (scorer_of(twin_run, engine).score(hu) for engine in (CAFFE, ONNX))
    np.testing.assert_allclose(theirs.contributions, ours.contributions, rtol=CLOSE)
    assert np.ptp(ours.contributions) > 100 * CLOSE * abs(ours.score)  # slices differ by more


def test_any_number_of_slices_goes_in(twin_run):
    rng = np.random.default_rng(5)
    stack = rng.uniform(-0.75, 0.75, (7, 1, 512, 512)).astype(np.float32)
    network = OnnxNetwork(twin_run.twin)
    whole = network.forward(stack)
    assert whole.shape == (7, 1)
    for count in (1, 3, 7):
        np.testing.assert_allclose(network.forward(stack[:count]), whole[:count], rtol=CLOSE)


def test_the_file_is_valid_and_says_what_it_is(twin_run):
    model = onnx.load(twin_run.twin)
    onnx.checker.check_model(model, full_check=True)
    props = {entry.key: entry.value for entry in model.metadata_props}
    facts, best = json.loads(props[KEY]), json.loads(twin_run.best_json.read_text())
    assert facts["best"]["weights_sha256"] == best["weights_sha256"]
    assert facts["best"]["trained_on"] == best["trained_on"]
    assert facts["network_unit"] == 100.0 and facts["unit"] == "%"
    assert "not a medical device" in props["use"] and "BSD" in props["licence"]
    assert str(twin_run.path.parent) not in model.SerializeToString().decode("latin-1")


def test_the_file_alone_scores(alone, twin_run, tiny_cohort, tmp_path, capsys):
    scan = tiny_cohort.parent / "c03.mhd"
    results = {}
    for name, weights in (("caffe", twin_run.path), ("onnx", alone)):
        path = tmp_path / f"{name}.json"
        score_scan.main([str(scan), "--weights", str(weights), "--json", str(path)])
        results[name] = json.loads(path.read_text())
    ours, theirs = (results[name]["targets"]["fev1pp"] for name in ("caffe", "onnx"))
    assert theirs["score"] == pytest.approx(ours["score"], rel=CLOSE)
    assert theirs["weights_sha256"] == ours["weights_sha256"]
    assert results["onnx"]["lungs"] == results["caffe"]["lungs"]
    assert results["onnx"]["warnings"] == results["caffe"]["warnings"]
    assert "onnxruntime" in results["onnx"]["versions"]
    assert "caffe" not in results["onnx"]["versions"]
    assert f"weights of {alone}, trained on the phantoms" in capsys.readouterr().err


def test_from_python_and_of_a_list_the_number_is_the_same(alone, tiny_cohort, tmp_path):
    scan = tiny_cohort.parent / "c03.mhd"
    number = load_scorer(alone).score(scan).value
    (tmp_path / "list.txt").write_text(f"{scan}\n")
    options = ["--weights", str(alone), "--out", str(tmp_path / "s.csv"), "--quiet"]
    assert score_cohort.main([str(tmp_path / "list.txt"), *options]) == 0
    header, row = (tmp_path / "s.csv").read_text().splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=False))["fev1pp"] == repr(number)


def test_the_engine_follows_from_what_is_there(twin_run, alone, tmp_path):
    assert engine_of(None, [twin_run], None) == CAFFE
    assert engine_of(None, [RunFolder.at(alone)], None) == ONNX
    shutil.copy(alone, tmp_path / "model.onnx")
    assert engine_of(None, [RunFolder(tmp_path)], None) == ONNX
    with pytest.raises(UsageError, match="computes on the CPU"):
        engine_of(ONNX, [twin_run], 0)


def test_a_run_that_was_not_exported_is_named(random_run, tiny_cohort):
    with pytest.raises(WeightsError, match=r"no .*model\.onnx .*`make export TARGET"):
        score_scan.main(
            [
                str(tiny_cohort.parent / "c03.mhd"),
                "--weights",
                str(random_run.path),
                "--engine=onnx",
            ]
        )


def spoilt(kind: str, content: bytes) -> bytes:
    if kind == "cut off":
        return content[: len(content) // 2]
    if kind == "no model":
        return b"fev1pp 0.7\n"
    model = onnx.load_from_string(content)
    props = {entry.key: entry.value for entry in model.metadata_props}
    facts = json.loads(props[KEY])
    if kind == "anyone's model":
        props = {}
    elif kind == "facts that are none":
        props[KEY] = "[1, 2"
    elif kind == "another unit":
        props[KEY] = json.dumps(facts | {"network_unit": 1.0})
    elif kind == "an unknown target":
        props[KEY] = json.dumps(facts | {"best": facts["best"] | {"target": "age"}})
    elif kind == "damaged sizes":
        props[KEY] = json.dumps(facts | {"best": facts["best"] | {"trained_on": {"scans": 1}}})
    elif kind == "no slices":
        props[KEY] = json.dumps(facts | {"slices": -1})
    elif kind == "another input":
        model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 511
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, props)
    return model.SerializeToString()


@pytest.mark.parametrize(
    "kind",
    [
        "cut off", "no model", "anyone's model", "facts that are none", "another unit",
        "an unknown target", "damaged sizes", "no slices", "another input",
    ],
)  # fmt: skip
def test_what_is_no_twin_is_refused_in_a_line(kind, alone, tiny_cohort, capsys):
    alone.write_bytes(spoilt(kind, alone.read_bytes()))
    with pytest.raises(WeightsError) as caught:
        score_scan.main([str(tiny_cohort.parent / "c03.mhd"), "--weights", str(alone)])
    assert "mine.onnx" in str(caught.value) and "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_two_twins_of_one_target_are_refused(alone, twin_run, tiny_cohort):
    with pytest.raises(UsageError, match="two runs of one target, fev1pp"):
        score_scan.main(
            ["--weights", str(alone), str(twin_run.twin), "--", str(tiny_cohort.parent / "c03.mhd")]
        )


def test_the_page_needs_caffe(alone, tiny_cohort, tmp_path):
    with pytest.raises(UsageError, match="--report draws maps"):
        score_scan.main(
            [
                str(tiny_cohort.parent / "c03.mhd"),
                f"--report={tmp_path}/p.html",
                f"--weights={alone}",
            ]
        )


def test_a_folder_to_hand_on_has_a_note_and_a_card(twin_run, tmp_path):
    export_onnx.main(["fev1pp", "--run", str(twin_run.path), "--out", str(tmp_path / "gift")])
    assert {p.name for p in (tmp_path / "gift").iterdir()} == {
        "model.onnx", "README.txt", "meta.json",
    }  # fmt: skip
    assert (tmp_path / "gift" / "model.onnx").read_bytes() == twin_run.twin.read_bytes()
    note = (tmp_path / "gift" / "README.txt").read_text()
    assert "requirements-score.txt" in note and "not a medical device" in note


def test_a_twin_that_computes_something_else_is_not_written(twin_run, tmp_path, monkeypatch):
    from pylayers.errors import MachineError
    from tools.twin import write_twin

    monkeypatch.setattr(write_twin, "relative_difference", lambda one, other: 2e-5)
    with pytest.raises(MachineError, match="differ from Caffe's by 2e-05"):
        export_onnx.main(["fev1pp", "--run", str(twin_run.path), "--out", str(tmp_path)])
    assert not (tmp_path / "model.onnx").exists()


def test_a_table_is_of_one_engine(twin_run, tiny_cohort, tmp_path):
    (tmp_path / "list.txt").write_text(f"{tiny_cohort.parent / 'c03.mhd'}\n")
    options = [str(tmp_path / "list.txt"), "--weights", str(twin_run.path), "--quiet"]
    options += ["--out", str(tmp_path / "s.csv")]
    assert score_cohort.main([*options, "--engine", "onnx"]) == 0
    with pytest.raises(UsageError, match="--engine"):
        score_cohort.main([*options, "--continue"])
