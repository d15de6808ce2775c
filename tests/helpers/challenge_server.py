"""A process of tools/serve_challenge.py and the calls that Grand Challenge makes."""

import http.client
import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import SimpleITK as sitk

from tests.helpers.processes import LIMIT_S, wait_for

SCORED = (201, {"status": "scored"})
ROOT = Path(__file__).resolve().parent.parent.parent


class ChallengeServer:
    """A running server. process: it. folder: with input and output. log: what it said so far."""

    def __init__(self, process, folder):
        self.process, self.folder = process, folder

    @property
    def log(self):
        return (self.folder / "log").read_text()

    @property
    def port(self):
        wait_for(lambda: "listening on" in self.log, self.process)
        return int(re.search(r"listening on 127\.0\.0\.1:(\d+)\n", self.log)[1])

    def begin(self, method, path, body=None, headers=()):
        """Send a call; the answer is read by `answer`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        connection.request(method, path, body, dict(headers))
        return connection

    def call(self, method, path, body=None, headers=()):
        """Return a call's status and what its JSON holds."""
        return answer(self.begin(method, path, body, headers))

    def invoke(self):
        return self.call("POST", "/invoke")

    def wait_until_ready(self):
        wait_for(lambda: self.call("GET", "/health")[0] == 200, self.process)

    def written(self):
        """The content of each file of the output folder."""
        paths = (self.folder / "output").iterdir()
        return {path.name: json.loads(path.read_text()) for path in paths}

    def ended(self):
        """Wait for the end; return the exit code."""
        return self.process.wait(timeout=LIMIT_S)


@contextmanager
def challenge_server(folder, *weights, program="tools/serve_challenge.py", env=()):
    """Start a server on a free port, for `folder`; at the end it is killed unless it has ended."""
    for name in ("input/images/ct", "output"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    options = ["--input", folder / "input", "--output", folder / "output", "--weights", *weights]
    with (
        open(folder / "log", "w") as log,
        subprocess.Popen(
            [sys.executable, ROOT / program, *options, "--host", "127.0.0.1", "--port", "0"],
            env=os.environ | dict(env),
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield ChallengeServer(process, folder)
        finally:
            process.kill()


def answer(connection):
    """Return the status and the JSON of an answer, of which nothing else may be said."""
    response = connection.getresponse()
    assert response.headers["content-type"] == "application/json"
    content = json.loads(response.read())
    assert set(content) <= {"status", "slug"}
    connection.close()
    return response.status, content


def put_scan(source, folder, name="9f3a.mha"):
    """Make a scan the one of the next case, as Grand Challenge does: compressed MetaImage."""
    clear(folder)
    path = folder / "input/images/ct" / name
    sitk.WriteImage(sitk.ReadImage(str(source)), str(path), useCompression=True)
    return path


def clear(folder):
    """Remove the scans of the last case."""
    for path in (folder / "input/images/ct").iterdir():
        path.unlink()
