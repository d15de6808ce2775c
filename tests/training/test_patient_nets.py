"""The hand-written nets of the variant with patient data: one twin of the other, linear on top."""

import numpy as np
import pytest
from hand_written_nets import check_deploy, fed_and_deploy, net_layers, net_message

from pylayers.batch.patient_inputs import WIDTH
from pylayers.batch.variants import VARIANTS
from tools.training.run_folder import DEPLOY, NET
from tools.training.run_prototxt import hand_written

pytestmark = pytest.mark.caffe

PATIENT = VARIANTS["patient"]
NOT_IN_DEPLOY = ("slices", "sum", "drop6", "loss")


TRAINED, TWIN = (hand_written(name, PATIENT) for name in (NET, DEPLOY))


def test_deploy_is_the_trunk_layer_by_layer():
    check_deploy(TRAINED, TWIN, NOT_IN_DEPLOY, joint="features")


def test_nothing_is_bent_after_the_features():
    order = list(net_layers(TRAINED).values())
    after = [x.type for x in order[[x.name for x in order].index("slices") :]]
    assert after == [
        *("Reshape", "Pooling", "Flatten", "Concat"),
        *("InnerProduct", "Dropout", "InnerProduct", "EuclideanLoss"),
    ]


def test_every_data_layer_has_the_three_tops():
    data = [x for x in net_message(TRAINED).layer if x.type == "Python"]
    assert [list(x.top) for x in data] == [["data", "label", "patient"]] * 3
    shapes = {x.name: list(x.input_param.shape[0].dim) for x in net_message(TWIN).layer[:2]}
    assert shapes == {"data": [16, 1, 512, 512], "patient": [16, WIDTH]}


def test_a_scans_score_is_the_mean_of_its_slices_scores_beside_the_patient(tmp_path):
    whole, deploy = fed_and_deploy(
        tmp_path,
        TRAINED,
        TWIN,
        data=(32, 1, 512, 512),
        patient=(2, WIDTH),
        label=(2, 1),
    )
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
