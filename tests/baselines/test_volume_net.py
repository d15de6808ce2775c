"""The 3D network: what it is fed, and that `caffe train` teaches it."""

import json

import numpy as np
import pytest
from scipy.stats import spearmanr
from stored_cohort import crop_of

from pylayers.batch.stack import FILL_HU
from pylayers.errors import MachineError
from tools.baselines import volume_net
from tools.baselines.coarse_volume import SHAPE, VOXEL_MM, volume_features
from tools.baselines.split_features import LabelledFeatures

SPACING_MM = (4.0, 2.0, 2.0)


def coarse(hu, spacing_mm=SPACING_MM):
    return volume_features(crop_of(hu, np.ones(hu.shape, bool), spacing_mm))["volume"]


def test_a_scan_is_averaged_and_centred_in_air():
    hu = np.full((20, 60, 80), -860, np.int16)
    hu[:, ::2] = -840  # averaged
    volume = coarse(hu)
    assert volume.shape == SHAPE and volume.dtype == np.int16
    inside = np.argwhere(volume != FILL_HU)
    extent = (np.ptp(inside, axis=0) + 1) * VOXEL_MM
    np.testing.assert_allclose(extent, (80, 120, 160), atol=VOXEL_MM / 2)
    np.testing.assert_allclose(inside.mean(axis=0), (np.array(SHAPE) - 1) / 2, atol=0.51)
    np.testing.assert_allclose(volume[volume != FILL_HU], -850, atol=1)


def test_what_is_up_left_and_in_front_stays_there():
    hu = np.full((40, 80, 80), -900, np.int16)
    hu[20:, :40, :40] = -700
    volume = coarse(hu)
    z, y, x = (side // 2 for side in SHAPE)
    assert volume[z + 4, y - 4, x - 4] == -700
    assert volume[z - 4, y - 4, x - 4] == volume[z + 4, y + 4, x + 4] == -900


def test_lungs_that_are_too_large_are_cut_off_on_both_sides():
    hu = np.full((100, 40, 40), -900, np.int16)
    hu[50] = -500
    volume = coarse(hu, (8.0, 8.0, 8.0))
    planes = np.flatnonzero((volume == -500).any(axis=(1, 2)))
    assert planes.tolist() == [50 - (100 - SHAPE[0]) // 2]


class MadeUp:
    """Stands for ScanFeatures: volumes of a density each."""

    def __init__(self, levels):
        rng = np.random.default_rng(len(levels))
        self.volumes = [rng.normal(level, 30, SHAPE).astype(np.int16) for level in levels]

    def __len__(self):
        return len(self.volumes)

    def each(self, kind):
        yield from ({"volume": volume} for volume in self.volumes)


@pytest.fixture
def short(tmp_path, monkeypatch):
    """The hand-written prototxts with fewer iterations."""
    for name in (volume_net.NET, volume_net.SOLVER):
        text = (volume_net.HAND_WRITTEN / name).read_text()
        for line, other in (("max_iter: 400", "max_iter: 30"), (": 20\n", ": 10\n")):
            text = text.replace(line, other)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(volume_net, "HAND_WRITTEN", tmp_path)
    return tmp_path


def made_up(count, seed):
    levels = np.random.default_rng(seed).uniform(-980, -800, count)
    return LabelledFeatures(MadeUp(levels), 0.004 * (levels + 980) + 0.1)


@pytest.mark.caffe
@pytest.mark.slow
def test_caffe_train_teaches_it_what_a_label_follows(short):
    train, val, test = made_up(16, 1), made_up(4, 2), made_up(10, 3)
    fitted = volume_net.fit_volume_net(train, val, seed=1)
    assert fitted.settings["iteration"] in (10, 20, 30)
    predicted = fitted.predict(test.features)
    assert spearmanr(predicted, test.labels).statistic > 0.8
    assert abs(predicted.mean() - test.labels.mean()) < 0.2  # in the label's unit


@pytest.mark.caffe
def test_a_training_that_caffe_ends_is_said_with_caffes_words(short):
    solver = short / volume_net.SOLVER
    solver.write_text(solver.read_text().replace('lr_policy: "poly"', 'lr_policy: "none"'))
    with pytest.raises(MachineError, match=r"ended early: .*none"):
        volume_net.fit_volume_net(made_up(8, 1), made_up(4, 2), seed=1)


def test_the_layer_of_each_phase_has_its_own_file():
    text = (volume_net.HAND_WRITTEN / volume_net.NET).read_text()
    params = [json.loads(line.split("'")[1]) for line in text.splitlines() if "param_str" in line]
    assert [p["file"] for p in params] == ["train.npz", "val.npz"]
