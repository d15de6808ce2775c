"""COPDGene's table: which columns are taken, how they are converted, what is blank."""

import pytest
from copdgene_study import NEWEST, OLDER, P1P2, ROWS, Study, cid

from data.copdgene.gold_check import gold_agrees
from data.copdgene.scales import unit_factor
from pylayers.errors import CohortError


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


@pytest.mark.parametrize("header", [OLDER, P1P2, NEWEST])
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_every_generation_of_names_in_any_case_gives_the_same_labels(study, header, case, capsys):
    cells = [line.split() for line in ROWS]
    if header == OLDER:  # without visual emphysema
        cells = [[*row[:4], row[5]] for row in cells]
    study.scans().table(*(" ".join(row) for row in cells), header=case(header))
    rows = study.run()
    labels = [(r["fev1fvc"], r["fev1pp"], r["gold"], r["pctEmph"]) for r in rows.values()]
    assert labels == [
        ("0.64", "71.5", "2", "8.1"),
        ("0.81", "98", "0", "0.4"),
        ("0.75", "70", "-1", ""),
    ]
    assert [r["ve"] for r in rows.values()] == (
        ["", "", ""] if header == OLDER else ["3", "0", "1"]
    )
    out = capsys.readouterr().out
    assert f"fev1fvc  {case(header.split()[1])} (name of" in out
    assert ("ve       no column; left blank" in out) == (header == OLDER)
    assert study.left() == []


def test_of_several_columns_the_newest_with_values_is_taken_and_the_others_are_named(study, capsys):
    header = "FEV1_FVC_utah_P1 sid FEV1_FVC_post_P1 FEV1pp_utah_P1 FEV1pp_post_P1"
    study.scans().table("0.5 10031R 0.6 50 NA", "0.5 10393Z NA 50 NA", header=header)
    rows = study.run()
    assert [(r["fev1fvc"], r["fev1pp"]) for r in rows.values()] == [("0.6", "50"), ("", "50")]
    out = capsys.readouterr().out
    assert "FEV1_FVC_post_P1 (name of 2024), before FEV1_FVC_utah_P1" in out
    assert "FEV1pp_utah_P1 (name of P1P2), as FEV1pp_post_P1 holds no value" in out


def test_a_table_without_any_known_column_is_refused_with_the_names_looked_for(study):
    study.scans().table("10031R 0.6", header="sid ratio")
    with pytest.raises(CohortError, match=r"none of the columns.*CT_Visual_Emph_Severity_P1.*utah"):
        study.run()
    assert not study.out.exists()


def test_a_column_that_occurs_twice_is_refused(study):
    study.scans().table("10031R 0.6 0.7", header="sid FEV1_FVC_utah fev1_fvc_UTAH")
    with pytest.raises(CohortError, match="two columns named FEV1_FVC_utah"):
        study.run()


def test_visit_2_has_columns_and_files_of_its_own(study):
    header = "sid FEV1_FVC_utah_P1 FEV1_FVC_utah_P2 FEV1pp_utah CT_Visual_Emph_Severity"
    study.scans().table("10031R 0.6 0.5 50 2", header=header)
    study.scan(cid("10031R", end="COPD2"))
    assert study.run()["10031R"]["fev1fvc"] == "0.6"
    row = study.run("--visit", 2)["10031R"]
    # names without a suffix are of visit 1
    assert (row["fev1fvc"], row["fev1pp"], row["ve"]) == ("0.5", "", "")
    assert row["scan_id"] == "10031R_INSP_STD_NJC_COPD2"


def test_a_table_with_a_row_for_each_visit_is_read_by_its_column_visitnum(study, capsys):
    header = "sid visitnum FEV1_FVC_post FEV1pp_post finalgold_visit CT_Visual_Emph_Severity"
    study.scans(["10031R"]).scan(cid("10031R", end="COPD2"))
    study.table(
        "10031R 1 0.6 60 2 1", "10031R 2 0.5 45 3 NA", "10393Z 1.0 .8 90 0 0", header=header
    )
    assert study.run()["10031R"]["fev1pp"] == "60"
    assert "rows of other visits, not used: 1" in capsys.readouterr().out
    assert study.run("--visit", 2)["10031R"]["gold"] == "3"
    study.table("10031R 1 0.6 60 2 1", header=header)
    with pytest.raises(CohortError, match="no row with visitnum 2"):
        study.run("--visit", 2)


