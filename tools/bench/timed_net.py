"""The TRAIN net with made-up data, to time its layers without reading a scan."""

from pathlib import Path

from google.protobuf import text_format

from pylayers.batch.stack import SIDE
from pylayers.files.whole_file import write_whole
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.run_folder import NET, read_net
from tools.training.run_prototxt import FUSION, HAND_WRITTEN, set_fusion


def write_timed_net(path: Path, slices: int, batch: int) -> None:
    """Write the hand-written TRAIN net on Gaussian noise: batch scans of so many slices."""
    net = read_net(HAND_WRITTEN / NET)
    timed = caffe_messages().NetParameter(name=net.name)
    data = timed.layer.add(name="data", type="DummyData", top=["data", "label"])
    for shape in ((batch * slices, 1, SIDE, SIDE), (batch, 1)):
        data.dummy_data_param.shape.add(dim=shape)
        data.dummy_data_param.data_filler.add(type="gaussian", std=0.3)
    for layer in net.layer:
        if layer.type == "Python":
            continue
        if layer.name in FUSION:
            set_fusion(layer, slices)
        timed.layer.add().CopyFrom(layer)
    write_whole(path, text_format.MessageToString(timed))
