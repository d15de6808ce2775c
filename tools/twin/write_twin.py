"""Write a run's ONNX twin, once it is proven to compute what Caffe does."""

import json
from pathlib import Path

import numpy as np

from pylayers.batch.stack import SIDE, WINDOW_HIGH_HU, WINDOW_LOW_HU, window
from pylayers.errors import MachineError
from pylayers.files.whole_file import whole_file
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.network import Network
from tools.training.run_folder import read_net
from tools.training.trained_run import TrainedRun
from tools.twin.net_layers import layers_of
from tools.twin.onnx_network import KEY, OnnxNetwork
from tools.twin.twin_facts import USE, twin_facts

MOST_DIFFERENCE = 1e-5  # relative; float32 sums in another order differ by some 1e-7


def write_twin(
    run: TrainedRun, caffe: Network, weights: dict[str, np.ndarray], path: Path
) -> float:
    """Write the twin to a path; return its largest relative difference from Caffe's scores.

    caffe: the run's network in Caffe. weights: its arrays, as onnx_graph takes them. The file
    appears when it is whole, sound and computes the same; MachineError when it does not.
    """
    from onnx import checker, helper

    from tools.twin.onnx_graph import onnx_graph

    layers = layers_of(read_net(run.folder.deploy), caffe_messages().TEST)
    model = onnx_graph(layers, weights, (1, SIDE, SIDE))
    facts = twin_facts(run, caffe.slices)
    model.producer_name = "scan2num"
    model.doc_string = f"{run.target.title} from 16 slices of a chest CT; {USE}"
    helper.set_model_props(model, {KEY: json.dumps(facts), "use": USE, "licence": facts["licence"]})
    checker.check_model(model, full_check=True)
    with whole_file(path) as part:
        part.write_bytes(model.SerializeToString())
        difference = relative_difference(caffe, OnnxNetwork(part))
        if not difference <= MOST_DIFFERENCE:  # NaN, too
            raise MachineError(
                f"the ONNX twin's scores differ from Caffe's by {difference:.2g} (relative), more "
                f"than {MOST_DIFFERENCE:g}: it was not written"
            )
    return difference


def relative_difference(one: Network, other: Network) -> float:
    """Return the largest difference of scores over the largest score, on slices of noise."""
    stack = trial_stack(one.slices)
    ours, theirs = one.forward(stack), other.forward(stack)
    return float(np.abs(theirs - ours).max() / np.abs(ours).max())


def trial_stack(slices: int) -> np.ndarray:
    """Return slices of many means and noises, as network input, float32 (slices, 1, SIDE, SIDE)."""
    rng = np.random.default_rng(1)
    mean = rng.uniform(WINDOW_LOW_HU, WINDOW_HIGH_HU, (slices, 1, SIDE // 8, SIDE // 8))
    hu = np.kron(mean, np.ones((8, 8))) + rng.normal(0, 1, (slices, 1, SIDE, SIDE)) * np.linspace(
        1, 100, slices
    ).reshape(-1, 1, 1, 1)
    stack = np.empty(hu.shape, np.float32)
    window(hu, stack)
    return stack
