"""The model card says what the run folder knows, and nothing else."""

import json
import shutil

import pytest

from tools import evaluate, model_card
from tools.training.run_folder import RunFolder
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe


@pytest.fixture
def card_of(random_run, tmp_path):
    shutil.copytree(random_run.path, tmp_path / "fev1pp")

    def make(evaluated=False):
        run = RunFolder(tmp_path / "fev1pp")
        if evaluated:
            evaluate.main(["fev1pp", "--run", str(run.path), "--gpu", "none", "--quiet"])
        out = tmp_path / "meta.json"
        model_card.main(["--weights", str(run.path), "--out", str(out)])
        return load_trained(run).best, json.loads(out.read_text())

    return make


def test_an_evaluated_run_is_described_with_its_numbers(card_of, capsys):
    best, card = card_of(evaluated=True)
    (table,) = card["info"]["evaluation"]["tables"]
    assert table["label"] == "FEV1 % predicted"
    assert table["entries"]["scans"] == "3" and table["entries"]["Spearman's rho"]
    assert table["entries"]["mean absolute error"].endswith(" %")
    assert card["summary"]["data"]["evaluation"]["vol_samples"] == 3
    assert best["weights_sha256"][:12] in card["details"]["version"]
    assert "not a medical device" in card["info"]["use"]["text"]
    seen = card["info"]["training"]["tables"][1]
    assert seen["label"] == "Training scans: FEV1 % predicted"
    assert seen["entries"]["pixels"] == "0.3 to 3 mm, median 0.7 mm"
    assert seen["entries"]["kernels"] == "soft (6), sharp (4)"
    assert card["summary"]["data"]["training"]["vol_samples"] == 10
    assert "phantoms" in card["info"]["training"]["text"]
    assert [output["label"] for output in card["summary"]["outputs"]] == ["FEV1 % predicted"]


def test_the_same_weights_give_the_same_card_and_others_another(card_of, tmp_path):
    _, first = card_of()
    assert first["info"]["evaluation"]["tables"][0]["entries"] == {"scans": "not evaluated"}
    assert card_of()[1] == first
    weights = tmp_path / "fev1pp" / "best.caffemodel"
    weights.write_bytes(weights.read_bytes() + b"\0\0")
    best = json.loads((tmp_path / "fev1pp" / "best.json").read_text())
    from pylayers.files.file_hash import sha256
    from pylayers.files.whole_file import write_json

    write_json(tmp_path / "fev1pp" / "best.json", best | {"weights_sha256": sha256(weights)})
    assert card_of()[1]["id"] != first["id"]
