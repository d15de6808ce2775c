"""Real scans of your own, or of a public source, get what a table beside them expects.

SCAN2NUM_REAL_SCANS names a folder with expected.csv: file (in the folder), expect (score, warn or
refuse), slugs (reasons that a refusal may have, blank for any), note (for people). `warn` is a
score with a warning, or a refusal for the pixels' size.
"""

import csv
import json
import os
from pathlib import Path

import pytest

from tools import score_scan

pytestmark = pytest.mark.caffe
FOLDER = os.environ.get("SCAN2NUM_REAL_SCANS")
TABLE = FOLDER and Path(FOLDER) / "expected.csv"
# said of weights, not of the scan
ABOUT_WEIGHTS = ("trained on phantoms", "the weights", "records no")


def rows():
    """The rows of the table."""
    if not TABLE:
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_real_scans_are_named():
    if not TABLE:
        pytest.skip("SCAN2NUM_REAL_SCANS names no folder with real scans and expected.csv")
    assert rows() and {row["expect"] for row in rows()} <= {"score", "warn", "refuse"}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_a_real_scan_gets_what_is_expected(row, random_run, capfd):
    path = str(Path(FOLDER) / row["file"])
    code = score_scan.main([path, "--weights", str(random_run.path), "--json", "-", "--quiet"])
    out, err = capfd.readouterr()
    result = json.loads(out)
    refused = result["refused"]
    said = [text for text in result["warnings"] if not any(w in text for w in ABOUT_WEIGHTS)]
    if row["expect"] == "refuse" or (row["expect"] == "warn" and refused):
        assert code == 3, said
        allowed = row["slugs"].split() if row["expect"] == "refuse" else ["pixel-size"]
        assert not allowed or refused["slug"] in allowed, refused
    else:
        assert code == 0, err
        assert said or row["expect"] == "score"
