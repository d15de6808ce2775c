"""Which engine is built: oneDNN's layers where its headers are, else Caffe's own."""

import pytest

from tools.caffe_build import build_caffe, cache_key, onednn_plugin
from tools.caffe_build.onednn_plugin import CAFFE, ONEDNN, EngineError, choose


@pytest.fixture
def without_headers(monkeypatch):
    monkeypatch.setattr(cache_key, "COMPILER", "false")


@pytest.fixture
def with_headers(monkeypatch):
    monkeypatch.setattr(cache_key, "COMPILER", "true")


def test_onednn_is_taken_where_it_is(with_headers, capsys):
    assert choose(None) == choose(ONEDNN) == ONEDNN
    assert choose(CAFFE) == CAFFE
    assert capsys.readouterr().out == ""


def test_without_it_caffes_own_layers_are_built_and_it_is_said(without_headers, capsys):
    assert choose(None) == CAFFE
    out = capsys.readouterr().out
    assert "(the package libdnnl-dev), so Caffe's own layers" in out and out.count("\n") == 1
    assert choose(CAFFE) == CAFFE
    assert capsys.readouterr().out == ""


def test_a_machine_without_a_compiler_is_one_without_headers(monkeypatch):
    monkeypatch.setattr(cache_key, "COMPILER", "no-such-compiler")
    assert choose(None) == CAFFE


def test_asked_for_and_missing_is_wrong_usage(without_headers, capsys):
    with pytest.raises(EngineError, match="libdnnl-dev"):
        choose(ONEDNN)
    assert build_caffe.main(["--engine", "onednn"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "`make setup ENGINE=caffe` does without" in err


def test_the_builds_of_both_engines_lie_side_by_side_in_the_cache():
    keys = {cache_key.key_of(onednn_plugin.inputs(engine)) for engine in (ONEDNN, CAFFE)}
    assert len(keys) == 2
    assert "convolution_layer.cpp" in onednn_plugin.inputs(ONEDNN)["onednn_files"]


def test_a_build_of_before_had_caffes_own_layers():
    assert onednn_plugin.of_record({"cuda": False}) == CAFFE
