"""The hand-written nets as messages, as nets with data fed by hand, and one beside its twin."""

from pathlib import Path

from conftest import fill_randomly
from google.protobuf import text_format

from tools.caffe_run.caffe_install import import_caffe

caffe = import_caffe()


def net_message(path):
    """The net of a prototxt."""
    return text_format.Parse(Path(path).read_text(), caffe.proto.caffe_pb2.NetParameter())


def net_layers(path):
    """The layers of a net by name, without those that bring its data."""
    found = [x for x in net_message(path).layer if x.type not in ("Python", "Input")]
    by_name = {layer.name: layer for layer in found}
    assert len(by_name) == len(found)
    return by_name


def fed_and_deploy(folder, trained, deploy, **inputs):
    """A net for training, in TEST, with inputs of those shapes fed by hand, and its deploy twin.

    Both have the same drawn weights.
    """
    fed = net_message(trained)
    kept = [layer for layer in fed.layer if layer.type != "Python"]
    del fed.layer[:]
    for name, shape in inputs.items():
        fed.layer.add(name=name, type="Input", top=[name]).input_param.shape.add(dim=shape)
    fed.layer.extend(kept)
    path = folder / "fed.prototxt"
    path.write_text(text_format.MessageToString(fed))
    caffe.set_mode_cpu()
    whole, twin = caffe.Net(str(path), caffe.TEST), caffe.Net(str(deploy), caffe.TEST)
    fill_randomly(whole, seed=11)
    for name, blobs in whole.params.items():
        for blob, own in zip(blobs, twin.params[name], strict=True):
            own.data[...] = blob.data
    return whole, twin


def check_deploy(trained, deploy, left_out, joint):
    """Assert that deploy is the trained net, layer by layer.

    left_out: layers that it lacks. joint: the first layer after them, whose bottom differs.
    """
    layers, twins = net_layers(trained), net_layers(deploy)
    assert [name for name in layers if name not in left_out] == list(twins)
    for name, twin in twins.items():
        layer = layers[name]
        layer.ClearField("param")
        for kind in ("convolution_param", "inner_product_param"):
            if layer.HasField(kind):
                getattr(layer, kind).ClearField("weight_filler")
                getattr(layer, kind).ClearField("bias_filler")
        if name == joint:
            assert (list(layer.bottom), list(twin.bottom)) == (["sum"], ["conv5"])
            layer.bottom[0] = "conv5"
        assert layer == twin, name
