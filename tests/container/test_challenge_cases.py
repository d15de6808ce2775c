"""Cases of Grand Challenge by one server process, and what else it may be asked."""

import json
import socket
from pathlib import Path

import pytest
from challenge_server import SCORED, challenge_server, clear, put_scan
from processes import LIMIT_S

from tools import grand_challenge, score_scan
from tools.container import call_invoke

pytestmark = pytest.mark.caffe


def scan(tiny_cohort, number) -> Path:
    return tiny_cohort.parent / f"c{number:02}.mhd"


@pytest.fixture(scope="module")
def server(random_run, tmp_path_factory):
    """A server that is ready, for many cases one after the other."""
    with challenge_server(tmp_path_factory.mktemp("server"), random_run.path) as started:
        started.wait_until_ready()
        yield started


def job_of(path, random_run, folder):
    """What the exec job writes for a scan, by file name."""
    put = folder / "input/images/ct"
    put.mkdir(parents=True)
    (folder / "output").mkdir()
    (put / path.name).write_bytes(path.read_bytes())
    options = ["--input", folder / "input", "--output", folder / "output"]
    assert grand_challenge.main([*map(str, options), "--weights", str(random_run.path)]) == 0
    return {path.name: json.loads(path.read_text()) for path in (folder / "output").iterdir()}


def without_times(files):
    files["scan2num.json"].pop("timings_s")
    return files


def test_each_case_has_the_numbers_of_the_exec_job_and_of_score_scan(
    server, random_run, tiny_cohort, tmp_path
):
    numbers = []
    for number in (3, 4, 3):
        path = put_scan(scan(tiny_cohort, number), server.folder)
        assert server.invoke() == SCORED
        got = without_times(server.written())
        assert got == without_times(job_of(path, random_run, tmp_path / str(len(numbers))))
        out = tmp_path / "s.json"
        score_scan.main([str(path), "--weights", str(random_run.path), "--json", str(out)])
        targets = json.loads(out.read_text())["targets"]
        assert got["scan2num.json"]["targets"] == targets
        assert got["fev1-percent-predicted.json"] == targets["fev1pp"]["score"]
        numbers.append(got["fev1-percent-predicted.json"])
    assert numbers[0] == numbers[2] != numbers[1]


def test_a_call_as_grand_challenges_script_makes_it(server, tiny_cohort, capsys):
    path = put_scan(scan(tiny_cohort, 3), server.folder)
    assert call_invoke.main(["--port", str(server.port)]) == 0
    path.write_bytes(b"no scan at all")
    assert call_invoke.main(["--port", str(server.port)]) == 1
    assert capsys.readouterr().out == "/invoke answered 201\n/invoke answered 422\n"


def test_a_refused_scan_is_an_answer_and_leaves_no_number_of_the_case_before(server, tiny_cohort):
    path = put_scan(scan(tiny_cohort, 3), server.folder, "Doe_Jane.mha")
    assert server.invoke() == SCORED
    path.write_bytes(path.read_bytes()[:5000])
    assert server.invoke() == (422, {"status": "refused", "slug": "truncated"})
    assert set(server.written()) == {"scan2num.json"}
    assert server.written()["scan2num.json"]["refused"]["slug"] == "truncated"
    path.write_bytes(b"no scan at all")
    assert server.invoke() == (422, {"status": "refused", "slug": "unreadable"})
    put_scan(scan(tiny_cohort, 3), server.folder)
    assert server.invoke() == SCORED


def test_a_case_without_one_scan_is_an_answer(server, tiny_cohort):
    put_scan(scan(tiny_cohort, 3), server.folder)
    assert server.invoke() == SCORED
    (server.folder / "input/images/ct/second.mha").touch()
    assert server.invoke() == (400, {"status": "no-case"})
    assert server.written() == {}
    clear(server.folder)
    assert server.invoke() == (400, {"status": "no-case"})
    assert "holds 0 files *.mha; a job has one\n" in server.log
    assert server.call("GET", "/health") == (200, {"status": "ready"})


def test_the_input_folder_may_be_another_one_for_each_case(server, tiny_cohort, tmp_path):
    """Grand Challenge links /input to a new folder before each case."""
    link, kept = server.folder / "input", server.folder / "kept"
    link.rename(kept)
    try:
        seen = []
        for number in (3, 4):
            folder = tmp_path / str(number)
            (folder / "input/images/ct").mkdir(parents=True)
            put_scan(scan(tiny_cohort, number), folder)
            link.unlink(missing_ok=True)
            link.symlink_to(folder / "input")
            assert server.invoke() == SCORED
            seen.append(server.written()["fev1-percent-predicted.json"])
        assert seen[0] != seen[1]
    finally:
        link.unlink()
        kept.rename(link)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/invoke/", 404),
        ("POST", "//invoke", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/docs", 404),
        ("GET", "/invoke", 405),
        ("PUT", "/invoke", 405),
        ("DELETE", "/invoke", 405),
        ("POST", "/health", 405),
    ],
)
def test_there_are_two_calls_and_no_other(method, path, status, server):
    assert server.call(method, path)[0] == status


def test_nothing_is_taken_from_the_request(server, tiny_cohort, tmp_path):
    put_scan(scan(tiny_cohort, 3), server.folder)
    elsewhere = {"input": str(tmp_path), "output": str(tmp_path), "weights": "/etc"}
    body = json.dumps(elsewhere).encode()
    headers = {"content-type": "application/json", "x-input": str(tmp_path)}
    path = f"/invoke?input={tmp_path}&output={tmp_path}"
    assert server.call("POST", path, body, headers) == SCORED
    assert list(tmp_path.iterdir()) == []
    assert set(server.written()) == {"fev1-percent-predicted.json", "scan2num.json"}


@pytest.mark.parametrize(
    ("header", "status"),
    [(b"content-length: 1000000000", b" 413 "), (b"transfer-encoding: chunked", b" 201 ")],
)
def test_a_body_is_not_waited_for(header, status, server, tiny_cohort):
    put_scan(scan(tiny_cohort, 3), server.folder)
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S) as connection:
        connection.sendall(b"POST /invoke HTTP/1.1\r\nhost: a\r\n" + header + b"\r\n\r\n")
        said = connection.makefile("rb").read()  # to its end: the connection is closed
    assert status in said.splitlines()[0]
