"""Run card: what a model card (MHub's meta.json) says of trained runs.

The numbers come from each run's best.json and predictions_test.csv (`make evaluate`); a run that
has not been evaluated is described without them.
"""

import uuid

from pylayers.cohort.cohort import read_rows
from pylayers.cohort.targets import Target
from tools.stats.agreement import agreement
from tools.stats.correlation import spearman_interval
from tools.stats.estimate_text import estimate_text
from tools.training.trained_run import TrainedRun

PAPER = "https://arxiv.org/abs/1909.12047"
USE = (
    "Research use, not a medical device. Input is a whole chest CT in HU; scans that are broken, "
    "are no chest or lack much of a lung are refused with a reason instead of a number."
)
PHANTOMS = (
    "The weights were trained on simulated chests (phantoms): the numbers say nothing about a "
    "patient."
)


def card(runs: list[TrainedRun]) -> dict:
    """Return the card of trained runs."""
    best = {run.target.name: run.best for run in runs}
    training_sets = {run.target.title: run.trained_on for run in runs if run.trained_on}
    training_scans = max((each.scans for each in training_sets.values()), default=None)
    phantom = any(run.is_phantom for run in runs)
    hashes = " ".join(one["weights_sha256"] for one in best.values())
    return {
        # the same weights, the same card
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PAPER} {hashes}")),
        "name": "scan2num",
        "title": "scan2num: one number from a chest CT",
        "summary": {
            "description": "16 axial slices of a whole chest CT go through one narrow 2D network "
            "(Caffe), their features are averaged, and one number comes out.",
            "inputs": [
                {
                    "label": "Chest CT",
                    "description": "Whole chest, HU; any orientation and kernel, pixels as in "
                    "training",
                    "format": "DICOM",
                    "modality": "CT",
                    "bodypartexamined": "Chest",
                    "slicethickness": "at most 10 mm",
                    "non-contrast": True,
                    "contrast": False,
                }
            ],
            "outputs": [_output(run.target) for run in runs],
            "model": {
                "architecture": "2D convolutional network of 5 layers on 16 slices, features "
                "averaged",
                "training": "supervised",
                "cmpapproach": "2D",
            },
            "data": {
                "training": {"vol_samples": training_scans},
                "evaluation": {"vol_samples": max(map(_tested, runs))},
                "public": phantom,
                "external": False,
            },
        },
        "details": {
            "name": "scan2num",
            "version": "; ".join(
                f"{name}: weights {one['weights_sha256'][:12]}, iteration {one.get('iteration')}"
                for name, one in best.items()
            ),
            "type": "Quantification of emphysema and lung function from CT",
            "license": {"code": "BSD-2-Clause", "weights": "as their training data allow"},
            "publications": [{"title": "scan2num", "uri": PAPER}],
            "caffe_commit": next(iter(best.values())).get("caffe_commit"),
            "git_commit": next(iter(best.values())).get("git_commit"),
        },
        "info": {
            "use": {"title": "Intended use", "text": USE},
            "training": {
                "title": "Training",
                "text": "`caffe train`, stochastic gradient descent, the weights of the lowest "
                f"validation loss. {PHANTOMS if phantom else ''}".strip(),
                "tables": [
                    {"label": "Runs", "entries": {n: _run(b) for n, b in best.items()}},
                    *(
                        {"label": f"Training scans: {title}", "entries": t.words()}
                        for title, t in training_sets.items()
                    ),
                ],
            },
            "evaluation": {
                "title": "Evaluation on the held-out test split",
                "text": "95 % confidence intervals; the split's scans were seen neither in "
                "training nor in choosing the weights.",
                "tables": [
                    {"label": run.target.title, "entries": _evaluation(run)} for run in runs
                ],
            },
            "limitations": {
                "title": "Limitations",
                "text": "One number for the whole of both lungs. Scanners, kernels, doses and "
                "populations other than those of the training are untested.",
            },
        },
    }


def _output(target: Target) -> dict:
    return {
        "type": "Prediction",
        "valueType": "number",
        "label": target.title,
        "description": f"{target.low:g} to {target.high:g} {target.unit}".strip(),
        "classes": [],
    }


def _run(best: dict) -> str:
    return (
        f"{best.get('iteration')} iterations to the lowest validation loss, "
        f"{best.get('slices')} slices of {best.get('batch')} scans a batch, cohort "
        f"{str(best.get('cohort_sha256'))[:12]}, preprocessing version "
        f"{best.get('preprocessing_version')}"
    )


def _pairs(run: TrainedRun) -> list[tuple[float, float]]:
    path = run.folder.predictions("test")
    if not path.exists():
        return []
    return [(float(row["truth"]), float(row["prediction"])) for _, row in read_rows(path)]


def _tested(run: TrainedRun) -> int:
    return len(_pairs(run))


def _evaluation(run: TrainedRun) -> dict[str, str]:
    pairs = _pairs(run)
    if not pairs:
        return {"scans": "not evaluated"}
    truth, prediction = zip(*pairs, strict=True)
    mae = estimate_text(agreement(truth, prediction).mae, run.target.decimals)
    return {
        "scans": str(len(pairs)),
        "Spearman's rho": estimate_text(spearman_interval(prediction, truth)),
        "mean absolute error": f"{mae} {run.target.unit}".strip(),
    }
