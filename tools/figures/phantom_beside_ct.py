"""A phantom beside a real CT: the same kind of planes, the same window, the lungs outlined."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from tools.figures.chest_planes import WINDOW_HU, Chest, axial, coronal, show_plane
from tools.figures.ct_image import window_text
from tools.figures.style import DOUBLE_MM, footnote, new_figure, styled

AXIAL_SHARE = 0.6  # of the lungs' height from the base: below the main bronchi
MARGIN_MM = 22


@styled
def phantom_beside_ct(chests: Mapping[str, Chest]) -> Figure:
    """Return a figure with an axial and a coronal plane of each chest, axial ones first."""
    views = {
        f"{title}: {kind}": plane
        for kind, cut in (("axial", lambda c: axial(c, AXIAL_SHARE, MARGIN_MM)), ("coronal", _up))
        for title, plane in ((title, cut(chest)) for title, chest in chests.items())
    }
    widths = [plane.size_mm[1] / plane.size_mm[0] for plane in views.values()]
    figure = new_figure(DOUBLE_MM, (DOUBLE_MM - 6) / sum(widths) + 14)
    for axes, (title, plane) in zip(
        figure.subplots(1, len(views), width_ratios=widths), views.items(), strict=True
    ):
        show_plane(axes, plane)
        axes.set_title(title)
    figure.suptitle(f"lungs as they are found ({window_text(WINDOW_HU)})")
    footnote(figure)
    return figure


def _up(chest: Chest):
    return coronal(chest, MARGIN_MM)
