"""score_cohort by workers: the list, the sums, and a whole measurement of a few small scans."""

import csv

import pytest

from tools.bench import measure_score_cohort as measured_module
from tools.bench.bench_run import write_bench_run
from tools.bench.bench_weights import write_weights
from tools.bench.engine import EngineFailed
from tools.bench.measure_score_cohort import (
    measure_score_cohort,
    results_of,
    workers_tried,
    write_list,
)
from tools.bench.scoring_rows import TITLES, cohort_speeds
from tools.bench.settings import Settings

pytestmark = pytest.mark.caffe


@pytest.mark.parametrize(
    ("cores", "tried"), [(1, [1, 2]), (2, [1, 2]), (6, [1, 2, 4, 6]), (16, [1, 2, 4, 8, 16])]
)
def test_workers_double_up_to_the_cores(cores, tried):
    assert workers_tried(cores) == tried


def test_the_list_has_each_scan_several_times_under_names_of_their_own(tmp_path):
    scans = [tmp_path / "a.mhd", tmp_path / "b c.mhd"]
    path = write_list(tmp_path / "list.csv", scans, 3)
    rows = list(csv.DictReader(path.open()))
    assert len({row["scan_id"] for row in rows}) == 6
    assert [row["path"] for row in rows] == [str(scan) for scan in scans] * 3


def test_the_start_is_taken_off_by_what_a_short_list_takes():
    # a start of 3 s, then 1 s a scan and worker; the short list has 4 scans, the long one 12
    whole = {"1": [15.0, 30.0], "2": [9.0, 18.0]}  # the second round was slow for all
    rest = {"1": [8.0, 16.0], "2": [4.0, 8.0]}
    found = results_of(whole, rest, 12, 8)
    assert found["score_cohort_2_workers_vs_1"]["median"] == pytest.approx(15 / 9)
    assert found["score_cohort_2_workers_vs_1_without_start"]["median"] == 2.0
    speeds = found["score_cohort_workers"]
    assert speeds["2"]["scans_per_s"]["max"] == pytest.approx(12 / 9)
    assert speeds["2"]["scans_per_s_without_start"]["max"] == 2.0
    assert found["not_measured"] == {}
    assert set(found) - {"score_cohort_workers", "not_measured"} <= set(TITLES)
    assert "2 workers" in cohort_speeds(found)[2] and "2.00]" in cohort_speeds(found)[2]


def test_a_time_that_noise_hides_is_no_speed():
    found = results_of({"1": [5.0], "2": [4.0]}, {"1": [1.0], "2": [-0.5]}, 12, 8)
    assert "score_cohort_2_workers_vs_1" in found
    assert set(found["not_measured"]) == {"score_cohort_2_workers_vs_1_without_start"}
    assert found["score_cohort_workers"]["2"]["scans_per_s_without_start"] is None
    assert cohort_speeds(found)[2].endswith("-")


@pytest.fixture
def settings(tiny_cohort, tmp_path):
    return Settings(tiny_cohort, tmp_path, 2, 1, 1, 1, None, quick=True, quiet=True)


@pytest.mark.slow
def test_a_list_is_scored_by_one_and_by_two_workers(tiny_cohort, settings):
    scans = [tiny_cohort.parent / f"c0{number}.mhd" for number in (1, 3)]
    found = measure_score_cohort(settings, write_bench_run(settings), scans, cores=1)
    assert set(found["score_cohort_workers"]) == {"1", "2"}
    speed = found["score_cohort_workers"]["1"]["scans_per_s"]
    assert 0 < speed["min"] <= speed["median"] <= speed["max"] and speed["n"] == 3
    seen = found["score_cohort_2_workers_vs_1"]
    assert seen["scans"] == 8 and 0.2 < seen["min"] <= seen["median"] <= seen["max"] < 3
    assert sorted(path.name for path in (settings.folder / "score_cohort").iterdir()) == [
        "scans_1.csv",
        "scans_4.csv",
    ]


def test_tables_that_differ_are_a_bug_and_not_compared(tiny_cohort, settings, monkeypatch):
    run = write_bench_run(settings)
    write_weights(run)
    scans = [tiny_cohort.parent / "c01.mhd"]
    tables = iter(range(1000))

    class Programs:
        def __init__(self, *_): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def ask(self, _, command):
            out = command[command.index("--out") + 1]
            with open(out, "w") as table:
                table.write(str(next(tables)))
            return {"wall_s": 1.0}

    monkeypatch.setattr(measured_module, "Engine", Programs)
    with pytest.raises(EngineFailed, match="depends on the number of workers"):
        measure_score_cohort(settings, run, scans, cores=1)
