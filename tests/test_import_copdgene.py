"""COPDGene's table and folders to a table of scans: what is taken, converted, left out and said."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chest import make_chest, write_scan

from data.copdgene import import_copdgene
from data.copdgene.gold_check import gold_agrees
from data.copdgene.scales import unit_factor
from pylayers.cohort import read_cohort
from pylayers.errors import CohortError, UsageError
from tools import prepare_cohort
from tools.exit_codes import BAD_COHORT, USAGE, run

SIDS = ("10031R", "10393Z", "11001N")
OLDER = "sid FEV1_FVC_utah FEV1pp_utah finalGold pctEmph_Slicer"
P1P2 = (
    "sid FEV1_FVC_utah_P1 FEV1pp_utah_P1 finalGold_P1 CT_Visual_Emph_Severity_P1 pctEmph_Thirona_P1"
)
NEWEST = (
    "sid FEV1_FVC_post_P1 FEV1pp_post_P1 finalgold_visit_P1 CT_Visual_Emph_Severity "
    "pctEmph_Thirona_P1"
)
ROWS = ("10031R 0.64 71.5 2 3 8.1", "10393Z 0.81 98 0 0 .4", "11001N 0.75 70 -1 1 NA")


def cid(sid, phase="INSP", kernel="STD", site="NJC", end="COPD"):
    return f"{sid}_{phase}_{kernel}_{site}_{end}"


class Study:
    """A folder with a phenotype table and images, and the import of both."""

    def __init__(self, root):
        self.root, self.images, self.out = root, root / "images", root / "made" / "table.csv"
        self.images.mkdir()

    def table(self, *lines, header=P1P2, sep="\t", end="\n", encoding="utf-8"):
        text = end.join(line.replace(" ", sep) for line in (header, *lines)) + end
        (self.root / "pheno.txt").write_bytes(text.encode(encoding))
        return self

    def scan(self, name, *places, suffix=".nrrd"):
        """A file of that name; voxels do not matter."""
        folder = self.images.joinpath(*(places or (name[:6], name)))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}{suffix}"
        path.write_bytes(b"NRRD0004\n")
        return path

    def scans(self, sids=SIDS):
        for sid in sids:
            self.scan(cid(sid))
        return self

    def run(self, *options):
        """Import; returns the rows by subject."""
        arguments = [self.root / "pheno.txt", self.images, "--out", self.out, *options]
        import_copdgene.main([str(argument) for argument in arguments])
        return {row["subject_id"]: row for row in self.read(self.out)}

    def left(self):
        """(sid, reason) of everything listed."""
        return [(row["sid"], row["reason"]) for row in self.listed()]

    def listed(self):
        path = self.out.with_name("table_left_out.csv")
        return self.read(path) if path.exists() else []

    @staticmethod
    def read(path):
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


# ---- columns -------------------------------------------------------------------------------------


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
    assert "rows of other visits, not taken: 1" in capsys.readouterr().out
    assert study.run("--visit", 2)["10031R"]["gold"] == "3"
    study.table("10031R 1 0.6 60 2 1", header=header)
    with pytest.raises(CohortError, match="no row with visitnum 2"):
        study.run("--visit", 2)


# ---- scales and ranges ---------------------------------------------------------------------------


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


# ---- GOLD ----------------------------------------------------------------------------------------


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


# ---- files ---------------------------------------------------------------------------------------


def test_scans_and_masks_are_found_at_any_depth_and_paths_are_relative_to_the_table(study, capsys):
    study.table(*ROWS)
    study.scan(cid("10031R"))
    study.scan(cid("10031R") + "_partialLungLabelMap", "10031R", cid("10031R"))
    study.scan(cid("10393Z", site="HAR"), ".", suffix=".nhdr")
    study.scan(cid("10393Z", site="HAR") + "_partialLungLabelMap", "masks")  # not beside it
    other = study.scan(cid("11001N"), "a", "b", "c d", "e")
    mask = study.scan(cid("11001N") + "_partialLungLabelMap", "masks")
    (other.parent / mask.name).symlink_to(mask)
    rows = study.run()
    for row in rows.values():
        assert (study.out.parent / row["path"]).is_file() and not Path(row["path"]).is_absolute()
        assert Path(row["path"]).stem == row["scan_id"]
    masks = [row["mask"] for row in rows.values()]
    assert [(study.out.parent / mask).is_file() for mask in masks] == [True, False, True]
    assert masks[1] == ""
    assert [r["site"] for r in rows.values()] == ["NJC", "HAR", "NJC"]
    assert study.left() == [("10393Z", "mask-missing")]
    assert f"masks/{cid('10393Z', site='HAR')}_partial" in study.listed()[0]["sentence"]
    assert "3 scans, 2 with a label map, 1 without" in capsys.readouterr().out


def test_other_phases_and_kernels_are_counted_and_taken_only_when_asked_for(study, capsys):
    study.scans().table(*ROWS)
    for phase, kernel in (("EXP", "STD"), ("INSP", "SHARP"), ("EXP", "SHARP")):
        study.scan(cid("10031R", phase, kernel))
    study.scan(cid("10031R", end="COPD2"))
    assert study.run()["10031R"]["scan_id"] == "10031R_INSP_STD_NJC_COPD"
    out = capsys.readouterr().out
    assert "1 EXP SHARP visit 1, 1 EXP STD visit 1, 1 INSP SHARP visit 1, 1 INSP STD visit 2" in out
    rows = study.run("--phase", "EXP", "--kernel", "SHARP")
    assert [row["scan_id"] for row in rows.values()] == ["10031R_EXP_SHARP_NJC_COPD"]


@pytest.mark.parametrize(
    "second",
    [
        (cid("10031R"), "copy", ".nrrd"),
        (cid("10031R"), "copy", ".nhdr"),
        (cid("10031R", site="HAR"), "har", ".nrrd"),
        (cid("10031R"), f"10031R/{cid('10031R')}", ".nhdr"),
    ],
)
def test_two_scans_of_a_subject_are_ambiguous(study, second):
    study.scans().table(*ROWS)
    name, place, suffix = second
    study.scan(name, place, suffix=suffix)
    assert list(study.run()) == ["10393Z", "11001N"]
    assert study.left() == [("10031R", "scan-ambiguous")]
    assert f"{Path(place).name}/{name}{suffix}" in study.listed()[0]["sentence"]


def test_a_header_with_its_voxels_beside_it_is_one_scan(study):
    study.table(ROWS[0])
    folder = study.images / "10031R"
    folder.mkdir()
    write_scan(folder / f"{cid('10031R')}.nhdr", np.zeros((2, 3, 4), np.int16))
    assert len(list(folder.iterdir())) == 2
    assert study.run()["10031R"]["path"].endswith("COPD.nhdr")


def test_what_has_no_partner_is_listed_and_left_out(study, capsys):
    study.scans(("10031R", "10393Z", "12257B")).table(
        ROWS[0], ROWS[1], ROWS[1].lower(), ROWS[2], "Smith 0.8 90 0 0 1"
    )
    assert list(study.run()) == ["10031R"]
    assert study.left() == [
        ("", "bad-sid"),
        ("10393Z", "row-ambiguous"),
        ("11001N", "scan-missing"),
        ("12257B", "row-missing"),
    ]
    out = capsys.readouterr().out
    assert (
        "left out: row-missing 1, row-ambiguous 1, scan-missing 1, bad-sid 1\n" in out
        and "Smith" not in out + str(study.listed())
    )


def test_masks_may_lie_in_a_folder_of_their_own(study):
    study.scans().table(*ROWS)
    study.scan(cid("10031R") + "_partialLungLabelMap")  # not looked at with --masks
    masks = study.root / "masks"
    for name in (cid("10393Z"), cid("11001N")):
        for place in (masks, masks / "again")[: 1 + (name[:6] == "11001N")]:
            place.mkdir(exist_ok=True)
            (place / f"{name}_partialLungLabelMap.nhdr").write_bytes(b"NRRD0004\n")
    rows = study.run("--masks", masks)
    assert [r["mask"] for r in rows.values()] == [
        "",
        f"../masks/{cid('10393Z')}_partialLungLabelMap.nhdr",
        "",
    ]
    assert study.left() == [("10031R", "mask-missing"), ("11001N", "mask-ambiguous")]


def test_no_link_leads_out_of_the_folder(study, tmp_path):
    study.table(*ROWS)
    outside = tmp_path / "outside"
    outside.mkdir()
    for sid in SIDS:
        (outside / f"{cid(sid)}.nrrd").write_bytes(b"NRRD0004\n")
    (study.images / f"{cid(SIDS[0])}.nrrd").symlink_to(outside / f"{cid(SIDS[0])}.nrrd")
    (study.images / "folder").symlink_to(outside)
    (study.images / f"{cid(SIDS[1])}.nrrd").symlink_to("nowhere.nrrd")
    inside = study.scan(cid(SIDS[2]))
    (study.images / inside.name).symlink_to(inside)  # the same file by another way
    assert list(study.run()) == [SIDS[2]]
    assert [reason for _, reason in study.left()] == [
        "link",
        "link",
        "scan-missing",
        "scan-missing",
    ]


def test_a_path_that_no_table_can_hold_is_left_out(study):
    study.scans(SIDS[:1]).table(*ROWS[:2])
    folder = os.fsencode(study.images) + b"/bad\xff\nname"
    os.mkdir(folder)
    with open(folder + b"/" + cid(SIDS[1]).encode() + b".nrrd", "wb"):
        pass
    assert list(study.run()) == [SIDS[0]]
    assert study.left() == [(SIDS[1], "path")]


# ---- the program ---------------------------------------------------------------------------------


def test_every_run_writes_the_same_bytes_whatever_the_order_of_the_rows(study):
    study.scans((*SIDS, "12257B")).table(*ROWS)
    study.run()
    files = sorted(study.out.parent.iterdir())
    first = [path.read_bytes() for path in files]
    study.table(*reversed(ROWS)).run()
    assert sorted(study.out.parent.iterdir()) == files
    assert [path.read_bytes() for path in files] == first
    assert [p.name for p in files] == ["table.csv", "table_left_out.csv"]


def test_a_run_with_nothing_to_list_removes_the_old_list(study):
    study.scans((*SIDS, "12257B")).table(*ROWS).run()
    assert study.left() == [("12257B", "row-missing")]
    study.table(*ROWS, "12257B 0.5 40 3 3 20").run()
    assert not study.out.with_name("table_left_out.csv").exists()


def test_the_summary_ends_with_the_next_commands_and_quiet_says_nothing(study, capsys):
    study.scans().table(*ROWS)
    study.run("--quiet")
    assert capsys.readouterr() == ("", "")
    study.run()
    out, err = capsys.readouterr()
    assert err == "" and "labels: ve 3, fev1fvc 3, fev1pp 3" in out
    cohort = study.out.parent / "cohort"
    assert out.splitlines()[-3:] == [
        f"  .venv/bin/python tools/prepare_cohort.py {study.out} --out {cohort}",
        f"  .venv/bin/python tools/split_cohort.py {cohort}",
        f"  make train TARGET=fev1fvc COHORT={cohort}",
    ]


def test_wrong_input_is_one_line_and_a_code(study, capsys):
    study.scans().table(*ROWS)
    table, images, out = map(str, (study.root / "pheno.txt", study.images, study.out))
    binary = study.root / "table.xlsx"
    binary.write_bytes(b"PK\x03\x04\0\0")
    (study.root / "none").mkdir()
    for arguments, code, said in (
        ([table, images, "--out", table], USAGE, "would be overwritten"),
        ([table, images, "--out", images], USAGE, "is a folder"),
        ([table, images, "--out", f"{table}/t.csv"], USAGE, "--out"),
        ([f"{table}x", images, "--out", out], BAD_COHORT, "there is no table"),
        ([images, images, "--out", out], BAD_COHORT, "there is no table"),
        ([table, f"{images}x", "--out", out], BAD_COHORT, "there is no folder"),
        ([table, images, "--out", out, "--masks", "x"], BAD_COHORT, "there is no folder x"),
        ([str(binary), images, "--out", out], BAD_COHORT, "table.xlsx is no text"),
        ([table, str(study.root / "none"), "--out", out], BAD_COHORT, "no INSP STD visit 1 scan"),
        ([table, images, "--out", out, "--phase", "EXP"], BAD_COHORT, "found 3 INSP STD visit 1"),
    ):
        assert run(lambda a=arguments: import_copdgene.main(a)) == code, arguments
        shown, line = capsys.readouterr()
        assert shown == "" and len(line.splitlines()) == 1 and said in line, line
    study.table("12257B 0.5 40 3 3 20")
    with pytest.raises(CohortError, match=r"no subject has one row .* and one scan"):
        study.run()
    assert len(study.left()) == 4 and not study.out.exists()
    with pytest.raises(UsageError):
        study.out.mkdir()
        study.run()


def test_the_program_runs_as_people_run_it(study):
    study.scans().table(*ROWS)
    program = Path(import_copdgene.__file__)
    arguments = [sys.executable, program, "pheno.txt", "images", "--out", "t.csv"]
    root = str(program.parents[2])
    done = subprocess.run(
        arguments,
        cwd=study.root,
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("t.csv: 3 scans, 0 with a label map") and done.stderr == ""
    assert "tools/prepare_cohort.py t.csv --out cohort" in done.stdout


def test_from_cip_label_maps_to_a_cohort(study):
    for seed, sid in enumerate(SIDS):
        chest = make_chest(seed=seed, shift_mm=(0, 0, 4.0 * seed))
        folder = study.images / sid / cid(sid)
        folder.mkdir(parents=True)
        write_scan(folder / f"{cid(sid)}.{('nrrd', 'nhdr')[seed % 2]}", chest.hu)
        # CIP: whole lung 1, left 3 in the low byte; parenchyma 1, airway 2 in the high byte
        codes = (chest.lungs * (1 << 8 | 3) + chest.airways * (2 << 8 | 1)).astype(np.uint16)
        write_scan(folder / f"{cid(sid)}_partialLungLabelMap.nrrd", codes)
    study.table(*ROWS).run("--quiet")
    cohort = study.root / "cohort"
    prepare_cohort.main([str(study.out), "--out", str(cohort), "--workers", "1", "--quiet"])
    scans = read_cohort(cohort).scans
    assert [(s.scan_id, s.subject_id) for s in scans] == [(cid(sid), sid) for sid in SIDS]
    assert [s.labels for s in scans] == [
        {"ve": 3, "fev1fvc": 0.64, "fev1pp": 71.5},
        {"ve": 0, "fev1fvc": 0.81, "fev1pp": 98},
        {"ve": 1, "fev1fvc": 0.75, "fev1pp": 70},
    ]
    assert [(s.row["mask"], s.row["gold"], s.row["site"]) for s in scans] == [
        ("given", "2", "NJC"),
        ("given", "0", "NJC"),
        ("given", "-1", "NJC"),
    ]
    assert [s.row["pctEmph"] for s in scans] == ["8.1", "0.4", ""]
    assert str(study.images) not in (cohort / "cohort.csv").read_text()
