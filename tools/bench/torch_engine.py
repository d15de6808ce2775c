"""A child that holds the same network in PyTorch. Runs in the rivals' Python."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from tools.bench.same_results import relative_difference
from tools.bench.serve import seconds_each, serve

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


class MeanOfSlices(nn.Module):
    """Features (B * slices, C) to their means over the slices of a scan, (B, C)."""

    def __init__(self, slices: int) -> None:
        super().__init__()
        self.slices = slices

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Fuse."""
        return features.view(-1, self.slices, features.shape[1]).mean(1)


def network(layers: list[dict], weights: Mapping[str, np.ndarray]) -> nn.Sequential:
    """Return the network that tools.twin.net_layers describes, with Caffe's weights.

    weights: mapping "weights/<layer>/<0 weight, 1 bias>" -> array.
    """
    net = nn.Sequential()
    flat = False
    for layer in layers:
        kind, name = layer["kind"], layer["name"]
        if kind in ("mean", "linear") and not flat:
            net.add_module("flatten", nn.Flatten())
            flat = True
        if kind in ("convolution", "linear"):
            weight, bias = (torch.tensor(weights[f"weights/{name}/{i}"]) for i in range(2))
            outputs, inputs, *size = weight.shape
            if kind == "convolution":
                module = nn.Conv2d(inputs, outputs, size, layer["stride"])
            else:
                module = nn.Linear(inputs, outputs)
            module.weight.data, module.bias.data = weight, bias
        elif kind == "max":
            module = nn.MaxPool2d(layer["size"], layer["stride"], ceil_mode=True)  # as Caffe does
        elif kind == "relu":
            module = nn.ReLU(inplace=True)
        elif kind == "mean":
            module = MeanOfSlices(layer["slices"])
        else:
            module = nn.Dropout(layer["ratio"], inplace=True)
        net.add_module(name, module)
    return net


def sgd(net: nn.Sequential, lr: float, momentum: float, weight_decay: float) -> torch.optim.SGD:
    """Return Caffe's update: biases at twice the rate and without decay; fused, its fastest."""
    named = list(net.named_parameters())
    groups = [
        {"params": [p for n, p in named if n.endswith("weight")], "weight_decay": weight_decay},
        {"params": [p for n, p in named if n.endswith("bias")], "lr": 2 * lr},
    ]
    return torch.optim.SGD(groups, lr=lr, momentum=momentum, fused=True)


def loss_of(score: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """Return Caffe's EuclideanLoss."""
    return ((score - label) ** 2).sum() / (2 * len(score))


class TorchEngine:
    """Operations: each layout in memory has a network of its own."""

    def load(
        self,
        train: list[dict],
        deploy: list[dict],
        solver: dict[str, float],
        arrays: str,
        batch: str,
        gpu: int | None,
        threads: int,
    ) -> None:
        """Build the networks; arrays and batch are the files that the Caffe engine wrote."""
        torch.set_num_threads(threads)
        torch.backends.cudnn.benchmark = True  # its fastest
        self.device = torch.device("cpu" if gpu is None else f"cuda:{gpu}")
        self.reference = dict(np.load(arrays))
        self.described = train, deploy
        data, label = (torch.tensor(np.load(batch)[key]) for key in ("data", "label"))
        self.label = label.to(self.device)
        self.step_data, self.forward_data, self.trained, self.deployed = {}, {}, {}, {}
        for layout in FORMATS:
            net = self._network(train, layout).train()
            self.trained[layout] = net, sgd(net, **solver)
            self.deployed[layout] = self._network(deploy, layout).eval()
            self.step_data[layout] = self._placed(data, layout)
            self.forward_data[layout] = self._placed(torch.tensor(self.reference["data"]), layout)

    def agreement(self, layout: str) -> dict:
        """Return the relative differences from Caffe: scores, gradients, scores of deploy."""
        self._tf32(False)
        train, _ = self.described
        net = self._network([layer for layer in train if layer["kind"] != "dropout"], layout)
        data = self._placed(torch.tensor(self.reference["data"]), layout)
        score = net(data)
        loss_of(score, torch.tensor(self.reference["label"]).to(self.device)).backward()
        gradients = [
            relative_difference(
                self.reference[f"gradient/{name.removesuffix('.' + kind)}/{number}"],
                value.grad.cpu(),
            )
            for number, kind in enumerate(("weight", "bias"))
            for name, value in net.named_parameters()
            if name.endswith(kind)
        ]
        with torch.inference_mode():
            scores = self.deployed[layout](self.forward_data[layout]).cpu()
        return {
            "score": relative_difference(self.reference["score"], score.detach().cpu()),
            "gradient": max(gradients),
            "forward": relative_difference(self.reference["scores"], scores),
        }

    def step(self, layout: str, tf32: bool, warm: int, count: int) -> float:
        """Return the seconds of a training step: forward, backward and update."""
        self._tf32(tf32)
        net, optimiser = self.trained[layout]
        data = self.step_data[layout]

        def steps(count: int) -> None:
            for _ in range(count):
                optimiser.zero_grad()
                loss_of(net(data), self.label).backward()
                optimiser.step()
            self._synchronise()

        return seconds_each(steps, warm, count)

    def forward(self, layout: str, tf32: bool, warm: int, count: int) -> float:
        """Return the seconds of a pass through the deploy net."""
        self._tf32(tf32)

        def passes(count: int) -> None:
            with torch.inference_mode():
                for _ in range(count):
                    self.deployed[layout](self.forward_data[layout]).cpu()

        return seconds_each(passes, warm, count)

    def version(self) -> str:
        """Return PyTorch's version."""
        return str(torch.__version__)  # a type of PyTorch's own, which our Python lacks

    def _network(self, layers: list[dict], layout: str) -> nn.Sequential:
        net = network(layers, self.reference)
        return net.to(self.device, memory_format=FORMATS[layout])

    def _placed(self, data: torch.Tensor, layout: str) -> torch.Tensor:
        return data.to(self.device).contiguous(memory_format=FORMATS[layout])

    def _tf32(self, on: bool) -> None:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on

    def _synchronise(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


if __name__ == "__main__":
    engine = TorchEngine()
    names = ("load", "agreement", "step", "forward", "version")
    serve({name: getattr(engine, name) for name in names})
