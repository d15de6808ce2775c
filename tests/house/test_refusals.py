"""The list of reasons, and README's table of them."""

import pytest
from conftest import ROOT

from pylayers.errors import ScanRefused
from pylayers.refusals import REASONS

README = ROOT / "README.md"


@pytest.mark.parametrize("slug", REASONS)
def test_readme_explains_every_reason(slug):
    assert f"| `{slug}` | {REASONS[slug]} |" in README.read_text().splitlines()


def test_a_refusal_names_a_known_reason():
    with pytest.raises(AssertionError):
        ScanRefused("because", "of something")
