"""The nets of two scans: one trunk for both, whose pairs of slices score as the whole does."""

import numpy as np
import pytest
from conftest import ROOT, fill_randomly
from google.protobuf import text_format

from pylayers.batch.variants import VARIANTS
from tools.caffe_run.caffe_install import import_caffe
from tools.training.run_prototxt import FUSION

caffe = import_caffe()
pytestmark = pytest.mark.caffe
FOLDER = ROOT / "prototxt" / "two_scans"


def message(name):
    return text_format.Parse((FOLDER / name).read_text(), caffe.proto.caffe_pb2.NetParameter())


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    """The net for training, in TEST, with its data fed by hand (2 subjects), and deploy."""
    fed = message("train_test.prototxt")
    kept = [layer for layer in fed.layer if layer.type != "Python"]
    del fed.layer[:]
    for name, shape in (("data", (64, 1, 512, 512)), ("label", (2, 1))):
        layer = fed.layer.add(name=name, type="Input", top=[name])
        layer.input_param.shape.add(dim=shape)
    fed.layer.extend(kept)
    path = tmp_path_factory.mktemp("net") / "fed.prototxt"
    path.write_text(text_format.MessageToString(fed))
    caffe.set_mode_cpu()
    whole = caffe.Net(str(path), caffe.TEST)
    deploy = caffe.Net(str(FOLDER / "deploy.prototxt"), caffe.TEST)
    fill_randomly(whole, seed=11)
    for name, blobs in whole.params.items():
        for blob, twin in zip(blobs, deploy.params[name], strict=True):
            twin.data[...] = blob.data
    return whole, deploy


@pytest.mark.slow
def test_a_scores_is_the_mean_over_pairs_of_slices(nets):
    whole, deploy = nets
    data = np.random.default_rng(2).uniform(-0.75, 0.75, (64, 1, 512, 512)).astype(np.float32)
    data *= np.linspace(0.2, 1.0, 64, dtype=np.float32).reshape(64, 1, 1, 1)
    whole.blobs["data"].data[...] = data
    whole.blobs["label"].data[...] = 0
    whole.forward()
    scores = whole.blobs["fc7"].data[:, 0]
    assert abs(scores[0] - scores[1]) > 1e-3
    subjects = data.reshape(2, 2, 16, 1, 512, 512)
    for subject, score in zip(subjects, scores, strict=True):
        # rows of deploy: the i-th slice of the first, then the i-th of the second
        deploy.blobs["data"].data[...] = subject.swapaxes(0, 1).reshape(32, 1, 512, 512)
        pairs = deploy.forward()["fc7"][:, 0].astype(np.float64)
        assert pairs.shape == (16,) and pairs.std() > 1e-4
        assert pairs.mean() == pytest.approx(score, abs=1e-5)


def test_first_and_second_are_told_apart_by_the_concatenation(nets):
    whole, _ = nets
    assert whole.blobs["sum"].data.shape == (4, 1, 1, 1024)
    assert whole.blobs["pair"].data.shape == (2, 2048)
    whole.blobs["sum"].data[...] = np.arange(4).reshape(4, 1, 1, 1)
    whole.forward(start="pair", end="pair")
    expected = np.repeat([[0, 1], [2, 3]], 1024, axis=1)
    np.testing.assert_array_equal(whole.blobs["pair"].data, expected)


def test_deploy_is_the_trained_net_without_the_mean():
    def layers(name):
        own = message(name).layer
        return {x.name: x for x in own if x.type not in ("Python", "Input")}

    trained, deploy = layers("train_test.prototxt"), layers("deploy.prototxt")
    assert [n for n in trained if n not in (*FUSION, "drop6", "loss")] == list(deploy)
    for name, twin in deploy.items():
        layer = trained[name]
        layer.ClearField("param")
        for kind in ("convolution_param", "inner_product_param"):
            if layer.HasField(kind):
                getattr(layer, kind).ClearField("weight_filler")
                getattr(layer, kind).ClearField("bias_filler")
        if name == "pair":
            assert (list(layer.bottom), list(twin.bottom)) == (["sum"], ["conv5"])
            layer.bottom[0] = "conv5"
        assert layer == twin, name


def test_both_variants_share_the_nets():
    kinds = {v.second: v.nets_folder for v in VARIANTS.values() if v.second}
    assert kinds == {"expiration": "two_scans", "earlier": "two_scans"}
