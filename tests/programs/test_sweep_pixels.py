"""A sweep over pixel sizes: its table is score_scan's numbers."""

import json

import pytest
from chest import write_scan

from pylayers.errors import UsageError
from tools import score_scan, sweep_pixels


@pytest.mark.caffe
def test_the_table_has_score_scans_numbers_and_refusals(chest, random_run, tmp_path, capsys):
    scan = write_scan(tmp_path / "chest.nrrd", chest.hu)
    weights = ["--weights", str(random_run.path)]
    sweep_pixels.main([str(scan), "--sizes", "0,8", *weights])
    head, line, own, coarse = capsys.readouterr().out.splitlines()
    assert head == "| pixels | score | with --resample | LAA-950 |" and line == "|---|---|---|---|"
    assert coarse.startswith("| 8 mm | refused: pixel-size | ") and coarse.count(" %") == 2
    scores = []
    for more in ((), ("--resample",)):
        path = tmp_path / "score.json"
        assert score_scan.main([str(scan), "--json", str(path), "--quiet", *more, *weights]) == 0
        scores.append(f"{json.loads(path.read_text())['targets']['fev1pp']['score']:.1f} %")
    assert own.startswith(f"| 2.6 mm | {scores[0]} | {scores[1]} | ")


@pytest.mark.parametrize("sizes", ["", "a", "0.7,", "-1", "0.7,70", "nan"])
def test_sizes_that_no_scan_has_are_refused_before_any_work(sizes):
    with pytest.raises(UsageError, match="is not a list of mm such as"):
        sweep_pixels.main(["no-such-scan.mhd", f"--sizes={sizes}"])
