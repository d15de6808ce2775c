"""The network's layers as Caffe lays them out: nothing in a drawing of it is typed by hand."""

from pathlib import Path

from google.protobuf.message import Message

from tools.caffe_run.caffe_device import caffe_on
from tools.caffe_run.caffe_install import caffe_messages
from tools.figures.network_drawing import Block
from tools.training.run_prototxt import read_prototxt

FEATURE_TYPES = ("Input", "Convolution", "Pooling", "InnerProduct")


def read_blocks(prototxt: Path) -> list[Block]:
    """Return a block for every layer of a deploy net that makes a new blob, in their order.

    Shapes and parameters are those of Caffe's own Net without weights; a ReLU in place belongs to
    the blob that it changes.
    """
    caffe = caffe_on(None)
    message = read_prototxt(prototxt, caffe_messages().NetParameter())
    net = caffe.Net(str(prototxt), caffe.TEST)
    rectified = {layer.top[0] for layer in message.layer if layer.type == "ReLU"}
    return [
        Block(
            name=layer.name,
            operation=_operation(layer),
            shape=tuple(net.blobs[layer.top[0]].shape[1:]),
            relu=layer.top[0] in rectified,
            parameters=sum(blob.data.size for blob in net.params.get(layer.name, ())),
        )
        for layer in message.layer
        if layer.type in FEATURE_TYPES
    ]


def _operation(layer: Message) -> str:
    """Return what a layer does in a word or two: kernel and stride as the prototxt has them."""
    if layer.type == "Convolution":
        (kernel,) = layer.convolution_param.kernel_size
        (stride,) = layer.convolution_param.stride
        return f"conv {kernel}×{kernel}, stride {stride}"
    if layer.type == "Pooling":
        pool = layer.pooling_param
        return f"max {pool.kernel_size}×{pool.kernel_size}, stride {pool.stride}"
    return "linear" if layer.type == "InnerProduct" else "one slice"
