"""An empty path is wrong usage in every tool; pathlib would take it for the current folder."""

import importlib

import pytest

COHORT = ("tools.score_cohort", "list.txt")
CALLS = [
    ("tools.score_scan", ""),
    ("tools.score_scan", " "),
    ("tools.score_scan", "a.mha", "--mask", ""),
    ("tools.score_scan", "a.mha", "--weights", "runs/ve", ""),
    ("tools.score_scan", "a.mha", "--json="),
    ("tools.score_scan", "a.mha", "--figure", ""),
    ("tools.score_scan", "a.mha", "--report", ""),
    ("tools.score_cohort", ""),
    (*COHORT, "--out", ""),
    (*COHORT, "--weights", ""),
    ("tools.prepare_cohort", "", "--out", "c"),
    ("tools.prepare_cohort", "t.csv", "--out", ""),
    ("tools.split_cohort", ""),
    ("tools.train", "ve", "--cohort", ""),
    ("tools.train", "ve", "--cohort", "c", "--run", ""),
    ("tools.sweep_slices", "ve", "--cohort", ""),
    ("tools.sweep_slices", "ve", "--out", ""),
    ("tools.caffe_test", "ve", "--run", ""),
    ("tools.evaluate", "ve", "--run", ""),
    ("tools.make_report", "--runs", ""),
    ("tools.make_report", "--out", ""),
    ("tools.model_card", "--weights", ""),
    ("tools.model_card", "--out", ""),
    ("tools.grand_challenge", "--input", ""),
    ("tools.grand_challenge", "--output", ""),
    ("tools.grand_challenge", "--weights", ""),
    ("tools.serve_challenge", "--input", ""),
    ("tools.serve_challenge", "--output", ""),
    ("tools.benchmark", "--cohort", ""),
    ("tools.benchmark", "--json", ""),
    ("tools.gpu_check", "--cohort", ""),
    ("tools.gpu_check", "--cohort", "c", "--folder", ""),
    ("tools.summarise_demo", "--minutes", ""),
    ("data.copdgene.import_copdgene", "", "f", "--out", "o.csv"),
    ("data.copdgene.import_copdgene", "t", "", "--out", "o.csv"),
    ("data.copdgene.import_copdgene", "t", "f", "--out", ""),
    ("data.copdgene.import_copdgene", "t", "f", "--out", "o.csv", "--masks", ""),
    ("data.luna16.import_luna16", "", "--out", "o.csv"),
    ("data.luna16.import_luna16", "f", "--out", ""),
    ("data.luna16.import_luna16", "f", "--out", "o.csv", "--labels", ""),
    ("data.phantom.make_phantoms", "--out", ""),
]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_an_empty_path_is_a_usage_error(call, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tool, *arguments = call
    with pytest.raises(SystemExit) as caught:
        importlib.import_module(tool).main(arguments)
    assert caught.value.code == 2
    assert "the path is empty" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
