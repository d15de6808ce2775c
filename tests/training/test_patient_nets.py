"""The hand-written nets of the variant with patient data: one twin of the other, linear on top."""

import numpy as np
import pytest
from conftest import fill_randomly
from google.protobuf import text_format

from pylayers.batch.patient_inputs import WIDTH
from pylayers.batch.variants import VARIANTS
from tools.caffe_run.caffe_install import import_caffe
from tools.training.run_folder import DEPLOY, NET
from tools.training.run_prototxt import hand_written

caffe = import_caffe()
pytestmark = pytest.mark.caffe

PATIENT = VARIANTS["patient"]
NOT_IN_DEPLOY = ("slices", "sum", "drop6", "loss")


def message(name):
    path = hand_written(name, PATIENT)
    return text_format.Parse(path.read_text(), caffe.proto.caffe_pb2.NetParameter())


def layers(name):
    return {x.name: x for x in message(name).layer if x.type not in ("Python", "Input")}


def test_deploy_is_the_trunk_layer_by_layer():
    trunk, deploy = layers(NET), layers(DEPLOY)
    assert [name for name in trunk if name not in NOT_IN_DEPLOY] == list(deploy)
    for name, twin in deploy.items():
        layer = trunk[name]
        layer.ClearField("param")
        for kind in ("convolution_param", "inner_product_param"):
            if layer.HasField(kind):
                getattr(layer, kind).ClearField("weight_filler")
                getattr(layer, kind).ClearField("bias_filler")
        if name == "features":  # the one bottom that changes where the fusion is left out
            assert (list(layer.bottom), list(twin.bottom)) == (["sum"], ["conv5"])
            layer.bottom[0] = "conv5"
        assert layer == twin, name


def test_nothing_is_bent_after_the_features():
    order = list(layers(NET).values())
    after = [x.type for x in order[[x.name for x in order].index("slices") :]]
    assert after == [
        *("Reshape", "Pooling", "Flatten", "Concat"),
        *("InnerProduct", "Dropout", "InnerProduct", "EuclideanLoss"),
    ]


def test_every_data_layer_has_the_three_tops():
    data = [x for x in message(NET).layer if x.type == "Python"]
    assert [list(x.top) for x in data] == [["data", "label", "patient"]] * 3
    shapes = {x.name: list(x.input_param.shape[0].dim) for x in message(DEPLOY).layer[:2]}
    assert shapes == {"data": [16, 1, 512, 512], "patient": [16, WIDTH]}


def test_a_scans_score_is_the_mean_of_its_slices_scores_beside_the_patient(tmp_path):
    fed = message(NET)
    kept = [layer for layer in fed.layer if layer.type != "Python"]
    del fed.layer[:]
    for name, shape in (("data", (32, 1, 512, 512)), ("patient", (2, WIDTH)), ("label", (2, 1))):
        fed.layer.add(name=name, type="Input", top=[name]).input_param.shape.add(dim=shape)
    fed.layer.extend(kept)
    (tmp_path / "fed.prototxt").write_text(text_format.MessageToString(fed))
    caffe.set_mode_cpu()
    whole = caffe.Net(str(tmp_path / "fed.prototxt"), caffe.TEST)
    deploy = caffe.Net(str(hand_written(DEPLOY, PATIENT)), caffe.TEST)
    fill_randomly(whole, seed=11)
    for name, blobs in whole.params.items():
        for blob, twin in zip(blobs, deploy.params[name], strict=True):
            twin.data[...] = blob.data
    rng = np.random.default_rng(2)
    data = rng.uniform(-0.75, 0.75, (32, 1, 512, 512)).astype(np.float32)
    patient = rng.normal(0, 1, (2, WIDTH)).astype(np.float32)
    whole.blobs["data"].data[...] = data
    whole.blobs["patient"].data[...] = patient
    whole.blobs["label"].data[...] = 0
    whole.forward()
    for scan, score in enumerate(whole.blobs["fc7"].data[:, 0]):
        deploy.blobs["data"].data[...] = data[16 * scan : 16 * scan + 16]
        deploy.blobs["patient"].data[...] = patient[scan]
        slices = deploy.forward()["fc7"][:, 0].astype(np.float64)
        assert slices.mean() == pytest.approx(score, abs=1e-5)
        deploy.blobs["patient"].data[...] = 0
        assert abs(deploy.forward()["fc7"].mean() - score) > 1e-3  # the patient counts
