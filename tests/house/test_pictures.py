"""The drawing of the network shows what Caffe lays out, and small PNGs keep their colours."""

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image

from tools.pictures.network_layers import read_blocks
from tools.pictures.small_png import MOST_COLUMNS, figure_palette, write_small_png

SIDES = {"data": 512, "conv1": 254, "pool1": 127, "conv2": 62, "pool2": 31, "conv3": 15}
SIDES |= {"pool3": 8, "conv4": 3, "conv5": 1, "fc6": 1, "fc7": 1}  # paper, Table 1


@pytest.mark.caffe
def test_the_blocks_have_the_sizes_of_the_papers_table():
    blocks = read_blocks(ROOT / "prototxt" / "deploy.prototxt")
    assert {block.name: block.side for block in blocks} == SIDES
    assert blocks[1].parameters == 32 * 5 * 5 + 32
    assert [block.name for block in blocks if block.relu] == [
        "pool1", "pool2", "pool3", "conv4", "conv5",
    ]  # fmt: skip


def test_a_small_png_is_narrow_and_has_the_palettes_nearest_colours(tmp_path):
    picture = np.full((10, MOST_COLUMNS * 2, 3), 255, np.uint8)
    picture[:, :MOST_COLUMNS] = (0, 114, 178)  # blue of the style
    Image.fromarray(picture).save(tmp_path / "large.png")
    for name in ("small.png", "again.png"):
        write_small_png(tmp_path / "large.png", tmp_path / name, figure_palette())
    small = np.asarray(Image.open(tmp_path / "small.png").convert("RGB"))
    assert small.shape == (5, MOST_COLUMNS, 3)
    assert tuple(small[2, 10]) == (0, 114, 178) and tuple(small[2, -10]) == (255, 255, 255)
    assert (tmp_path / "small.png").read_bytes() == (tmp_path / "again.png").read_bytes()
