"""Thousands of mutated scans are read or refused, in bounded time and memory."""

import json
import subprocess
import sys

from conftest import ROOT
from formats import FORMATS
from fuzz_reading import SEVERAL_FILES

EXAMPLES = 250  # per format
MOST_RSS_MB = 700  # the libraries take a third of it


def test_mutated_scans_of_every_format_are_read_or_refused():
    script = ROOT / "tests/helpers/fuzz_reading.py"
    result = subprocess.run(
        [sys.executable, script, str(EXAMPLES), "1"],
        capture_output=True,
        text=True,
        timeout=1800,  # a read that computes for long fails by its CPU time
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    tally = json.loads(result.stdout)
    refused = tally["refused"]
    assert tally["read"] + sum(refused.values()) >= EXAMPLES * (len(FORMATS) + len(SEVERAL_FILES))
    # mutations reach the reader's depths
    assert tally["read"] > 50
    assert set(refused) >= {"unreadable", "not-3d", "geometry", "size-mismatch", "truncated"}
    assert "corrupt" in refused
    assert tally["max_rss_mb"] < MOST_RSS_MB
