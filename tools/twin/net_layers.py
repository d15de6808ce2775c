"""Net layers: a Caffe net as a list from which ONNX and PyTorch build it; it exists once."""

from google.protobuf.message import Message

# Data and loss are the engines' own; the mean over slices is described by its pooling alone.
LEFT_OUT = {"Python", "Input", "Reshape", "EuclideanLoss"}


def layers_of(net: Message, phase: int) -> list[dict]:
    """Return the layers of a NetParameter in a phase, bottom to top.

    A dict each: kind ("convolution", "max", "relu", "mean", "linear", "dropout"), name, and
    stride, size, slices or ratio. ValueError for what the engines could not build.
    """
    return [
        {"kind": kind, "name": layer.name, **numbers}
        for layer in net.layer
        if layer.type not in LEFT_OUT
        and (not layer.include or any(rule.phase == phase for rule in layer.include))
        for kind, numbers in [_described(layer)]
    ]


def _described(layer: Message) -> tuple[str, dict]:
    match layer.type:
        case "Convolution":
            return "convolution", {"stride": layer.convolution_param.stride[0]}
        case "ReLU":
            return "relu", {}
        case "InnerProduct":
            return "linear", {}
        case "Dropout":
            return "dropout", {"ratio": layer.dropout_param.dropout_ratio}
        case "Pooling" if layer.pooling_param.pool == layer.pooling_param.MAX:
            pooling = layer.pooling_param
            return "max", {"size": pooling.kernel_size, "stride": pooling.stride}
        case "Pooling" if layer.pooling_param.pool == layer.pooling_param.AVE:
            return "mean", {"slices": layer.pooling_param.kernel_h}
    raise ValueError(f"layer {layer.name} of type {layer.type} has no counterpart in ONNX")
