"""The script that tries bare roots, without making one (make bare-roots does)."""

import os
import signal
import subprocess
import time

import pytest
from conftest import ROOT

SCRIPTS = ROOT / "tools/container"
# What stands for the namespaces and all that happens inside: it ends as each suite's name says.
UNSHARE = """\
for word; do case $word in
  good) exit 0 ;;
  bad) echo "it broke"; exit 1 ;;
  missing) echo "no mirror has it"; exit 3 ;;
  endless) echo $$ > "$ROOTS_FOLDER.pid.part"; mv "$ROOTS_FOLDER.pid.part" "$ROOTS_FOLDER.pid"
    exec sleep 600 ;;
esac; done
"""


@pytest.fixture
def start(tmp_path):
    """A function that starts try_bare_roots.sh as if by root, with made-up namespaces."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "roots").mkdir()
    for name, script in {"unshare": UNSHARE, "id": "echo 0"}.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "LOGS_FOLDER": str(tmp_path / "logs"),
        "ROOTS_FOLDER": str(tmp_path / "roots"),
    }

    def run(*suites, **settings):
        return subprocess.Popen(
            [SCRIPTS / "try_bare_roots.sh", "true", *suites],
            env=environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run


@pytest.mark.parametrize(
    ("suites", "settings", "code", "lines"),
    [
        (["good"], {}, 0, ["good: ok, 0.0 minutes"]),
        (["bad", "good"], {}, 1, ["it broke", "bad: FAILED with exit code 1", "good: ok"]),
        (["missing", "good"], {}, 1, ["missing: not tried: no mirror has it", "good: ok"]),
        (["missing", "good"], {"SKIP_MISSING": "1"}, 0, ["missing: not tried", "good: ok"]),
        (["missing"], {"SKIP_MISSING": "1"}, 1, ["missing: not tried"]),
    ],
)
def test_each_root_is_reported_and_the_exit_code_counts_them(
    suites, settings, code, lines, start, tmp_path
):
    process = start(*suites, **settings)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    assert all(line in output for line in lines), output
    assert sorted(log.stem for log in (tmp_path / "logs").iterdir()) == sorted(suites)
    assert list((tmp_path / "roots").iterdir()) == []


def test_sigterm_ends_what_runs_in_the_root_and_removes_the_root(start, tmp_path):
    process = start("endless")
    written = tmp_path / "roots.pid"
    while not written.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143
    with pytest.raises(ProcessLookupError):
        os.kill(int(written.read_text()), 0)
    assert list((tmp_path / "roots").iterdir()) == []


def test_nothing_is_mounted_in_the_machines_own_namespace(tmp_path):
    own = os.readlink("/proc/self/ns/mnt")
    done = subprocess.run(
        [SCRIPTS / "run_in_root.sh", tmp_path, "true"],
        env=os.environ | {"HOST_MOUNTS": own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nothing was mounted" in done.stderr
