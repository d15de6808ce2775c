"""COPDGene's table and folders to a table of scans, and on to a cohort."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chest import make_chest, write_scan
from copdgene_study import ROWS, SIDS, Study, cid

from data.copdgene import import_copdgene
from pylayers.cohort.cohort import read_cohort
from pylayers.command_line.exit_codes import BAD_COHORT, USAGE, run
from pylayers.errors import CohortError, UsageError
from tools import prepare_cohort


@pytest.fixture
def study(tmp_path):
    return Study(tmp_path)


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
        ([str(binary), images, "--out", out], BAD_COHORT, "table.xlsx is not text"),
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
