"""targets.csv: a column that it declares is a label like others; what is wrong in it is named."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.cohort.cohort import read_cohort, write_targets
from pylayers.cohort.cohort_row import cohort_row
from pylayers.cohort.own_targets import (
    MOST,
    MOST_DECIMALS,
    declaration,
    declared_target,
    read_targets,
)
from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.cohort.targets import TARGETS, Target
from pylayers.errors import CohortError, UsageError
from tools.scan_lists.scan_columns import COLUMNS
from tools.scoring.score_tables import columns

HEADER = "name,title,unit,min,max,decimals,network_unit,thresholds"
GOOD = {"name": "age", "min": "18", "max": "100"}


def declared(folder, *lines, header=HEADER):
    (folder / "targets.csv").write_text("\n".join([header, *lines]) + "\n")
    return read_targets(folder)


def test_without_the_file_a_cohort_declares_nothing(tmp_path):
    assert read_targets(tmp_path) == {}


def test_a_line_declares_a_target(tmp_path):
    own = declared(tmp_path, "walk,Six-minute walk,m,0,900,0,500,350;450", "age,,,18,100,,,")
    assert own == {
        "walk": Target("walk", "Six-minute walk", "m", 0.0, 900.0, 500.0, 0, (350.0, 450.0)),
        "age": Target("age", "age", "", 18.0, 100.0, 82.0, 2),
    }
    assert own["walk"].class_names == ("below 350", "350 to 450", "450 or more")
    assert own["walk"].text(432.4) == "432 m" and own["walk"].is_own


def test_name_and_range_are_enough_and_a_spreadsheets_file_is_read(tmp_path):
    text = 'Name;Min;Max\r\n"age";18,5;100\r\n'
    (tmp_path / "targets.csv").write_bytes(text.encode("utf-16"))
    assert read_targets(tmp_path)["age"].low == 18.5


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": ""}, "name ''"),
        ({"name": "Age"}, "name 'Age' must be a-z"),
        ({"name": "../age"}, "must be a-z"),
        ({"name": "a" * 33}, "must be a-z"),
        ({"name": "1age"}, "must be a-z"),
        ({"name": "alter_jährlich"}, "must be a-z"),
        ({"name": "x" * 100_000}, "xxx...' must be a-z"),
        ({"name": "ve"}, "ve: the name is taken"),
        ({"name": "fev1_fvc"}, "the name is taken"),
        ({"name": "scan_id"}, "the name is taken"),
        ({"name": "laa_950"}, "the name is taken"),
        ({"name": "report"}, "the name is taken"),
        ({"name": "variants"}, "the name is taken"),
        ({"name": "sweep_age"}, "the name is taken"),
        ({"min": "old"}, "min 'old' is not a number"),
        ({"min": ""}, "min '' is not a number"),
        ({"min": "=1+1"}, "min '=1+1' is not a number"),
        ({"min": "1_0"}, "not a number"),
        ({"max": "nan"}, "max 'nan' is not a number"),
        ({"max": "inf"}, "max 'inf' is not a number"),
        ({"max": "1e999"}, "max '1e999' is beyond"),
        ({"min": "-2e9"}, "min '-2e9' is beyond"),
        ({"min": "100"}, "min 100 is not below max 100"),
        ({"min": "101"}, "min 101 is not below max 100"),
        ({"decimals": "-1"}, "decimals '-1'"),
        ({"decimals": "1.5"}, "decimals '1.5'"),
        ({"decimals": "7"}, "decimals '7'"),
        ({"decimals": "²"}, "decimals '²'"),
        ({"min": "0", "max": "0.4", "decimals": "0"}, "with 0 decimals"),
        ({"network_unit": "0"}, "network_unit 0 is not suited"),
        ({"network_unit": "-82"}, "network_unit -82 is not suited"),
        ({"network_unit": "1"}, "should span 0.1 to 10 of it"),
        ({"network_unit": "1000"}, "should span 0.1 to 10 of it"),
        ({"network_unit": "many"}, "network_unit 'many' is not a number"),
        ({"thresholds": "70;50"}, "rising numbers between 18 and 100"),
        ({"thresholds": "50;50"}, "rising"),
        ({"thresholds": "18"}, "rising"),
        ({"thresholds": "100"}, "rising"),
        ({"thresholds": "50,70"}, "thresholds '50,70' is not a number"),
        ({"thresholds": "20;21;22;23;24;25;26;27;28;29"}, "at most 9"),
        ({"title": '=HYPERLINK("http://x")'}, "title '=HYPERLINK"),
        ({"title": "@age"}, "title '@age'"),
        ({"title": "$x^{2$"}, "title"),
        ({"title": "<b>"}, "title '<b>'"),
        ({"title": "a\nb"}, "title 'a\\nb'"),
        ({"title": "x" * 41}, "title"),
        ({"unit": "-cmd"}, "unit '-cmd'"),
        ({"unit": "y" * 17}, "unit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(change, says):
    with pytest.raises(CohortError) as caught:
        declared_target(GOOD | change, "targets.csv line 2")
    message = str(caught.value)
    assert says in message and message.startswith("targets.csv line 2: ")
    assert "\n" not in message and len(message) < 300


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no rows"),
        ("name,min,max\n", "no rows"),
        ("min,max\n1,2\n", "no column name"),
        ("name,min\nage,2\n", "no column max"),
        ("min,name,max\n1,age,2\n", "first column"),
        ("name,min,max,colour\nage,1,2,red\n", "column 'colour'; its columns are name, title"),
        ("name,min,max,min\nage,1,2,3\n", "two columns named min"),
        ("name,min,max\nage,1,2,3\nsize,1,2\n", "line 2 has more cells"),
        ("name,min,max\nage,1,2\nage,1,3\n", "line 3: age is declared twice"),
        ("name,min,max\npack_years,1,2\npackyears,1,3\n", "line 3: packyears is declared twice"),
        ('name,min,max\n"age,1,2\n', "line"),
        ("name,min,max\nage,1,2\n" + "#" * 70_000, "at most 65536 bytes"),
        ("name,min,max\nage," + "9" * 50_000 + ",2\n", "line 2: age: min '999"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_of_targets_is_refused_in_a_line(content, says, tmp_path):
    (tmp_path / "targets.csv").write_text(content)
    with pytest.raises(CohortError) as caught:
        read_targets(tmp_path)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@given(st.binary(max_size=300))
def test_bytes_are_a_table_of_targets_or_an_error(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "targets.csv").write_bytes(b"name,min,max\n" + content)
    try:
        own = read_targets(folder)
    except CohortError:
        return
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in own)


numbers = st.floats(-MOST, MOST)
cells = st.text(max_size=20) | numbers.map(repr)


@given(
    st.fixed_dictionaries(
        {
            "name": st.from_regex(r"[a-z][a-z0-9_]{0,40}", fullmatch=True),
            "min": cells,
            "max": cells,
        },
        optional=dict.fromkeys(("title", "unit", "decimals", "network_unit", "thresholds"), cells),
    )
)
def test_whatever_a_line_says_it_is_a_target_or_one_line_of_error(line):
    try:
        target = declared_target(line, "line 2")
    except CohortError as error:
        assert str(error).isprintable()
        return
    check(target)


def test_the_widest_range_is_read_back():
    widest = declared_target({"name": "a", "min": repr(-MOST), "max": repr(MOST)}, "line 2")
    assert declared_target(declaration(widest), "") == widest


@given(
    low=numbers,
    span=st.floats(1e-5, MOST / 10),
    decimals=st.integers(0, MOST_DECIMALS),
    ratio=st.floats(0.11, 9.9),
    parts=st.lists(st.floats(0.01, 0.99), max_size=9, unique=True),
)
def test_a_sound_line_is_taken_and_what_is_written_is_read_back(
    low, span, decimals, ratio, parts, tmp_path_factory
):
    high = low + span
    between = sorted({low + part * span for part in parts} - {low, high})
    line = {
        "name": "n", "min": repr(low), "max": repr(high), "decimals": str(decimals),
        "network_unit": repr(span / ratio), "thresholds": " ".join(map(repr, between)),
    }  # fmt: skip
    if high > MOST or high - low < 10**-decimals:
        return
    target = declared_target(line, "")
    assert target.thresholds == tuple(between)
    check(target)
    folder = tmp_path_factory.mktemp("written")
    write_targets(folder, [target])
    assert read_targets(folder) == {"n": target}


def check(target):
    """Whatever was declared is safe to train on, print and keep."""
    assert (
        target.low < target.high and 0.1 <= (target.high - target.low) / target.network_unit <= 10
    )
    assert target.text(target.low) != target.text(target.high)
    assert len(target.class_names) == len(target.thresholds) + 1
    assert len(f"{target.title}, from CT (research use)") <= 64
    assert not target.title.startswith(("=", "+", "-", "@")) and target.title.isprintable()
    assert declared_target(declaration(target), "") == target


def test_no_column_of_ours_can_be_declared():
    facts = dict.fromkeys(("laa950", "perc15_hu", "lungs_l"), 1.0)
    facts |= {"mask_given": True, "slices": 1, "warnings": [], "crop_sha256": ""}
    ours = {*cohort_row({"scan_id": "a"}, facts), *COLUMNS, *columns([]), "source"}
    for name in ours - set(PATIENT_COLUMNS):  # which may well be learned
        with pytest.raises(CohortError, match="taken"):
            declared_target(GOOD | {"name": name}, "")


# ---- in cohort.csv ----


def cohort_of(folder, *lines, header="scan_id,split,ve,age"):
    (folder / "cohort.csv").write_text("\n".join([header, *lines]) + "\n")
    return read_cohort(folder)


def test_a_declared_column_is_a_label(tmp_path):
    declared(tmp_path, "age,Age,years,18,100,0,,")
    cohort = cohort_of(tmp_path, "a,train,1,55.5", "b,train,2,", "c,val,,30")
    assert [scan.labels for scan in cohort.scans] == [
        {"ve": 1.0, "age": 55.5},
        {"ve": 2.0},
        {"age": 30},
    ]
    assert [scan.scan_id for scan in cohort.labelled("train", "age")] == ["a"]
    assert cohort.target("age").unit == "years" and cohort.target("ve") is TARGETS["ve"]
    with pytest.raises(
        UsageError, match="'size' is not known; it is one of ve, fev1fvc, fev1pp, age"
    ):
        cohort.labelled("train", "size")


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("old", "age 'old' is not a number"),
        ("=55", "age '=55' is not a number"),
        ("1_0", "not a number"),
        ("nan", "age nan is outside 18..100 years"),
        ("-inf", "age -inf is outside"),
        ("17.9", "age 17.9 is outside 18..100 years"),
        ("101", "age 101 is outside"),
        ("x" * 9000, "xxx...' is not a number"),
    ],
)
def test_a_wrong_label_is_named_by_row(label, says, tmp_path):
    declared(tmp_path, "age,Age,years,18,100,0,,")
    with pytest.raises(CohortError) as caught:
        cohort_of(tmp_path, "a,train,1,55", f"b,train,1,{label}")
    assert str(caught.value).startswith("cohort.csv line 3: ") and says in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_column_that_is_declared_must_be_there(tmp_path):
    declared(tmp_path, "age,,,18,100,,,")
    with pytest.raises(CohortError, match=r"no column age, which its targets\.csv declares"):
        cohort_of(tmp_path, "a,train,1", header="scan_id,split,ve")
    with pytest.raises(CohortError, match="column 'Age'; write it age"):
        cohort_of(tmp_path, "a,train,1,50", header="scan_id,split,ve,Age")
