"""Axial planes of phantoms below those of a real CT, at the same heights of the lungs."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from tools.figures.chest_planes import Chest, axial, show_plane
from tools.figures.ct_image import window_text
from tools.figures.style import footnote, new_figure, styled

SHARES = (0.25, 0.5, 0.7, 0.88)  # of the lungs' height from the base
WINDOW_HU = (-1050, -450)  # emphysema, small vessels and nodules can be told from lung
WIDTH_MM, MARGIN_MM = 92, 14


@styled
def phantom_gallery(chests: Mapping[str, Chest]) -> Figure:
    """Return a figure with a row for each chest, under its words, and a column for each height."""
    rows = {words: [axial(c, s, MARGIN_MM) for s in SHARES] for words, c in chests.items()}
    shape = max(row[0].size_mm[0] / row[0].size_mm[1] for row in rows.values())
    height = len(rows) * (WIDTH_MM / len(SHARES) * shape + 5) + 12
    figure = new_figure(WIDTH_MM, height)
    figure.get_layout_engine().set(hspace=0.14)
    axes = figure.subplots(len(rows), len(SHARES), squeeze=False)
    for line, (words, planes) in zip(axes, rows.items(), strict=True):
        # no title: a long one would push the planes apart
        line[0].text(0, 1.05, words, transform=line[0].transAxes, in_layout=False)
        for one, plane in zip(line, planes, strict=True):
            show_plane(one, plane, outlined=False, window_hu=WINDOW_HU)
    figure.suptitle(f"{window_text(WINDOW_HU)}\n")
    footnote(figure)
    return figure
