"""ONNX graph: the deploy net in ONNX's operators, with Caffe's weights."""

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 17, 8  # as old as the operators allow: any ONNX Runtime reads it


def onnx_graph(
    layers: list[dict], weights: Mapping[str, np.ndarray], plane: tuple[int, int, int]
) -> ModelProto:
    """Return the ONNX model that tools.twin.net_layers describes, with Caffe's weights.

    weights: mapping "weights/<layer>/<0 weight, 1 bias>" -> array. plane: the shape of one slice.
    It takes any number of slices, float32 (slices, *plane), as `data`, and gives a score of each,
    (slices, 1).
    """
    nodes, tensors, at, flat = [], [], "data", False
    for layer in layers:
        kind, name = layer["kind"], layer["name"]
        if kind == "linear" and not flat:
            nodes.append(helper.make_node("Flatten", [at], ["flatten"]))
            at, flat = "flatten", True
        inputs = [at]
        if kind in ("convolution", "linear"):
            for number in range(2):
                key = f"weights/{name}/{number}"
                tensors.append(numpy_helper.from_array(np.asarray(weights[key]), key))
                inputs.append(key)
        operator, attributes = _operator(layer)
        nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        at = name
    graph = helper.make_graph(
        nodes,
        "deploy",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["slices", *plane])],
        [helper.make_tensor_value_info(at, TensorProto.FLOAT, ["slices", 1])],
        tensors,
    )
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)


def _operator(layer: dict) -> tuple[str, dict]:
    match layer["kind"]:
        case "convolution":
            return "Conv", {"strides": [layer["stride"]] * 2}
        case "max":
            size, stride = [layer["size"]] * 2, [layer["stride"]] * 2
            return "MaxPool", {"kernel_shape": size, "strides": stride, "ceil_mode": 1}  # as Caffe
        case "relu":
            return "Relu", {}
        case "linear":
            return "Gemm", {"transB": 1}
    raise ValueError(f"the deploy net has a layer of kind {layer['kind']}")
