"""A child that runs the same deploy net in ONNX Runtime. Runs in the rivals' Python."""

from collections.abc import Mapping

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tools.bench.same_results import relative_difference
from tools.bench.serve import seconds_each, serve

OPSET, IR_VERSION = 17, 8  # as old as the operators allow: any ONNX Runtime reads it


def model(layers: list[dict], weights: Mapping[str, np.ndarray]) -> ModelProto:
    """Return the ONNX model that tools.bench.network describes, with Caffe's weights.

    weights: mapping "weights/<layer>/<0 weight, 1 bias>" -> array.
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
    shape = [None, *weights["data"].shape[1:]]
    graph = helper.make_graph(
        nodes,
        "deploy",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(at, TensorProto.FLOAT, None)],
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


class OnnxEngine:
    """Operations of one session."""

    def load(self, deploy: list[dict], arrays: str, gpu: int | None, threads: int) -> None:
        """Build the session; arrays is the file that the Caffe engine wrote.

        RuntimeError when a GPU is asked for and this ONNX Runtime has none.
        """
        self.reference = dict(np.load(arrays))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        provider = "CPUExecutionProvider"
        if gpu is not None:
            provider = ("CUDAExecutionProvider", {"device_id": gpu})
            if provider[0] not in onnxruntime.get_available_providers():
                raise RuntimeError("this ONNX Runtime is built for the CPU only")
        self.session = onnxruntime.InferenceSession(
            model(deploy, self.reference).SerializeToString(), options, providers=[provider]
        )

    def agreement(self) -> float:
        """Return the relative difference of the scores from Caffe's."""
        return relative_difference(self.reference["scores"], self._pass())

    def forward(self, warm: int, count: int) -> float:
        """Return the seconds of a pass."""

        def passes(count: int) -> None:
            for _ in range(count):
                self._pass()

        return seconds_each(passes, warm, count)

    def version(self) -> str:
        """Return ONNX Runtime's version."""
        return onnxruntime.__version__

    def _pass(self) -> np.ndarray:
        return self.session.run(None, {"data": self.reference["data"]})[0]


if __name__ == "__main__":
    engine = OnnxEngine()
    names = ("load", "agreement", "forward", "version")
    serve({name: getattr(engine, name) for name in names})
