"""A trained run: a run folder whose weights are whole, and what its best.json keeps of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pylayers.batch.patient_inputs import PatientScales
from pylayers.batch.variants import PLAIN, Variant
from pylayers.cohort.targets import Target
from pylayers.errors import UsageError, WeightsError
from pylayers.files.checkout import relative
from pylayers.files.file_hash import sha256
from tools.training.network import Network
from tools.training.run_folder import RunFolder, read_net
from tools.training.trained_on import TrainedOn, read_trained_on
from tools.training.trained_patient import trained_scales
from tools.training.trained_target import trained_target
from tools.training.trained_variant import trained_variant


@dataclass(frozen=True)
class TrainedRun:
    """A run with usable weights.

    folder: its files. target: what it predicts. weights_sha256: of best.caffemodel. best: all that
    best.json keeps. trained_on: pixels and slices of its training scans, None where best.json was
    written before it kept them. twin: the network where it is an ONNX twin's, not Caffe's. variant:
    which network it is. patient: how it scales patient data, None where it gets none.
    """

    folder: RunFolder
    target: Target
    weights_sha256: str
    best: Mapping
    trained_on: TrainedOn | None
    twin: Network | None = None
    variant: Variant = PLAIN
    patient: PatientScales | None = None

    @property
    def net_file(self) -> Path:
        """The file that says how the network computes."""
        return self.folder.twin if self.twin else self.folder.deploy

    @property
    def is_phantom(self) -> bool:
        """Whether it was trained on phantoms."""
        return bool(self.best.get("phantom"))


def load_trained(folder: RunFolder) -> TrainedRun:
    """Check a run's files, hash its weights, and return what they are.

    Reads all of the weights, so it is called once for a run and the result passed on. Raises
    WeightsError, which says what is missing or damaged.
    """
    for path in (folder.best_json, folder.best_weights, folder.deploy):
        if not path.is_file():
            raise WeightsError(f"there is no {relative(path)}; run `make train TARGET=...`")
    try:
        best = json.loads(folder.best_json.read_text())
        digest, _ = best["weights_sha256"], best["target"]
    except (ValueError, KeyError, TypeError):
        raise WeightsError(f"{relative(folder.best_json)} is damaged; train again") from None
    read_net(folder.deploy)  # Caffe would end the process over it
    if sha256(folder.best_weights) != digest:
        raise WeightsError(
            f"{relative(folder.best_weights)} is not what best.json describes; train again"
        )
    target = trained_target(best, relative(folder.best_json))
    trained_on = read_trained_on(folder.best_json, best)
    variant = trained_variant(best, relative(folder.best_json))
    patient = trained_scales(best, variant, relative(folder.best_json))
    return TrainedRun(folder, target, digest, best, trained_on, variant=variant, patient=patient)


def checked_resample(resample: bool, run: TrainedRun) -> bool:
    """Return whether scans are to be resampled; UsageError for a run that this is nothing for."""
    if resample and run.variant.view is not None:
        raise UsageError(
            f"--resample is for axial slices; {relative(run.folder.path)} scores "
            f"{run.variant.view.name} ones"
        )
    if resample and run.trained_on is None:
        raise UsageError(
            "--resample goes to the pixel size of the training, which "
            f"{relative(run.folder.best_json)} does not record; train again, or score without "
            "--resample"
        )
    return resample
