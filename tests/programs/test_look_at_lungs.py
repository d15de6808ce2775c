"""A sheet of pictures shows what was taken for lung, of good scans and of refused ones."""

import numpy as np
import pytest
from chest import write_scan
from PIL import Image

from tools import look_at_lungs
from tools.figures import lung_sheet as sheet
from tools.scan_lists.scan_list import jobs_of


@pytest.fixture
def folder(chest, tmp_path):
    """A good scan, half of one, and a file that is none."""
    write_scan(tmp_path / "good.mha", chest.hu)
    write_scan(tmp_path / "half.mha", chest.hu[:20])
    (tmp_path / "none.mha").write_bytes(b"NDims = 3\n")
    return tmp_path


def test_every_scan_of_a_folder_has_a_row(folder, capsys):
    out = folder / "sheet.png"
    assert look_at_lungs.main([str(folder), "--out", str(out)]) is None
    assert "3 scans; outlined:" in capsys.readouterr().out
    with Image.open(out) as picture:
        width, height = picture.size
        assert height > width * 2 * sheet.ROW_MM / 170
        assert np.asarray(picture.convert("L")).std() > 20


def test_many_scans_fill_several_pictures(folder, monkeypatch, capsys):
    monkeypatch.setattr(look_at_lungs, "MOST_ROWS", 2)
    look_at_lungs.main([str(folder), "--out", str(folder / "sheet.png")])
    names = ("sheet_1of2.png", "sheet_2of2.png")
    said = capsys.readouterr().out
    assert all(name in said for name in names) and "3 scans" in said
    sizes = []
    for name in names:
        with Image.open(folder / name) as picture:
            sizes.append(picture.size[1])
    assert sizes[0] > sizes[1] and not (folder / "sheet.png").exists()


def test_rows_say_what_was_seen(folder):
    good, half, none = (look_at_lungs.looked_at(job) for job in jobs_of(folder))
    assert good.text.startswith("good: ") and "L of lung, LAA-950" in good.text
    assert "pixels of 2.6 mm are coarser than CT scanners reconstruct" in good.text
    assert "refused: lungs-cut" in half.text and len(half.planes) == 4
    assert "refused: " in none.text and not none.planes


def test_outlines_and_box_are_the_lungs(chest, folder):
    row = look_at_lungs.looked_at(jobs_of(folder)[0])
    titles = [plane[0] for plane in row.planes]
    assert titles[3] == "coronal" and all(title.startswith("slice ") for title in titles[:3])
    for title, hu, mask, _, box in row.planes[:3]:
        z = int(title.split()[1])
        np.testing.assert_array_equal(hu, chest.hu[z])
        assert np.mean(mask == chest.lungs[z]) > 0.99
        top, height, left, width = box
        inside = np.zeros_like(mask)
        inside[top : top + height, left : left + width] = True
        assert not (mask & ~inside).any()


@pytest.mark.parametrize("arguments", [["--out", "sheet.jpg"], ["--out", "no/folder/sheet.png"]])
def test_a_picture_that_cannot_be_written_is_wrong_usage(folder, arguments, run_tool):
    result = run_tool("look_at_lungs", folder, *arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("error: --out") and result.stderr.count("\n") == 1
