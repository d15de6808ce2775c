"""COPDGene's files: what is found, what is ambiguous, what leads elsewhere."""

import os
from pathlib import Path

import numpy as np
import pytest
from chest import write_scan
from copdgene_study import ROWS, SIDS, Study, cid

from pylayers.errors import CohortError


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


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
    (study.images / "0").mkdir()
    (study.images / "0" / inside.name).symlink_to(inside)  # the same file by another way
    rows = study.run()
    assert list(rows) == [SIDS[2]] and f"/{SIDS[2]}/" in rows[SIDS[2]]["path"]
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


def test_a_path_that_begins_with_a_space_is_left_out(study):
    # cells are stripped when a table is read
    study.table(ROWS[0]).scan(cid(SIDS[0]), " x")
    study.out = study.images / "t.csv"
    with pytest.raises(CohortError, match="no subject"):
        study.run()


def test_a_folder_that_cannot_be_opened_is_listed(study, monkeypatch):
    study.scans().table(*ROWS)
    scandir = os.scandir

    def closed(path):
        if str(path).endswith(SIDS[0]):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert list(study.run()) == [*SIDS[1:]]
    assert study.left() == [("", "folder-closed"), (SIDS[0], "scan-missing")]
    assert f"images/{SIDS[0]} could not be opened" in study.listed()[0]["sentence"]
