"""Scoring from several start offsets: one number, the same in every tool, and its slices."""

import csv
import json
import re

import numpy as np
import pytest
from chest import make_chest, write_scan

from pylayers.batch.slice_sample import MOST_OFFSETS, SliceSample
from pylayers.batch.stack import slice_indices
from pylayers.errors import UsageError
from pylayers.lungs.crop_lungs import crop_lungs
from pylayers.lungs.scan_request import ScanRequest
from tools import score_cohort, score_scan
from tools.scoring.engines import CAFFE
from tools.scoring.predictions import predict_split
from tools.scoring.score_output import made_with
from tools.scoring.scorer import SLICES_AT_ONCE, Scorer
from tools.training.trained_run import load_trained

pytestmark = pytest.mark.caffe

SEVERAL = 3


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    path = tmp_path_factory.mktemp("scan") / "chest.nrrd"
    write_scan(path, make_chest(seed=4).hu)
    return path


def scored(scan, run, folder, *more) -> dict:
    """The JSON of score_scan."""
    path = folder / "score.json"
    options = [scan, "--weights", run.path, "--json", path, "--quiet", *more]
    assert score_scan.main([str(option) for option in options]) == 0
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def several(scan, random_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    more = ("--offsets", SEVERAL, "--figure", folder / "figure.png")
    result = scored(scan, random_run, folder, *more)
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    return result


@pytest.fixture(scope="module")
def hu(scan):
    return crop_lungs(ScanRequest(scan)).hu


def at_offset(scorer, hu, offset, monkeypatch) -> float:
    """The score from a single start offset."""
    indices = slice_indices(len(hu), scorer.network.slices, offset)
    with monkeypatch.context() as patch:
        patch.setattr(scorer, "sample", lambda n: SliceSample(indices, np.ones(len(indices))))
        return scorer.score(hu).score


class MeanNetwork:
    """Stands for the network: a slice's score is its mean grey."""

    slices = 16

    def __init__(self):
        self.passes = 0

    def forward(self, stack, beside=None):
        self.passes += 1
        return stack.mean(axis=(1, 2, 3))[:, None]


@pytest.mark.parametrize(("count", "net"), [(2, "caffe"), (2, "mean"), (5, "mean"), (64, "mean")])
def test_the_score_is_the_mean_over_the_offsets(count, net, hu, random_run, monkeypatch):
    scorer = Scorer(load_trained(random_run), offsets=count)
    if net == "mean":
        scorer.network = MeanNetwork()
    whole = scorer.score(hu).score
    alone = [at_offset(scorer, hu, (k + 0.5) / count, monkeypatch) for k in range(count)]
    assert whole == pytest.approx(np.mean(alone), rel=1e-12)
    assert len(set(alone)) > 1  # the offsets differ in what they see


def test_no_slice_is_computed_twice(hu, random_run):
    scorer = Scorer(load_trained(random_run), offsets=MOST_OFFSETS)
    scorer.network = MeanNetwork()
    assert len(scorer.score(hu).contributions) == len(hu) < MOST_OFFSETS * 16
    assert scorer.network.passes == -(-len(hu) // SLICES_AT_ONCE)


def test_one_offset_is_the_same_bytes_as_without_the_option(scan, random_run, tmp_path):
    plain = scored(scan, random_run, tmp_path)
    one = scored(scan, random_run, tmp_path, "--offsets", 1)
    for result in (plain, one):
        result.pop("timings_s")
    assert json.dumps(one) == json.dumps(plain)
    (target,) = plain["targets"].values()
    assert list(target) == ["score", "slices", "weights_sha256"]
    assert {tuple(s) for s in target["slices"]} == {("index", "z_mm", "contribution")}


def test_the_score_is_the_mean_of_the_listed_contributions(several, hu):
    target = several["targets"]["fev1pp"]
    slices = target["slices"]
    assert target["offsets"] == SEVERAL
    assert target["score"] == float(np.mean([s["contribution"] for s in slices]))
    assert [s["index"] for s in slices] == sorted({s["index"] for s in slices})
    assert [s["z_mm"] for s in slices] == sorted(s["z_mm"] for s in slices)
    weights = np.array([s["weight"] for s in slices])
    assert weights.mean() == pytest.approx(1, rel=1e-12)
    # chests of the tests have fewer slices than three times 16: some are met twice
    assert len(hu) < SEVERAL * 16 and np.ptp(weights) > 0


def test_a_contribution_is_the_slices_own_score_times_its_weight(several, hu, random_run):
    scorer = Scorer(load_trained(random_run))
    sample, contributions, _ = scorer.score(hu)
    own = dict(zip(sample.indices.tolist(), contributions, strict=True))
    base = several["lungs"]["box"]["z0"]
    slices = several["targets"]["fev1pp"]["slices"]
    seen = {s["index"] - base: s["contribution"] / s["weight"] for s in slices}
    both = own.keys() & seen.keys()  # SEVERAL is odd, so the middle offset is among them
    assert both == own.keys()
    assert all(seen[index] == pytest.approx(own[index], rel=1e-12) for index in both)


def test_a_split_is_predicted_as_its_scans_are_scored(tiny_cohort, random_run, tmp_path):
    first, *_ = predict_split(load_trained(random_run), "test", quiet=True, offsets=SEVERAL)
    path = tiny_cohort.parent / f"{first.scan.scan_id}.mhd"
    alone = scored(path, random_run, tmp_path, "--offsets", SEVERAL)["targets"]["fev1pp"]
    assert first.score == alone["score"]
    assert first.contributions.tolist() == [s["contribution"] for s in alone["slices"]]


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_score_cohort_says_the_same_and_mixes_no_offsets(several, scan, random_run, tmp_path):
    (tmp_path / "list.txt").write_text(f"{scan}\n")
    out = tmp_path / "s.csv"
    options = [tmp_path / "list.txt", "--weights", random_run.path, "--workers", 1, "--quiet"]
    options = [*map(str, options), "--contributions", "--out", str(out)]
    assert score_cohort.main([*options, "--offsets", str(SEVERAL)]) == 0
    target = several["targets"]["fev1pp"]
    assert float(rows(out)[0]["fev1pp"]) == target["score"]
    names = ("index", "z_mm", "contribution", "weight")
    listed = rows(tmp_path / "s_contributions_fev1pp.csv")
    assert list(listed[0]) == ["scan_id", *names]
    assert [[float(row[n]) for n in names] for row in listed] == [
        [s[n] for n in names] for s in target["slices"]
    ]
    made = json.loads((tmp_path / "s_made_with.json").read_text())
    assert made["offsets"] == SEVERAL
    for others in ([], ["--offsets", "2"]):
        with pytest.raises(UsageError, match="made with other --offsets; delete"):
            score_cohort.main([*options, "--continue", *others])


def test_one_offset_leaves_made_with_as_it_was(random_run):
    one, two = (
        made_with(
            [load_trained(random_run)],
            CAFFE,
            score_cohort.parser().parse_args(["list", *options]),
            [],
        )
        for options in ([], ["--offsets", "2"])
    )
    assert "offsets" not in one and two == one | {"offsets": 2}


@pytest.mark.parametrize("tool", [score_scan, score_cohort])
@pytest.mark.parametrize("count", ["0", "65", "-3"])
def test_a_number_out_of_range_is_refused_before_any_work(tool, count):
    with pytest.raises(UsageError, match=re.escape(f"--offsets {count} is not in 1..64")):
        tool.main(["no-such-scan", "--weights", "no-such-run", "--offsets", count])
