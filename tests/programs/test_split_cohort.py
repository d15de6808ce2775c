"""Splitting: by subject, in exact proportion, stratified and seeded."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pylayers.cohort.cohort import CohortScan, read_cohort, write_rows
from pylayers.cohort.gold import gold_stage
from pylayers.errors import CohortError, UsageError
from tools import split_cohort
from tools.split_cohort import draw_splits, parsed_fractions

PAPER = parsed_fractions("1424,170,195")


def scans_of(count, seed=0, per_subject=1, labelled=True):
    """Synthetic scans with GOLD shares like a COPD cohort's."""
    rng = np.random.default_rng(seed)
    scans = []
    for number in range(count):
        ratio, percent = rng.uniform(0.3, 0.85), rng.uniform(15, 115)
        labels = {"ve": float(rng.integers(6)), "fev1fvc": ratio, "fev1pp": percent}
        subject = f"s{number // per_subject:04d}"
        scans.append(CohortScan(f"c{number:04d}", subject, "", labels if labelled else {}, {}))
    return tuple(scans)


def test_the_papers_cohort_is_split_into_the_papers_numbers():
    splits = draw_splits(scans_of(1789), PAPER, seed=1)
    assert Counter(splits.values()) == {"train": 1424, "val": 170, "test": 195}


@settings(max_examples=30)
@given(
    count=st.integers(1, 300),
    weights=st.lists(st.integers(1, 20), min_size=3, max_size=3),
    seed=st.integers(0, 1000),
)
def test_every_split_gets_its_share_to_a_scan(count, weights, seed):
    fractions = np.array(weights) / sum(weights)
    counts = Counter(draw_splits(scans_of(count), fractions, seed).values())
    for name, fraction in zip(("train", "val", "test"), fractions, strict=True):
        assert abs(counts[name] - fraction * count) <= 1 + 1e-9


@pytest.mark.parametrize("seed", [1, 2])
def test_gold_stages_and_outcomes_have_the_same_share_in_every_split(seed):
    scans = scans_of(1789)
    splits = draw_splits(scans, PAPER, seed)

    def of(split, measure):
        return np.mean([measure(s) for s in scans if split in ("", splits[s.subject_id])])

    for stage in range(5):
        stages = {s.scan_id: gold_stage(s.labels["fev1fvc"], s.labels["fev1pp"]) for s in scans}
        shares = [
            of(split, lambda s: stages[s.scan_id] == stage)  # noqa: B023
            for split in ("train", "val", "test")
        ]
        assert max(shares) - min(shares) < 0.02
    for name, tolerance in (("ve", 0.15), ("fev1fvc", 0.03), ("fev1pp", 4.0)):
        for split in ("val", "test"):
            everyone = np.mean([s.labels[name] for s in scans])
            assert of(split, lambda s: s.labels[name]) == pytest.approx(  # noqa: B023
                everyone, abs=tolerance
            )


def test_the_scans_of_a_subject_stay_together(tmp_path):
    rows = [
        {"scan_id": s.scan_id, "subject_id": s.subject_id, "split": "", "ve": s.labels["ve"]}
        for s in scans_of(90, per_subject=3)
    ]
    write_rows(tmp_path / "cohort.csv", rows)
    split_cohort.main([str(tmp_path), "--quiet"])
    splits = {}
    for scan in read_cohort(tmp_path).scans:
        splits.setdefault(scan.subject_id, set()).add(scan.split)
    assert len(splits) == 30
    assert all(len(of_subject) == 1 for of_subject in splits.values())
    assert set.union(*splits.values()) == {"train", "val", "test"}


@pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "unlabelled"])
def test_the_same_seed_gives_the_same_split_whatever_the_order_of_the_table(labelled):
    scans = scans_of(200, labelled=labelled)
    first = draw_splits(scans, PAPER, seed=5)
    assert draw_splits(scans[::-1], PAPER, seed=5) == first
    assert draw_splits(scans, PAPER, seed=6) != first


def test_scans_without_labels_are_split_too():
    counts = Counter(draw_splits(scans_of(90, labelled=False), PAPER, seed=1).values())
    assert min(counts.values()) >= 8


def test_the_table_keeps_its_columns_and_rows(tmp_path):
    rows = [
        {"scan_id": f"c{i}", "subject_id": f"c{i}", "split": "", "ve": "1", "site": f"x{i}"}
        for i in range(12)
    ]
    write_rows(tmp_path / "cohort.csv", rows)
    split_cohort.main([str(tmp_path), "--fractions", "2,1,1", "--quiet"])
    after = [dict(scan.row) for scan in read_cohort(tmp_path).scans]
    assert Counter(row.pop("split") for row in after) == {"train": 6, "val": 3, "test": 3}
    assert after == [{k: v for k, v in row.items() if k != "split"} for row in rows]


def split_of(folder):
    return {scan.scan_id: scan.split for scan in read_cohort(folder).scans}


@pytest.fixture
def half_stated(tmp_path):
    """A cohort of 20 subjects with two scans each; the first ten are in the test split."""
    rows = [
        {"scan_id": s.scan_id, "subject_id": s.subject_id, "split": "", "ve": s.labels["ve"]}
        for s in scans_of(40, per_subject=2)
    ]
    for row in rows[:20:2]:  # of one of a subject's scans
        row["split"] = "test"
    write_rows(tmp_path / "cohort.csv", rows)
    return tmp_path


def test_splits_that_the_table_states_are_kept_and_the_others_drawn(half_stated, capsys):
    split_cohort.main([str(half_stated), "--fractions", "8,1,1"])
    splits = list(split_of(half_stated).values())
    assert splits[:20] == ["test"] * 20
    assert Counter(splits[20:]) == {"train": 16, "val": 2, "test": 2}
    assert "20 as cohort.csv states; --redraw draws all anew" in capsys.readouterr().out


def test_a_split_that_is_whole_is_drawn_anew_only_when_that_is_said(half_stated, capsys):
    split_cohort.main([str(half_stated), "--quiet"])
    table = (half_stated / "cohort.csv").read_bytes()
    split_cohort.main([str(half_stated)])
    assert "40 as cohort.csv states" in capsys.readouterr().out
    for more in (["--seed", "2"], ["--fractions", "2,1,1"]):
        with pytest.raises(UsageError, match=r"every scan of .* has a split; --redraw draws all"):
            split_cohort.main([str(half_stated), *more])
    assert (half_stated / "cohort.csv").read_bytes() == table
    split_cohort.main([str(half_stated), "--redraw", "--fractions", "2,1,1"])
    assert Counter(split_of(half_stated).values()) == {"train": 20, "val": 10, "test": 10}


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "1,0,1", "1,-1,1", "a,b,c", "1,nan,1"])
def test_fractions_that_cannot_be_meant_are_refused(text):
    with pytest.raises(UsageError, match="three positive numbers") as caught:
        parsed_fractions(text)
    assert repr(text) in str(caught.value)


def test_a_folder_without_a_table_is_a_cohort_error(tmp_path):
    with pytest.raises(CohortError, match="there is no"):
        split_cohort.main([str(tmp_path)])
