"""LUNA16's folders to a table of scans: partners, duplicates, labels."""

import csv

import numpy as np
import pytest
from chest import write_scan

from data.luna16 import import_luna16
from pylayers.cohort.cohort import checked_scan_id
from pylayers.errors import CohortError, UsageError

UIDS = [f"1.3.6.1.4.1.14519.5.2.1.6279.6001.10022528722283269036551841999{n}" for n in range(6)]
VOXELS = np.zeros((2, 3, 4), np.int16)


class Luna:
    """A folder of LUNA16's shape and its import."""

    def __init__(self, root):
        self.folder, self.out = root / "LUNA16", root / "made" / "luna.csv"

    def add(self, uid, *places, voxels=True, compressed=False):
        folder = self.folder.joinpath(*places)
        folder.mkdir(parents=True, exist_ok=True)
        path = write_scan(folder / f"{uid}.mhd", VOXELS)
        raw = path.with_suffix(".raw")
        if compressed:
            raw.rename(raw.with_suffix(".zraw"))
        elif not voxels:
            raw.unlink()

    def run(self, *options):
        arguments = [self.folder, "--out", self.out, *options]
        import_luna16.main([str(argument) for argument in arguments])
        return {row["scan_id"]: row for row in self.read(self.out)}

    def left(self):
        path = self.out.with_name("luna_left_out.csv")
        return [(r["seriesuid"], r["reason"]) for r in self.read(path)] if path.exists() else []

    def labels(self, text):
        path = self.out.parent.parent / "labels.csv"
        path.write_text(text)
        return path

    @staticmethod
    def read(path):
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
def luna(tmp_path):
    """Three scans in two subsets, each with a mask."""
    study = Luna(tmp_path)
    for number, uid in enumerate(UIDS[:3]):
        study.add(uid, f"subset{number % 2}")
        study.add(uid, "seg-lungs-LUNA16", compressed=True)
    return study


def test_scans_masks_and_subsets_become_rows(luna, capsys):
    rows = luna.run()
    assert list(rows) == UIDS[:3]
    for number, (uid, row) in enumerate(rows.items()):
        assert row == {
            "scan_id": checked_scan_id(uid, "row"),
            "subject_id": uid,
            "path": f"../LUNA16/subset{number % 2}/{uid}.mhd",
            "mask": f"../LUNA16/seg-lungs-LUNA16/{uid}.mhd",
            "mask_labels": "3 4",
            "ve": "",
            "fev1fvc": "",
            "fev1pp": "",
            "subset": f"subset{number % 2}",
        }
        assert (luna.out.parent / row["path"]).is_file()
    assert luna.left() == []
    out = capsys.readouterr().out
    assert "3 scans of 2 subsets, 3 with a mask" in out and "not trained on" in out
    assert "make train" not in out


def test_a_folder_unpacked_into_itself_is_read_all_the_same(luna):
    luna.add(UIDS[3], "subset3", "subset3")
    luna.add(UIDS[3], "seg-lungs-LUNA16", "seg-lungs-LUNA16")
    luna.add("scaled", "others")
    row = luna.run()[UIDS[3]]
    assert row["subset"] == "subset3" and row["mask"]
    assert luna.left() == []


def test_what_cannot_be_used_is_listed(luna):
    luna.add(UIDS[3], "subset5", voxels=False)
    luna.add(UIDS[0], "subset6")
    luna.add("a scan", "subset6")
    luna.add(UIDS[4], "subset7")
    luna.add(UIDS[4], "seg-lungs-LUNA16", voxels=False)
    luna.add(UIDS[5], "subset7")
    luna.add(UIDS[5], "seg-lungs-LUNA16", "a")
    luna.add(UIDS[5], "seg-lungs-LUNA16", "b")
    (luna.folder / "subset8").mkdir()
    (luna.folder / "subset8" / f"{UIDS[3]}9.mhd").symlink_to("/etc/hostname")
    rows = luna.run()
    assert list(rows) == [UIDS[1], UIDS[2], UIDS[4], UIDS[5]]
    assert luna.left() == [
        ("", "link"),
        (UIDS[0], "scan-ambiguous"),
        (UIDS[3], "no-voxels"),
        (UIDS[4], "mask-missing"),
        (UIDS[5], "mask-ambiguous"),
        ("a scan", "scan-id"),
    ]
    assert [(r["mask"], r["mask_labels"]) for r in rows.values()][2:] == [("", "")] * 2


def test_labels_are_joined_by_seriesuid(luna, capsys):
    text = f"SeriesUID,fev1pp,VE\n{UIDS[1]},80,NA\n{UIDS[0]},,2.5\n{UIDS[5]},70,1\n"
    rows = luna.run("--labels", luna.labels(text))
    assert [(r["ve"], r["fev1fvc"], r["fev1pp"]) for r in rows.values()] == [
        ("2.5", "", ""),
        ("", "", "80"),
        ("", "", ""),
    ]
    assert luna.left() == [(UIDS[5], "scan-missing")]
    assert "make train TARGET=" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"seriesuid,ve\n{UIDS[0]},7\n", "line 2: ve 7 is outside"),
        (f"seriesuid,ve\n{UIDS[0]},1\n{UIDS[0]},1\n", "line 3: .* occurs twice"),
        (f"seriesuid,ve\n{UIDS[0]},1,2\n{UIDS[1]},1\n", "line 2 has more cells"),
        ("seriesuid,ve\n../x,1\n", "line 2: scan_id '../x'"),
        ("seriesuid,score\na,1\n", "needs the column seriesuid and any of ve, fev1fvc, fev1pp"),
    ],
)
def test_wrong_labels_are_named_before_anything_is_written(luna, text, said):
    with pytest.raises(CohortError, match=said):
        luna.run("--labels", luna.labels(text))
    assert not luna.out.exists()


def test_wrong_folders_and_outputs_are_refused(luna, tmp_path):
    with pytest.raises(CohortError, match="there is no folder"):
        import_luna16.main([str(tmp_path / "no"), "--out", str(luna.out)])
    (tmp_path / "empty").mkdir()
    with pytest.raises(CohortError, match="no subset0"):
        import_luna16.main([str(tmp_path / "empty"), "--out", str(luna.out)])
    with pytest.raises(UsageError, match="is a folder"):
        import_luna16.main([str(luna.folder), "--out", str(tmp_path)])


def test_every_run_writes_the_same_bytes(luna):
    luna.run("--quiet")
    first = luna.out.read_bytes()
    luna.run("--quiet")
    assert luna.out.read_bytes() == first
