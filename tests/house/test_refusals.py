"""The list of reasons, and the table of them in docs/scoring.md."""

import pytest
from conftest import ROOT

from pylayers.errors import ScanRefused
from pylayers.refusals import REASONS

SCORING = ROOT / "docs" / "scoring.md"


@pytest.mark.parametrize("slug", REASONS)
def test_the_page_on_scoring_explains_every_reason(slug):
    assert f"| `{slug}` | {REASONS[slug]} |" in SCORING.read_text().splitlines()


def test_the_readme_counts_the_reasons():
    text = " ".join((ROOT / "README.md").read_text().split())
    assert f"All {len(REASONS)} reasons are [in a table](docs/scoring.md#what-is-refused)" in text


def test_a_refusal_names_a_known_reason():
    with pytest.raises(AssertionError):
        ScanRefused("because", "of something")
