"""The three targets, their units and how they are printed."""

import pytest

from pylayers.cohort.targets import TARGETS, target_named
from pylayers.errors import UsageError


def test_there_are_the_papers_three_targets():
    assert list(TARGETS) == ["ve", "fev1fvc", "fev1pp"]
    assert all(target_named(name).name == name for name in TARGETS)


def test_labels_span_about_zero_to_one_inside_the_network():
    assert {name: target.network_unit for name, target in TARGETS.items()} == {
        "ve": 5.0,
        "fev1fvc": 1.0,
        "fev1pp": 100.0,
    }


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("ve", 2.345, "2.35"), ("fev1fvc", 0.7004, "0.700"), ("fev1pp", 81.26, "81.3 %")],
)
def test_values_are_printed_with_their_unit(name, value, text):
    assert TARGETS[name].text(value) == text


def test_an_unknown_target_is_answered_with_the_list():
    with pytest.raises(UsageError, match=r"'fev1'.*ve, fev1fvc, fev1pp"):
        target_named("fev1")