def test_percent_and_fraction_are_brought_to_the_cohorts_units_and_said(study, capsys):
    study.scans().table("10031R 64 .715 2 3 1", "10393Z 81.5 0.98 0 0 1")
    rows = study.run()
    assert [(r["fev1fvc"], r["fev1pp"]) for r in rows.values()] == [
        ("0.64", "71.5"),
        ("0.815", "98"),
    ]
    out = capsys.readouterr().out
    assert "percent, divided by 100" in out and "fractions, times 100" in out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ["10031R 64 70", "10393Z 0.8 98", "11001N 0.7 70"],
            r"1 of 3 .* percent: 10031R \(line 2\)",
        ),
        (["10031R 0.6 70", "10393Z 0.8 .98", "11001N .7 70"], r"1 of 3 .* fractions: 10393Z \(lin"),
    ],
)
def test_mixed_scales_in_a_column_are_refused_with_their_rows(study, rows, said):
    study.scans().table(*rows, header="sid FEV1_FVC_utah FEV1pp_utah")
    with pytest.raises(CohortError, match=f"mixes percent and fractions: {said}"):
        study.run()
    assert not study.out.exists()


def test_codes_say_nothing_of_a_scale():
    cells = [("", text) for text in ("0.6", "-9", "0", "999", "?", "")]
    assert unit_factor("fev1fvc", "c", cells) == 1
    assert unit_factor("fev1fvc", "c", [("", "999")]) == 1
    assert unit_factor("ve", "c", [("", "0.5"), ("", "3")]) == 1


def test_values_out_of_range_or_no_numbers_are_listed_and_blank(study):
    study.scans().table("10031R 0.03 71.5 7 9 101", "10393Z 0.8 -9 0 x NA", "11001N 1_0 70 -1 1 2")
    rows = study.run()
    assert [
        [r[c] for c in ("fev1fvc", "fev1pp", "gold", "ve", "pctEmph")] for r in rows.values()
    ] == [
        ["", "71.5", "", "", ""],
        ["0.8", "", "0", "", ""],
        ["", "70", "-1", "1", "2"],
    ]
    sentences = "\n".join(f"{r['sid']} {r['reason']} {r['sentence']}" for r in study.listed())
    for part in (
        "10031R out-of-range 10031R: ve 9 is outside 0..5",
        "10031R out-of-range 10031R: fev1fvc 0.03 is outside 0.05..1",
        "10031R out-of-range 10031R: gold 7",
        "10031R out-of-range 10031R: pctEmph 101",
        "10393Z out-of-range 10393Z: fev1pp -9",
        "10393Z no-number CT_Visual_Emph_Severity_P1 'x'",
        "11001N no-number FEV1_FVC_utah_P1 '1_0'",
    ):
        assert part in sentences


def test_a_scan_without_any_label_is_kept_and_listed(study):
    study.scans().table("10031R NA . N/A nan 1", ROWS[1])
    assert study.run()["10031R"]["fev1fvc"] == ""
    assert ("10031R", "no-label") in study.left()


@pytest.mark.parametrize(
    ("gold", "fev1fvc", "fev1pp", "agrees"),
    [
        ("2", "0.6", "60", True),
        ("1", "0.6", "60", False),
        ("0", "0.7", "90", True),
        ("0", "0.69", "90", False),
        ("-1", "0.7", "79", True),
        ("-1", "0.7", "80", False),
        ("-1", "0.6", "60", False),
        ("-2", "0.5", "40", None),  # a never-smoker has no stage
        ("", "0.5", "40", None),
        ("2", "", "40", None),
        ("2", "0.6", "", None),
    ],
)
def test_gold_of_the_table_against_lung_function(gold, fev1fvc, fev1pp, agrees):
    assert gold_agrees({"gold": gold, "fev1fvc": fev1fvc, "fev1pp": fev1pp}) is agrees


def test_disagreements_are_listed_counted_and_kept(study, capsys):
    study.scans().table("10031R 0.43 35 1 NA 1", "10393Z 0.81 98 -2 0 1", ROWS[2])
    assert len(study.run()) == 3
    assert study.left() == [("10031R", "gold-disagrees")]
    out = capsys.readouterr().out
    assert "GOLD: 1 of 2 agree with finalGold_P1; 1 not comparable" in out
    assert "stage 0: 2, stage 3: 1" in out
