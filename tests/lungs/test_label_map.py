"""Label maps: which labels count as lung."""

import numpy as np
import pytest

from pylayers.errors import ScanRefused, UsageError
from pylayers.lungs.label_map import lungs_of_labels, parse_labels

# CIP codes: low byte region (1 both, 2 right, 3 left, 4-8 lobes, 9-14 and 20-22 thirds, 15 and up
# other organs, 0 none), high byte tissue (1 parenchyma, 2 airway, 3 vessel, 4 emphysema).
LUNG_CODES = [1, 2, 3, 4, 8, 9, 10, 14, 20, 22, 258, 259, 270, 770, 777, 1026]
OTHER_CODES = [0, 15, 16, 19, 23, 25, 26, 512, 514, 521, 768, 256, 271]


@pytest.mark.parametrize("code", LUNG_CODES)
def test_a_code_of_a_lung_region_is_lung(code):
    labels = np.array([[[0, code, 0]]], np.uint16)
    np.testing.assert_array_equal(lungs_of_labels(labels), [[[False, True, False]]])


@pytest.mark.parametrize("code", OTHER_CODES)
def test_a_code_of_an_airway_or_another_region_is_no_lung(code):
    labels = np.array([[[1, code]]], np.uint16)
    np.testing.assert_array_equal(lungs_of_labels(labels), [[[True, False]]])


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.int64])
def test_a_0_1_mask_of_any_integer_type_is_read(kind, chest):
    np.testing.assert_array_equal(lungs_of_labels(chest.lungs.astype(kind)), chest.lungs)


def test_a_map_that_marks_no_lung_is_refused_with_its_values():
    labels = np.array([[[0, 512, 16]]], np.uint16)
    with pytest.raises(ScanRefused, match=r"mask-empty: .*0, 16, 512"):
        lungs_of_labels(labels)


def test_named_labels_replace_the_coding():
    labels = np.array([[[1, 3, 4, 5, 10, 14, 517]]], np.int16)
    mask = lungs_of_labels(labels, parse_labels("3 4"))
    np.testing.assert_array_equal(mask, [[[False, True, True, False, False, False, False]]])


@pytest.mark.parametrize(
    ("text", "labels"),
    [("", None), ("3", (3,)), ("3,4", (3, 4)), ("10-12 20", (10, 11, 12, 20))],
)
def test_labels_are_written_as_numbers_and_ranges(text, labels):
    assert parse_labels(text) == labels


@pytest.mark.parametrize("text", ["lung", "-3", "3-", "5-3", "1-9999", "1.5", "9" * 400])
def test_labels_that_are_no_numbers_are_refused(text):
    with pytest.raises(UsageError, match="lung labels"):
        parse_labels(text)
