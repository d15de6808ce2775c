"""`caffe test` with a run's best weights on the test split, checked against our own predictions."""

import argparse
import subprocess
import sys

from pylayers.batch.patient_rows import scales_of
from pylayers.batch.prefetch import worker_count
from pylayers.cohort.stored_crops import check_views, read_grids
from pylayers.command_line.exit_codes import TrainingStopped, complain, run
from pylayers.files.checkout import ROOT, relative
from pylayers.files.output_check import check_output
from pylayers.files.whole_file import write_json, write_whole
from tools.caffe_run.caffe_install import caffe_binary, gpu_id
from tools.caffe_run.caffe_log import last_error, test_mean_loss
from tools.scoring.predictions import (
    mean_loss,
    predict_split,
    split_version_note,
    trained_cohort,
    write_predictions,
)
from tools.training.asked_run import TARGET_HELP, trained_run
from tools.training.run_folder import TEST_STAGE, RunFolder
from tools.training.run_places import add_run_options, add_variant
from tools.training.trained_run import load_trained

TEST_LOG = "test.log"
TOLERANCE = 1e-5  # between Caffe's loss and ours: float32 sums in another order


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("target", help=TARGET_HELP)
    add_run_options(p)
    add_variant(p)
    p.add_argument("--gpu", default="auto", help="auto, none or a number (default: %(default)s)")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def caffe_test(args: argparse.Namespace) -> None:
    """Run `caffe test`, compare its loss with ours and keep both in test.json."""
    folder = trained_run(args.target, args.cohort, args.run, args.variant)
    trained = load_trained(folder)
    target = trained.target
    for path in (folder.test_json, folder.predictions("test"), folder.path / TEST_LOG):
        check_output(path)
    gpu = gpu_id(args.gpu)
    params = folder.layer_params("test")
    cohort, variant = trained_cohort(trained, "test"), trained.variant
    scans = cohort.labelled("test", target.name, variant.second)
    if variant.view is not None:
        check_views(read_grids(cohort, scans), variant.view)
    iterations, rest = divmod(len(scans), params.batch)
    if rest:
        raise TrainingStopped(
            f"{len(scans)} test scans are not a multiple of the batch of {params.batch}: "
            "the cohort has changed since the training; train again"
        )
    if trained.patient and trained.patient != scales_of(cohort, target.name):
        raise TrainingStopped(
            "the patient data of the training split have changed since the training; train again"
        )
    if not args.quiet and (note := split_version_note(trained, ["test"])):
        complain(f"note: {note}")
    loss = loss_by_caffe(folder, iterations, gpu)
    predictions = predict_split(trained, "test", gpu, args.quiet)
    write_predictions(folder.predictions("test"), predictions)
    ours = mean_loss(trained, predictions)
    if not abs(loss - ours) <= TOLERANCE * max(1.0, abs(loss)):
        raise AssertionError(f"caffe test says {loss}, our predictions {ours}")
    write_json(
        folder.test_json,
        {"n_test": len(scans), "test_loss": loss, "test_loss_from_predictions": ours},
    )
    if not args.quiet:
        print(f"{target.name}: caffe test loss {loss:.6g} over {len(scans)} scans", end="")
        print(f" (from our predictions {ours:.6g})")


def loss_by_caffe(folder: RunFolder, iterations: int, gpu: int | None) -> float:
    """Return the mean loss that `caffe test` prints; its log is kept in test.log."""
    worker_count()  # wrong, it would end Caffe
    command = [
        str(caffe_binary()),
        "test",
        f"--model={relative(folder.net)}",
        f"--weights={relative(folder.best_weights)}",
        f"--iterations={iterations}",
        f"--stage={TEST_STAGE}",
        *([] if gpu is None else [f"--gpu={gpu}"]),
    ]
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    log = folder.path / TEST_LOG
    write_whole(log, result.stdout)
    loss = test_mean_loss(result.stdout)
    if result.returncode != 0 or loss is None:
        reason = last_error(result.stdout)
        raise TrainingStopped(f"caffe test failed: {reason} (log: {relative(log)})")
    return loss


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return caffe_test(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
