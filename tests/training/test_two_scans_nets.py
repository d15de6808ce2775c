"""The nets of two scans: one trunk for both, whose pairs of slices score as the whole does."""

import numpy as np
import pytest
from conftest import ROOT
from hand_written_nets import check_deploy, fed_and_deploy

from pylayers.batch.variants import VARIANTS
from tools.training.run_prototxt import FUSION

pytestmark = pytest.mark.caffe
FOLDER = ROOT / "prototxt" / "two_scans"


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    """The net for training, in TEST, with its data fed by hand (2 subjects), and deploy."""
    return fed_and_deploy(
        tmp_path_factory.mktemp("net"),
        FOLDER / "train_test.prototxt",
        FOLDER / "deploy.prototxt",
        data=(64, 1, 512, 512),
        label=(2, 1),
    )


@pytest.mark.slow
def test_a_scores_is_the_mean_over_pairs_of_slices(nets):
    whole, deploy = nets
    data = np.random.default_rng(2).uniform(-0.75, 0.75, (64, 1, 512, 512)).astype(np.float32)
    data *= np.linspace(0.2, 1.0, 64, dtype=np.float32).reshape(64, 1, 1, 1)
    whole.blobs["data"].data[...] = data
    whole.blobs["label"].data[...] = 0
    whole.forward()
    scores = whole.blobs["fc7"].data[:, 0]
    assert abs(scores[0] - scores[1]) > 1e-3
    subjects = data.reshape(2, 2, 16, 1, 512, 512)
    for subject, score in zip(subjects, scores, strict=True):
        # rows of deploy: the i-th slice of the first, then the i-th of the second
        deploy.blobs["data"].data[...] = subject.swapaxes(0, 1).reshape(32, 1, 512, 512)
        pairs = deploy.forward()["fc7"][:, 0].astype(np.float64)
        assert pairs.shape == (16,) and pairs.std() > 1e-4
        assert pairs.mean() == pytest.approx(score, abs=1e-5)


def test_first_and_second_are_told_apart_by_the_concatenation(nets):
    whole, _ = nets
    assert whole.blobs["sum"].data.shape == (4, 1, 1, 1024)
    assert whole.blobs["pair"].data.shape == (2, 2048)
    whole.blobs["sum"].data[...] = np.arange(4).reshape(4, 1, 1, 1)
    whole.forward(start="pair", end="pair")
    expected = np.repeat([[0, 1], [2, 3]], 1024, axis=1)
    np.testing.assert_array_equal(whole.blobs["pair"].data, expected)


def test_deploy_is_the_trained_net_without_the_mean():
    nets = (FOLDER / name for name in ("train_test.prototxt", "deploy.prototxt"))
    check_deploy(*nets, left_out=(*FUSION, "drop6", "loss"), joint="pair")


def test_both_variants_share_the_nets():
    kinds = {v.second: v.nets_folder for v in VARIANTS.values() if v.second}
    assert kinds == {"expiration": "two_scans", "earlier": "two_scans"}
