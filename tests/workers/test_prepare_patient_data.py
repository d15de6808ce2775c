"""Patient data in a table of scans: checked with row and reason, and carried into the cohort."""

import csv

import pytest
from chest import make_chest, write_scan

from pylayers.errors import CohortError
from tools import prepare_cohort


@pytest.fixture
def folder(tmp_path):
    """Two chests."""
    for number in range(2):
        chest = make_chest(seed=number)
        write_scan(tmp_path / f"c{number}.mhd", chest.hu, chest.spacing_mm)
    return tmp_path


def prepared(folder, *lines):
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    prepare_cohort.main([str(folder / "t.csv"), "--out", str(folder / "c"), "--quiet"])
    with (folder / "c" / "cohort.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_columns_are_carried_with_our_names_and_words(folder):
    first, second = prepared(
        folder,
        "scan_id;path;Age;SEX;Height (cm);weight_kg;Pack-Years;smoking;site",
        "a;c0.mhd;63,5;Female;165;70;40;Ex-smoker;north",
        "b;c1.mhd;NA;m;;;;never;south",
    )
    names = ("age", "sex", "height_cm", "weight_kg", "pack_years", "smoking", "site")
    assert [first[name] for name in names] == ["63.5", "F", "165", "70", "40", "former", "north"]
    assert [second[name] for name in names] == ["", "M", "", "", "", "never", "south"]


def test_every_wrong_cell_is_named_with_row_and_reason_before_any_scan_is_read(tmp_path):
    with pytest.raises(CohortError) as refused:
        prepared(
            tmp_path,
            "scan_id,path,age,sex,height_cm,smoking,pack_years",
            "a,none.mhd,630,F,165,former,40",
            "b,none.mhd,63,2,165,former,40",
            "c,none.mhd,63,F,1.65,former,40",
            "d,none.mhd,63,F,165,sometimes,40",
            "e,none.mhd,63,F,165,never,40",
            "f,none.mhd,old,F,165,,",
        )
    assert str(refused.value).splitlines()[1:] == [
        "  t.csv line 2: age 630 is outside 1..115 years",
        "  t.csv line 3: sex '2' is not F or M; numbers mean different sexes in different studies",
        "  t.csv line 4: height_cm 1.65 is outside 90..230 cm",
        "  t.csv line 5: smoking 'sometimes' is not never, former or current",
        "  t.csv line 6: pack_years 40 contradicts smoking never",
        "  t.csv line 7: age 'old' is not a number",
    ]
    assert not (tmp_path / "c").exists()


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(CohortError, match="two columns for height_cm: 'Height cm' and 'height/cm'"):
        prepared(tmp_path, "scan_id,path,Height cm,height/cm", "a,none.mhd,165,166")
