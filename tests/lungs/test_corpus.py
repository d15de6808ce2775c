"""Every defect of the corpus is refused by its reason, without a score or a name of a patient."""

import json

import pytest
from corpus import dicom, packed, paths, voxels  # noqa: F401  their cases register themselves
from corpus.files import CASES
from formats import IDENTITY

from pylayers.refusals import REASONS
from tools import score_scan

pytestmark = pytest.mark.caffe


@pytest.mark.parametrize("name", CASES)
def test_a_defect_is_refused_by_its_reason(name, phantom, random_run, tmp_path, capfd):
    slug, make = CASES[name]
    case = make(tmp_path, phantom)
    mask = ["--mask", str(case.mask)] if case.mask else []
    code = score_scan.main(
        [str(case.scan), *mask, *case.options, "--weights", str(random_run.path), "--json", "-"]
    )
    out, err = capfd.readouterr()
    result = json.loads(out)
    assert (code, result["refused"] and result["refused"]["slug"]) == (3, slug), err
    assert result["targets"] == {}
    assert err == f"refused: {slug}: {result['refused']['sentence']}\n"
    assert IDENTITY not in out + err and str(tmp_path) not in out + err


# of what weights take: tests/scoring/test_{patient,paired,view}_scores.py
OF_NO_SCAN = {"patient-data", "second-scan-missing", "second-scan-same", "thick-slices"}


def test_every_reason_has_a_case():
    assert set(REASONS) - OF_NO_SCAN == {slug for slug, _ in CASES.values()}


def test_the_corpus_is_as_large_as_promised():
    assert len(CASES) >= 50
