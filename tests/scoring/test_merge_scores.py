"""Merging the tables of shards: the same bytes as without, or a sentence that names the part.

The workers are replaced, so that no scan is read.
"""

import json
import shutil
from pathlib import Path

import pytest

from pylayers.errors import UsageError
from tools import merge_scores, score_cohort
from tools.scan_lists.scan_table import source_key
from tools.workers.worker_pool import Lost

pytestmark = pytest.mark.caffe

COUNT, SHARDS = 8, 3
REFUSED = {"scan_id": "s3", "refused": "corrupt", "sentence": 'a "b",\nc'}


def answers(jobs, setup, args):
    """Stand in for the workers: s3 is refused, s5 is lost, and each other score is its own."""
    for job in reversed(jobs):
        number = int(job.scan_id[1])
        entry = {"scan_id": job.scan_id, "source_key": source_key(job)}
        if job.scan_id == "s3":
            yield job, entry | {"row": REFUSED, "slices": {}}
        elif job.scan_id == "s5":
            yield job, Lost("a bug")
        else:
            row = {"scan_id": job.scan_id, "fev1pp": repr(1 / (number + 1)), "refused": ""}
            slices = [[i, round(7.1 * i, 2), number / 3] for i in range(2 if number else 1)]
            yield job, entry | {"row": row, "slices": {"fev1pp": slices}}


@pytest.fixture
def score(tmp_path, random_run, monkeypatch):
    """Scores a list of empty files in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(score_cohort, "answers", answers)
    for number in range(COUNT):
        Path(f"s{number}.mha").touch()
    Path("list").write_text("".join(f"s{number}.mha\n" for number in range(COUNT)))

    def score(*options, scans="list"):
        options = ("--weights", str(random_run.path), "--contributions", "--quiet", *options)
        return score_cohort.main([scans, *options])

    return score


@pytest.fixture
def parts(score):
    """The tables of all shards."""
    for number in range(1, SHARDS + 1):
        score("--shard", f"{number}/{SHARDS}")
    return [f"scores_{number}of{SHARDS}.csv" for number in range(1, SHARDS + 1)]


def merge(*parts):
    return merge_scores.main([*parts, "--out", "merged/scores.csv", "--quiet"])


def files(folder):
    return {
        p.name: p.read_bytes() for p in Path(folder).iterdir() if p.is_file() and p.name[0] != "."
    }


def test_merged_parts_are_the_bytes_of_a_run_without_shards(score, parts, capsys):
    for folder in ("whole", "merged"):
        Path(folder).mkdir()
    assert score("--out", "whole/scores.csv") == 1  # a row says `error`
    before = files(".")
    assert merge(*reversed(parts)) == 1
    assert files("merged") == files("whole") and len(files("whole")) == 3
    assert files(".") == before
    with pytest.raises(UsageError, match=r"scores.csv exists; delete it or choose another --out"):
        merge(*parts)
    capsys.readouterr()
    assert merge_scores.main([*parts, "--out", "again.csv"]) == 1
    assert capsys.readouterr().out.startswith("scored   6\nrefused  1 (1 corrupt)\nerrors   1")


def test_more_parts_than_scans_without_contributions_are_merged(tmp_path, random_run, score):
    Path("few").write_text("s0.mha\ns1.mha\n")
    options = ("few", "--weights", str(random_run.path), "--quiet")
    names = [f"scores_{number}of3.csv" for number in (1, 2, 3)]
    for number in (1, 2, 3):
        assert score_cohort.main([*options, "--shard", f"{number}/3"]) == 0
    assert score_cohort.main([*options, "--out", "whole.csv"]) == 0
    Path("merged").mkdir()
    assert merge(*names) == 0
    assert Path("merged/scores.csv").read_bytes() == Path("whole.csv").read_bytes()
    made = Path("merged/scores_made_with.json").read_bytes()
    assert made == Path("whole_made_with.json").read_bytes()
    # it counts as complete
    options = (*options, "--out", "merged/scores.csv", "--continue")
    assert score_cohort.main([*options]) == 0


def refuses(says, *parts):
    Path("merged").mkdir(exist_ok=True)
    with pytest.raises(UsageError, match=says) as caught:
        merge(*parts)
    assert "\n" not in str(caught.value)
    assert files("merged") == {}


def test_a_missing_a_double_and_an_unfinished_part_are_named(score, parts):
    one, two, three = parts
    refuses("part 2/3 is missing", one, three)
    refuses(r"scores_2of3.csv, part 2/3, is there twice: scores_2of3.csv", one, two, two, three)
    Path(three).unlink()
    refuses(r"scores_3of3.csv is unfinished; .*--continue goes on", one, two, three)
    refuses(r"none_made_with.json cannot be read: No such file", one, two, "none.csv")


def test_a_part_of_another_run_is_named(score, parts):
    one, two, three = parts
    score("--shard", "2/3", "--allow-uneven", "--out", "uneven.csv")
    refuses(
        r"uneven.csv, part 2/3, is made with other --allow-uneven than scores_1of3.csv",
        *(one, "uneven.csv", three),
    )
    Path("list").write_text(Path("list").read_text().replace("s7", "s6"))
    score("--shard", "1/3", "--out", "list.csv")
    refuses(r"scores_2of3.csv, part 2/3, is made with other list of scans", "list.csv", two, three)
    score("--shard", "2/4", "--out", "four.csv")
    refuses(r"four.csv, part 2/4, is not of as many parts as scores_1of3", one, "four.csv", three)
    score("--out", "whole.csv")
    refuses(r"whole.csv is no part", "whole.csv")


def test_a_part_that_was_changed_is_named(parts):
    one, two = map(Path, parts[:2])
    good = one.read_text()
    one.write_text(good[: good.index("s6")])
    refuses(r"scores_1of3.csv, part 1/3, does not have 3 rows of as many", *parts)
    one.write_text(two.read_text())
    refuses(r"scores_1of3.csv, part 1/3, has contributions to fev1pp of other scans", *parts)
    one.write_text("scan_id\n")
    refuses(r"scores_1of3.csv is damaged or is no table", *parts)
    one.write_text(good)
    slices = Path("scores_1of3_contributions_fev1pp.csv")
    slices.rename("away")
    refuses(r"scores_1of3_contributions_fev1pp.csv cannot be read: No such file", *parts)
    shutil.copy("away", slices)
    about = Path("scores_2of3_made_with.json")
    head = json.loads(about.read_text())
    for content in (
        [],
        head | {"shard": "4/3"},
        head | {"weights_sha256": {"../x": ""}},
        head | {"scans": "3"},
    ):
        about.write_text(json.dumps(content))
        refuses(r"scores_2of3_made_with.json is damaged", *parts)
    about.write_text(json.dumps(head | {"shard": "1/3"}))
    refuses(r"scores_2of3.csv, part 1/3, is there twice: scores_1of3.csv", *parts)
