"""A server for Grand Challenge's cases, as a process: from its start to its end."""

import signal
import socket

import pytest
from challenge_server import SCORED, answer, challenge_server, put_scan
from gate import Gate
from processes import LIMIT_S, wait_for

from tools.container import call_invoke

pytestmark = pytest.mark.caffe
GATED = "tests/helpers/gated_serve_challenge.py"


def test_health_is_200_once_all_is_loaded_and_nets_are_loaded_once(
    random_run, tiny_cohort, tmp_path
):
    gate = Gate(tmp_path / "gate", "load", "case")
    with challenge_server(tmp_path, random_run.path, program=GATED, env=gate.env) as server:
        gate.reached(server.process, "load")
        assert server.call("GET", "/health") == (503, {"status": "loading"})
        assert not call_invoke.is_healthy(server.port, pause_s=0)
        assert server.invoke() == (503, {"status": "loading"})
        gate.open()
        server.wait_until_ready()
        for number in (3, 4):
            put_scan(tiny_cohort.parent / f"c{number:02}.mhd", tmp_path)
            assert server.invoke() == SCORED
        assert [name for name, _ in gate.passed()] == ["load", "case", "case"]


def test_a_call_beside_a_running_case_is_told_so_and_sigterm_waits_for_the_case(
    random_run, tiny_cohort, tmp_path
):
    gate = Gate(tmp_path / "gate", "case")
    with challenge_server(tmp_path, random_run.path, program=GATED, env=gate.env) as server:
        server.wait_until_ready()
        put_scan(tiny_cohort.parent / "c03.mhd", tmp_path)
        case = server.begin("POST", "/invoke")
        gate.reached(server.process)
        assert server.invoke() == (409, {"status": "busy"})
        assert server.call("GET", "/health") == (200, {"status": "ready"})
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_closed(server.port), server.process)
        gate.open()
        assert answer(case) == SCORED
        assert server.ended() == 143
        assert set(server.written()) == {"fev1-percent-predicted.json", "scan2num.json"}
        assert server.log.endswith("stopped by SIGTERM; finished work is kept\n")
        assert [name for name, _ in gate.passed()].count("case") == 1


def test_sigterm_ends_it_while_it_loads(random_run, tmp_path):
    gate = Gate(tmp_path / "gate", "load")
    with challenge_server(tmp_path, random_run.path, program=GATED, env=gate.env) as server:
        gate.reached(server.process)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_closed(server.port), server.process)
        gate.open()
        assert server.ended() == 143


def is_closed(port):
    """Whether nobody listens on a port any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_caller_who_leaves_does_not_end_the_case(random_run, tiny_cohort, tmp_path):
    gate = Gate(tmp_path / "gate", "case")
    with challenge_server(tmp_path, random_run.path, program=GATED, env=gate.env) as server:
        server.wait_until_ready()
        put_scan(tiny_cohort.parent / "c03.mhd", tmp_path)
        case = server.begin("POST", "/invoke")
        gate.reached(server.process)
        case.close()
        assert server.invoke() == (409, {"status": "busy"})
        server.process.send_signal(signal.SIGTERM)
        gate.open()
        assert server.ended() == 143
        assert "fev1-percent-predicted.json" in server.written()


def test_unusable_weights_end_it(random_run, tmp_path):
    run = tmp_path / "fev1pp"
    run.mkdir()
    for path in (random_run.best_json, random_run.deploy):
        (run / path.name).write_bytes(path.read_bytes())
    (run / random_run.best_weights.name).write_bytes(b"no net")
    with challenge_server(tmp_path, run) as server:
        assert server.ended() == 4
        assert server.log.splitlines()[-1].startswith("error: ")
        assert "Traceback" not in server.log


def test_a_port_that_is_taken_is_said(random_run, run_tool):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = ["--weights", random_run.path, "--host", "127.0.0.1", "--port", port]
        done = run_tool("serve_challenge", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: --host 127.0.0.1 --port {port} cannot be listened on: ")
