"""Going on with a run over many scans: what is done again, what is not mixed, what is kept.

The workers are replaced, so that no scan is read.
"""

import csv
import errno
import os
import shutil
from pathlib import Path

import pytest

from pylayers.errors import MachineError, UsageError
from tools import score_cohort
from tools.scan_lists.scan_table import ScanJob, source_key
from tools.scoring import score_tables, score_worker
from tools.scoring.score_journal import Journal
from tools.workers import worker_side
from tools.workers.worker_pool import Lost
from tools.workers.worker_setup import ScoreSetup

pytestmark = pytest.mark.caffe


def rows(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def tables(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def asked(monkeypatch):
    """Stands in for the workers: a list of the scans asked for; `fails` are answered with Lost."""

    def answers(jobs, setup, args):
        assert os.listdir(setup.scratch) == []
        Path(setup.scratch, "unpacked").touch()
        for job in reversed(jobs):
            asked.append(job.scan_id)
            if job.scan_id in asked.fails:
                yield job, Lost("a bug")
                continue
            row = {"scan_id": job.scan_id, "fev1pp": f"{len(asked.versions)}.5", "refused": ""}
            key = source_key(job)
            yield job, {"scan_id": job.scan_id, "source_key": key, "row": row, "slices": {}}
            if job.scan_id == asked.stop_after:
                raise KeyboardInterrupt
        asked.then()

    class Asked(list):
        fails, stop_after, versions, then = (), None, (), lambda *_: None

    asked = Asked()
    monkeypatch.setattr(score_cohort, "answers", answers)
    return asked


@pytest.fixture
def few(tmp_path, random_run, monkeypatch):
    """Scores a list of three empty files a, b, c in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in "abc":
        (tmp_path / f"{name}.mha").touch()
    (tmp_path / "list").write_text("a.mha\nb.mha\nc.mha\n")

    def score(*options, weights=random_run.path):
        options = (*options, "--weights", weights, "--quiet")
        return score_cohort.main(["list", *map(str, options)])

    return score


def test_a_finished_table_is_not_overwritten_and_not_made_again(few, asked, tmp_path):
    assert few() == 0 and asked == ["c", "b", "a"]
    before = tables(tmp_path)
    with pytest.raises(UsageError, match=r"scores.csv exists; delete it or choose another --out"):
        few()
    assert few("--continue") == 0
    with pytest.raises(UsageError, match="complete and made with other --allow-uneven; delete"):
        few("--continue", "--allow-uneven")
    (tmp_path / "scores_made_with.json").unlink()
    with pytest.raises(UsageError, match=r"scores_made_with.json, which says what"):
        few("--continue")
    (tmp_path / "scores_made_with.json").write_bytes(before["scores_made_with.json"])
    assert tables(tmp_path) == before and len(asked) == 3


def test_an_unfinished_run_is_gone_on_with_only_by_the_same_request(
    few, asked, tmp_path, random_run, capsys
):
    asked.stop_after = "b"
    assert few() == 130
    assert "stopped by Ctrl-C" in capsys.readouterr().err
    kept = (tmp_path / ".scores.csv.journal").read_bytes()
    with pytest.raises(UsageError, match=r"an unfinished run is kept in .*--continue"):
        few()
    for option in ("--allow-uneven", "--contributions", "--shard=1/2"):
        with pytest.raises(UsageError, match=f"a run with other .*{option.split('=')[0]}"):
            few("--continue", option, "--out", "scores.csv")
    weights = tmp_path / "other"
    shutil.copytree(random_run.path, weights)
    with (weights / "deploy.prototxt").open("a") as file:
        file.write("\n")
    with pytest.raises(UsageError, match="a run with other nets; delete"):
        few("--continue", weights=weights)
    (tmp_path / "list").write_text("a.mha\nb.mha\n")
    with pytest.raises(UsageError, match="a run with other list of scans"):
        few("--continue")
    assert (tmp_path / ".scores.csv.journal").read_bytes() == kept

    (tmp_path / "list").write_text("# the same\na.mha\nb.mha\nc.mha\n")
    asked.clear()
    asked.stop_after = None
    assert few("--continue") == 0
    assert asked == ["a"]
    assert [row["scan_id"] for row in rows(tmp_path / "scores.csv")] == ["a", "b", "c"]


def test_a_scan_that_changed_since_is_scored_again(few, asked, tmp_path):
    asked.stop_after = "b"
    assert few() == 130
    os.utime(tmp_path / "c.mha", (1, 1))
    asked.clear()
    asked.stop_after, asked.versions = None, (1,)
    assert few("--continue") == 0
    assert asked == ["c", "a"]
    scores = {row["scan_id"]: row["fev1pp"] for row in rows(tmp_path / "scores.csv")}
    assert scores == {"a": "1.5", "b": "0.5", "c": "1.5"}


def test_an_error_has_a_row_ends_with_1_and_is_tried_again(few, asked, tmp_path, capsys):
    asked.fails = ("b",)
    assert few() == 1
    assert "error: b: a bug" in capsys.readouterr().err
    assert [(row["refused"], row["sentence"]) for row in rows(tmp_path / "scores.csv")] == [
        *(("", ""), ("error", "a bug"), ("", ""))
    ]
    asked.clear()
    asked.fails = ()
    assert few("--continue") == 0
    assert asked == ["b"]
    assert all(row["fev1pp"] for row in rows(tmp_path / "scores.csv"))
    assert not (tmp_path / ".scores.csv.journal").exists()


def test_two_runs_cannot_share_a_table(few, asked, tmp_path, monkeypatch):
    other = Journal(tmp_path / ".scores.csv.journal")
    for options in ((), ("--continue",)):
        with pytest.raises(UsageError, match="another run is at work"):
            few(*options)
    other.close()
    assert few() == 0


def test_what_a_killed_run_had_unpacked_is_removed(few, asked, tmp_path):
    (tmp_path / ".scores.csv.scratch" / "scan2num-x").mkdir(parents=True)
    assert few() == 0  # the workers start with an empty folder, and leave something in it
    assert not (tmp_path / ".scores.csv.scratch").exists()


def test_a_torn_line_spoils_no_other(few, asked, tmp_path):
    asked.stop_after = "c"
    assert few() == 130
    with (tmp_path / ".scores.csv.journal").open("ab") as file:
        file.write(b'{"scan_id": "b", "sour')
    asked.stop_after = "b"
    assert few("--continue") == 130
    asked.clear()
    asked.stop_after = None
    assert few("--continue") == 0
    assert asked == ["a"]


def test_tables_that_cannot_be_written_lose_nothing(few, asked, tmp_path):
    obstacle = tmp_path / "scores_contributions_fev1pp.csv"
    obstacle.mkdir()
    with pytest.raises(UsageError, match=r"scores_contributions_fev1pp.csv: is a folder"):
        few("--continue", "--contributions")
    assert asked == []
    obstacle.rmdir()
    asked.then = lambda *_: obstacle.mkdir()
    with pytest.raises(MachineError, match="cannot be written: it is a folder; finished"):
        few("--continue", "--contributions")
    asked.then = lambda *_: None
    assert not (tmp_path / "scores.csv").exists()
    obstacle.rmdir()
    asked.clear()
    assert few("--continue", "--contributions") == 0
    assert asked == [] and obstacle.is_file()


def test_a_sentence_of_any_kind_fits_into_the_table(tmp_path):
    refused = {"slug": "not-found", "sentence": 'there is no "caf\udce9",\nnowhere'}
    result = {"lungs": None, "warnings": [], "targets": {}, "refused": refused}
    score_tables.write_scores(tmp_path / "s.csv", ["ve"], [score_tables.row_of("a", result)])
    (row,) = rows(tmp_path / "s.csv")
    assert (row["ve"], row["sentence"]) == ("", 'there is no "caf?",\nnowhere')


def test_help_says_what_is_taken_and_the_real_defaults(capsys):
    with pytest.raises(SystemExit):
        score_cohort.main(["--help"])
    out = capsys.readouterr().out
    assert score_cohort.__doc__ in out
    assert f"(default: {os.cpu_count()}," in " ".join(out.split())
    assert "None" not in out


@pytest.mark.parametrize("cut", [0, 1, 40])
def test_a_journal_without_a_whole_first_line_is_as_good_as_none(cut, few, asked, tmp_path):
    (tmp_path / ".scores.csv.journal").write_bytes(
        b'{"made_with": {"preprocessing": 1, "caffe'[:cut]
    )
    assert few() == 0
    assert len(rows(tmp_path / "scores.csv")) == 3


def test_a_damaged_journal_is_said_so_and_a_damaged_line_is_done_again(few, asked, tmp_path):
    asked.stop_after = "b"
    assert few() == 130
    journal = tmp_path / ".scores.csv.journal"
    head, c, b = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"\0" * 30 + b"\n" + c)
    with pytest.raises(UsageError, match="is damaged; delete it"):
        few("--continue")
    journal.write_bytes(head + b"\0" * 30 + b"\n" + b)
    asked.clear()
    asked.stop_after = None
    assert few("--continue") == 0
    assert asked == ["c", "a"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--workers", "0"], "--workers 0 is below 1"),
        (["--timeout", "nan"], "--timeout nan is not above 0"),
        (["--out", "none/s.csv"], "--out none/s.csv: there is no folder none"),
        (["--out", "/"], "--out /: is a folder"),
        (["--out", "list"], "--out list is an input; it would be overwritten"),
        (["--out", "/dev/stdout"], "--out /dev/stdout is not a file; give the name of a CSV"),
        (["--out", "/dev/null"], "--out /dev/null is not a file"),
        (["--out", "n" * 256], "cannot be written: File name too long"),
        (["--device", "cuda"], "--device 'cuda' is not"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(options, says, few, asked, tmp_path):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match=says):
        few(*options)
    assert asked == [] and sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("in /home/doe\nand more"), "unexpected ValueError in test_score_continue.py:"),
        (MachineError("unpacking a.zip: No space left"), "unpacking a.zip: No space left"),
        (OSError(errno.EMFILE, "Too many open files", "/home/doe"), "the machine failed: Too many"),
        (MemoryError("of 3 GB"), "the machine failed: not enough memory"),
    ],
)
def test_what_is_not_the_scans_is_a_sentence_without_a_path(error, says, monkeypatch, tmp_path):
    def boom(*_, **__):
        raise error

    monkeypatch.setattr(score_worker, "score", boom)
    sent = []

    class Connection:
        send = sent.append
        jobs = iter([ScoreSetup((), None, False, ""), ScanJob(tmp_path / "a.mha", scan_id="a")])

        def recv(self):
            for job in self.jobs:
                return job
            raise EOFError

    with pytest.raises(EOFError):
        worker_side.serve(Connection(), score_worker.begin)
    ready, lost = sent
    assert ready == worker_side.READY
    assert isinstance(lost, Lost) and lost.sentence.startswith(says)
    assert "doe" not in lost.sentence
