"""The data layer inside a Caffe net gives the loader's bytes."""

import numpy as np
import pytest

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()
pytestmark = pytest.mark.caffe


def net_of(param_str, phase, folder):
    path = folder / "net.prototxt"
    path.write_text(
        f"""
        layer {{
          name: "data" type: "Python" top: "data" top: "label"
          python_param {{
            module: "pylayers.scan_stack_layer" layer: "ScanStackLayer"
            param_str: '{param_str}'
          }}
        }}
        layer {{
          name: "drop" type: "Dropout" bottom: "label" top: "drop"
          dropout_param {{ dropout_ratio: 0.5 }}
        }}
        """
    )
    return caffe.Net(str(path), phase)


@pytest.mark.parametrize(
    ("phase", "split"), [(caffe.TRAIN, "train"), (caffe.TEST, "val")], ids=["train", "test"]
)
def test_every_pass_gives_the_loaders_next_batch(phase, split, tiny_cohort, tmp_path):
    params = LayerParams(str(tiny_cohort), split, "fev1fvc", slices=3, batch=2, seed=9)
    net = net_of(params.to_json(), phase, tmp_path)
    loader = Loader(params, train=phase == caffe.TRAIN)
    assert net.blobs["data"].data.shape == (6, 1, 512, 512)
    assert net.blobs["label"].data.shape == (2, 1)
    data, label = (np.empty(shape, np.float32) for shape in loader.shapes)
    for index in range(3):
        net.forward()
        loader.fill(index, data, label)
        np.testing.assert_array_equal(net.blobs["data"].data, data)
        np.testing.assert_array_equal(net.blobs["label"].data, label)


def test_dropout_depends_on_the_seed_and_the_batch_not_on_the_process(tiny_cohort, tmp_path):
    def dropped(seed, noise):
        params = LayerParams(str(tiny_cohort), "train", "ve", slices=1, batch=10, seed=seed)
        net = net_of(params.to_json(), caffe.TRAIN, tmp_path)
        caffe.set_random_seed(noise)
        kept = []
        for _ in range(4):
            net.forward()
            kept.append(net.blobs["drop"].data.ravel() != 0)
        return np.array(kept)

    first = dropped(seed=1, noise=5)
    np.testing.assert_array_equal(dropped(seed=1, noise=6), first)
    assert not np.array_equal(dropped(seed=2, noise=5), first)
    assert len(np.unique(first, axis=0)) > 1


def test_a_wrong_param_str_stops_the_net_with_the_key(tiny_cohort, tmp_path, capfd):
    params = LayerParams(str(tiny_cohort), "train", "ve", slices=1, batch=1, seed=1).to_json()
    with pytest.raises(Exception, match="unknown key 'slize'"):
        net_of(params.replace('"slices"', '"slize"'), caffe.TRAIN, tmp_path)
