"""Variants of the network: the paper's trunk, runs of their own, the same guarantees."""

import os
import signal

import pytest
from google.protobuf import text_format
from processes import running, wait_for
from short_training import arguments, final, held

from pylayers.batch.variants import VARIANTS
from pylayers.errors import UsageError
from tools import caffe_test, train
from tools.caffe_run.caffe_install import caffe_messages
from tools.training.run_folder import DEPLOY, NET
from tools.training.run_prototxt import PLAIN, hand_written, hand_written_sha256

TARGET_OF = {"softmax": "ve"}  # what each learns in these tests
COHORT_OF = {  # fixtures: on what
    **dict.fromkeys(("expiration", "followup"), "paired_cohort"),
    **dict.fromkeys(("coronal", "sagittal"), "thin_cohort"),
}
LAST_OF_TRUNK = "relu5"
NAMES = sorted(filter(None, VARIANTS))


def trunk(path):
    net = text_format.Parse(path.read_text(), caffe_messages().NetParameter())
    layers = [layer for layer in net.layer if layer.type not in ("Python", "Input")]
    names = [layer.name for layer in layers]
    return layers[: names.index(LAST_OF_TRUNK) + 1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("net", [NET, DEPLOY])
def test_the_trunk_is_the_papers(name, net):
    path = hand_written(net, VARIANTS[name])
    assert trunk(path) == trunk(hand_written(net, PLAIN))
    own = VARIANTS[name].nets_folder
    assert path.parent.name == (own if VARIANTS[name].own_nets else "prototxt")


@pytest.mark.parametrize("name", NAMES)
def test_its_nets_are_told_apart(name):
    same = hand_written_sha256(VARIANTS[name]) == hand_written_sha256()
    assert same is not VARIANTS[name].own_nets


def test_an_unknown_variant_is_refused_with_the_list(tiny_cohort, tmp_path):
    with pytest.raises(UsageError, match=f"'no' is not known; it is one of {', '.join(NAMES)}"):
        train.main([*arguments(tiny_cohort, tmp_path / "run"), "--variant", "no"])
    assert not (tmp_path / "run").exists()


def test_a_softmax_of_what_has_no_grades_is_refused(tiny_cohort, tmp_path):
    with pytest.raises(UsageError, match="learns grades from 0 to 5, as of ve; fev1pp goes from 3"):
        train.main([*arguments(tiny_cohort, tmp_path / "run"), "--variant", "softmax"])


@pytest.mark.caffe
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_training_that_is_killed_and_resumed_is_the_undisturbed_one(name, request, tmp_path):
    cohort = request.getfixturevalue(COHORT_OF.get(name, "tiny_cohort"))
    target, more = TARGET_OF.get(name, "fev1fvc"), ("--variant", name)
    whole = tmp_path / "whole"
    train.main([*arguments(cohort, whole, *more, target=target), "--quiet"])
    folder = tmp_path / "run"
    for stop in ("train 5", "train 10"):
        with held(cohort, folder, stop, target=target, more=more) as (process, caffe):
            os.kill(caffe, signal.SIGKILL)
            process.kill()
            process.communicate()
        wait_for(lambda: not running(caffe))
    train.main([target, "--run", str(folder), "--gpu", "none", "--resume", "--quiet"])
    assert final(folder) == final(whole)
    assert final(folder)["said"]["variant"] == name
    caffe_test.main([target, "--run", str(folder), "--gpu", "none"])  # its loss is our own
