"""A trained twin: a run's ONNX model as a trained run, without Caffe or the run's other files."""

from pylayers.errors import WeightsError
from tools.training.run_folder import RunFolder
from tools.training.trained_on import read_trained_on
from tools.training.trained_run import TrainedRun
from tools.training.trained_target import trained_target
from tools.twin.onnx_network import OnnxNetwork, unusable
from tools.twin.twin_facts import agrees


def load_twin(folder: RunFolder) -> TrainedRun:
    """Load a run's ONNX twin; WeightsError, which says what is missing or wrong."""
    network = OnnxNetwork(folder.twin)
    best = network.facts.get("best")
    if not isinstance(best, dict):
        raise unusable(folder.twin, "it does not say what it was trained on")
    try:
        target = trained_target(best, "in it")
    except WeightsError as error:
        raise unusable(folder.twin, str(error)) from None
    if not agrees(network.facts, target):
        raise unusable(folder.twin, "another version of scan2num wrote it; export it again")
    digest = best.get("weights_sha256")
    if not isinstance(digest, str):
        raise unusable(folder.twin, "it does not name the weights that it was made from")
    return TrainedRun(folder, target, digest, best, read_trained_on(folder.twin, best), network)
