"""The figures: what is in them, read from matplotlib's objects, and how they reach the disk."""

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from pylayers.cohort.targets import TARGETS
from pylayers.lungs.crop import Box, LungCrop
from tools.caffe_run.caffe_log import Event
from tools.figures.bland_altman import agreement_figure
from tools.figures.confusion import confusion_figure
from tools.figures.contributions import Contributions, contributions_figure, draw_contributions
from tools.figures.forest import forest_figure
from tools.figures.loss_curve import loss_curve_figure
from tools.figures.outliers import Outlier, outliers_figure
from tools.figures.reliability import reliability_figure
from tools.figures.roc_curve import NamedCurve, roc_figure
from tools.figures.scatter import SPREAD, Scatter, scatter_figure
from tools.figures.slice_counts import slice_counts_figure
from tools.figures.style import DOUBLE_MM, DPI, SINGLE_MM, SMALL_PT, write_png
from tools.stats.agreement import Agreement
from tools.stats.agreement import agreement as agreement_of
from tools.stats.brier import ReliabilityBin
from tools.stats.correlation import spearman_interval
from tools.stats.estimate import Estimate, no_estimate
from tools.stats.fits import Fit
from tools.stats.roc import RocCurve

NAN = float("nan")
VE, FEV1FVC, FEV1PP = TARGETS.values()


def texts(figure) -> str:
    """All words of a figure, as one string with single spaces."""
    words = [text.get_text() for text in figure.findobj(Text) if text.get_visible()]
    return " ".join(" ".join(words).split())


def scans_in(axes) -> np.ndarray:
    """The points (n, 2) that stand for scans."""
    (line,) = (line for line in axes.lines if line.get_gid() == "scans")
    return line.get_xydata()


def tick_labels(axes) -> list[Text]:
    return [*axes.get_xticklabels(which="both"), *axes.get_yticklabels(which="both")]


def labelled(axes) -> set[str]:
    return {line.get_label() for line in axes.lines if not line.get_label().startswith("_")}


def scatter(target=FEV1FVC, n=200, **changes) -> Scatter:
    rng = np.random.default_rng(1)
    truth = rng.uniform(0.3, 0.9, n) * (100 if target is FEV1PP else 1)
    if target is VE:
        truth = rng.integers(0, 6, n).astype(float)
    fields = {
        "title": "network",
        "target": target,
        "truth": truth,
        "values": truth * rng.normal(1, 0.05, n),
        "rho": Estimate(0.82, 0.77, 0.86),
        "linear": Fit((0.0, 1.0), 1.0),
        "quadratic": Fit((0.0, 1.0, 0.0), 1.0),
    }
    return Scatter(**fields | changes)


def crop(slices=20) -> LungCrop:
    hu = np.full((slices, 30, 40), -850, np.int16)
    hu += np.arange(slices, dtype=np.int16)[:, None, None]
    return LungCrop(hu, (5.0, 0.8, 0.7), -300.0, Box(0, slices, 0, 30, 0, 40), 4, 1, -900, False)


def curve() -> NamedCurve:
    rates = np.linspace(0, 1, 20)
    points = RocCurve((), tuple(rates), tuple(np.sqrt(rates)))
    area = Estimate(0.94, 0.91, 0.96)
    return NamedCurve("network", points, area, (0.1, 0.88), "FEV1/FVC < 0.7")


def outlier(scan_id="s1", slices=4) -> Outlier:
    planes = [np.full((30, 40), -850 + k, np.int16) for k in range(slices)]
    return Outlier(scan_id, planes, range(slices), (0.8, 0.7), 4.0, 1.5)


def agreement():
    panel = scatter()
    errors = Agreement(
        mae=Estimate(0.03),
        bias=Estimate(0.01, 0.0, 0.02),
        lower_limit=Estimate(-0.09, -0.1, -0.08),
        upper_limit=Estimate(0.11, 0.1, 0.12),
        ccc=Estimate(0.9),
    )
    return agreement_figure(panel.truth, panel.values, FEV1FVC, errors)


def reliability():
    bins = [
        ReliabilityBin(0, 0.3, 0, NAN, no_estimate("there are no scans in this bin")),
        ReliabilityBin(0.3, 0.6, 7, 0.4, Estimate(0.2, 0.1, 0.3)),
        ReliabilityBin(0.6, 1, 5, 0.8, Estimate(0.9, 0.8, 1.0)),
    ]
    return reliability_figure(bins, "predicted", "observed", "COPD")


LOSSES = [Event("trained", 0, 0.05), Event("trained", 20, 0.01), Event("validated", 20, 0.02)]
FIGURES = {
    "scatter": (lambda: scatter_figure([scatter()]), SINGLE_MM),
    "six scatters": (lambda: scatter_figure([scatter(t) for t in (*TARGETS.values(),) * 2]), 170),
    "roc": (lambda: roc_figure([curve(), curve()]), SINGLE_MM),
    "outliers": (lambda: outliers_figure([outlier(), outlier("x" * 64)], VE), DOUBLE_MM),
    "contributions": (
        lambda: contributions_figure([Contributions("s1", crop(), {"ve": np.arange(16.0)})]),
        DOUBLE_MM,
    ),
    "agreement": (agreement, SINGLE_MM),
    "reliability": (reliability, SINGLE_MM),
    "confusion": (lambda: confusion_figure(np.eye(6, dtype=int), "012345", "t", "VE"), SINGLE_MM),
    "forest": (lambda: forest_figure({"VE": {"net": Estimate(0.8, 0.7, 0.9)}}), DOUBLE_MM),
    "slice counts": (
        lambda: slice_counts_figure({"a": {8: Estimate(0.8), 16: Estimate(0.9)}}, "t"),
        SINGLE_MM,
    ),
    "loss": (lambda: loss_curve_figure(LOSSES, "fev1fvc", 20), SINGLE_MM),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_png_has_its_printed_width_and_legible_words_inside(name, tmp_path):
    build, width_mm = FIGURES[name]
    figure = build()
    write_png(figure, tmp_path / "figure.png")
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]
    height, width, _ = cv2.imread(str(tmp_path / "figure.png")).shape
    assert width == pytest.approx(width_mm / 25.4 * DPI, abs=1)
    assert height == pytest.approx(figure.get_figheight() * DPI, abs=1)
    inside = figure.get_tightbbox()
    assert inside.x0 > -0.01 and inside.x1 < figure.get_figwidth() + 0.01
    assert inside.y0 > -0.01 and inside.y1 < figure.get_figheight() + 0.01
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    assert min(text.get_size() for text in words) >= SMALL_PT
    ticks = {tick for axes in figure.axes for tick in tick_labels(axes)}
    boxes = [(text, text.get_window_extent()) for text in words if text not in ticks]
    for (one, here), (other, there) in combinations(boxes, 2):
        assert not here.padded(-2).overlaps(there), (one, other)


def test_no_file_is_left_when_writing_fails(tmp_path, monkeypatch):
    figure = scatter_figure([scatter()])
    (tmp_path / "figure.png").write_bytes(b"the last one")

    def fails(path, **options):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", fails)
    with pytest.raises(OSError, match="disk full"):
        write_png(figure, tmp_path / "figure.png")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"the last one"]


def test_the_style_does_not_depend_on_the_users_settings():
    import matplotlib

    with matplotlib.rc_context({"axes.labelsize": 3, "font.family": "monospace"}):
        axes = scatter_figure([scatter()]).axes[0]
    assert axes.xaxis.label.get_size() == 8
    assert axes.xaxis.label.get_fontname() == FontProperties("DejaVu Sans").get_name()


def test_a_scatter_shows_all_scans_with_fits_identity_and_thresholds():
    panel = scatter(FEV1PP)
    figure = scatter_figure([panel])
    axes = figure.axes[0]
    np.testing.assert_allclose(scans_in(axes), np.column_stack((panel.truth, panel.values)))
    assert labelled(axes) == {"identity", "linear fit", "quadratic fit", "threshold"}
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xlabel() == "true FEV1 % predicted (%)"
    assert axes.get_ylabel() == "FEV1 % predicted by network (%)"
    assert "network, n = 200" in texts(figure)
    assert "ρ = 0.82, 95 % CI [0.77, 0.86]" in texts(figure)
    assert "thresholds: FEV1 % predicted 80, 50, 30" in texts(figure)
    levels = {line.get_xdata()[0] for line in axes.lines if line.get_label() == "threshold"}
    assert levels == {80, 50, 30}


def test_whole_grades_are_spread_and_keep_their_grade():
    panel = scatter(VE, values=np.full(200, 2.0))
    points = scans_in(scatter_figure([panel]).axes[0])
    shifts = points[:, 0] - panel.truth
    assert np.abs(shifts).max() <= SPREAD / 2
    np.testing.assert_array_equal(points[:, 1], panel.values)
    assert len(np.unique(points[:, 0])) == 200


def test_densitometry_has_its_own_axis_and_no_identity_line():
    panel = scatter(FEV1FVC, values_label="LAA-950 (%)", symbol="|ρ|", title="LAA-950")
    figure = scatter_figure([panel])
    assert figure.axes[0].get_ylabel() == "LAA-950 (%)"
    assert labelled(figure.axes[0]) == {"linear fit", "quadratic fit", "threshold"}
    assert "|ρ| = 0.82" in texts(figure)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"truth": [0.5, 0.6], "values": [0.5, 0.7]}, "ρ n/a: 2 scans, at least 4 are needed"),
        ({"values": np.full(200, 0.6)}, "ρ n/a: y is the same for all 200 scans"),
        ({"truth": np.full(200, 0.6)}, "ρ n/a: x is the same for all 200 scans"),
        ({"truth": [], "values": []}, "no scans"),
        ({"truth": [0.5, NAN, 0.7], "values": [0.5, 0.6, 0.8]}, "n = 2, 1 without a number"),
    ],
)
def test_a_degenerate_scatter_gives_the_reason(changes, expected):
    without_fits = scatter(linear=Fit((NAN, NAN), NAN, "no line"), quadratic=None, **changes)
    rho = spearman_interval(without_fits.truth, without_fits.values)
    figure = scatter_figure([replace(without_fits, rho=rho)])
    figure.draw_without_rendering()
    assert expected in texts(figure)
    assert not {"linear fit", "quadratic fit"} & labelled(figure.axes[0])


def test_panels_are_lettered_and_share_one_legend():
    figure = scatter_figure([scatter(), scatter(VE), scatter(FEV1PP), scatter()], columns=3)
    for letter in "abcd":
        assert f"({letter}) network" in texts(figure)
    assert texts(figure).count("identity") == 1
    assert "FEV1/FVC 0.7; FEV1 % predicted 80, 50, 30" in texts(figure)


def test_the_roc_curve_shows_areas_and_the_operating_point():
    chance = RocCurve((), (0, 1), (0, 1))
    figure = roc_figure([curve(), NamedCurve("LAA-950", chance, Estimate(0.5, 0.4, 0.6))])
    assert "network: AUC 0.94 [0.91, 0.96]" in texts(figure)
    assert "LAA-950: AUC 0.50 [0.40, 0.60]" in texts(figure)
    assert "FEV1/FVC < 0.7: sensitivity 0.88, specificity 0.90" in texts(figure)
    points = [line.get_xydata().tolist() for line in figure.axes[0].lines]
    assert [[0.1, 0.88]] in points and [[0, 0], [1, 1]] in points


def test_a_roc_curve_of_one_class_gives_the_reason():
    no_points = RocCurve((), (), (), "no scan has COPD")
    figure = roc_figure([NamedCurve("network", no_points, no_estimate(no_points.why))])
    figure.draw_without_rendering()
    assert "network: AUC n/a: no scan has COPD" in texts(figure)


def test_outliers_are_rows_of_slices_with_their_numbers():
    figure = outliers_figure([outlier("s1"), outlier("s2", slices=3)], VE)
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == 7
    assert pictures[2].images[0].get_array()[0, 0] == -848
    assert pictures[0].images[0].get_clim() == (-1000, -500)
    assert "s2 truth 4.00 predicted 1.50 error −2.50" in texts(figure)
    assert "greys from −1000 to −500 HU" in texts(figure)
    assert "research use, not a medical device" in texts(figure)


def test_contributions_are_drawn_at_their_heights_with_both_ends():
    values = np.array([2.0, 1.0, 4.0, 3.0])
    scans = [
        Contributions("s1", crop(), {"ve": values, "fev1pp": 20 * values}, {"ve": 3}),
        Contributions("s2", crop(), {"ve": values - 1}),
    ]
    figure = contributions_figure(scans)
    plots = [axes for axes in figure.axes if not axes.images]
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(plots) == 3 and len(pictures) == 6
    z_mm = [-300 + 5 * index for index in (2, 7, 12, 17)]
    np.testing.assert_allclose(plots[0].lines[0].get_xydata(), np.column_stack((z_mm, values)))
    assert [axes.images[0].get_array()[0, 0] + 850 for axes in pictures[:2]] == [7, 12]
    assert plots[0].get_ylim() == plots[2].get_ylim()
    assert "s1 score = mean (dashed) = 2.50, truth 3.00" in texts(figure)
    assert "lowest: 1.00 at z = −265 mm" in texts(figure)
    assert plots[1].get_ylabel() == "FEV1 % predicted (%)"


def test_contributions_that_are_no_numbers_or_all_the_same_are_drawn(tmp_path):
    scans = [
        Contributions("s1", crop(), {"ve": np.array([1.0, NAN])}),
        Contributions("s2", crop(), {"ve": np.zeros(1)}),
    ]
    draw_contributions(scans, tmp_path / "figure.png")
    words = texts(contributions_figure(scans))
    assert "s1 no score" in words and "not all contributions are numbers" in words


def test_bland_altman_shows_differences_bias_and_limits():
    panel = scatter()
    figure = agreement()
    axes = figure.axes[0]
    expected = ((panel.truth + panel.values) / 2, panel.values - panel.truth)
    np.testing.assert_allclose(scans_in(axes), np.column_stack(expected))
    assert "upper limit of agreement 0.110 [0.100, 0.120]" in texts(figure)
    assert "bias 0.010 [0.000, 0.020]" in texts(figure)
    assert "lower limit of agreement −0.090 [−0.100, −0.080]" in texts(figure)
    assert len(axes.patches) == 3


def test_bland_altman_without_limits_gives_the_reason():
    figure = agreement_figure([3, 4], [3, 5], VE, agreement_of([3, 4], [3, 5]))
    figure.draw_without_rendering()
    assert "lower limit of agreement n/a: 2 scans, at least 4 are needed" in texts(figure)
    assert not figure.axes[0].patches
    truth = [1, 2, 3, 4]
    same = agreement_of(truth, np.add(truth, 0.5))
    figure = agreement_figure(truth, np.add(truth, 0.5), VE, same)
    assert "bias 0.50" in texts(figure)
    assert not figure.axes[0].patches


def test_reliability_leaves_out_empty_bins_and_counts_them():
    curve_axes, bars = reliability().axes
    (line,) = (line for line in curve_axes.lines if line.get_marker() == "o")
    np.testing.assert_allclose(line.get_xydata(), [[0.4, 0.2], [0.8, 0.9]])
    assert [patch.get_height() for patch in bars.patches] == [0, 7, 5]
    assert [text.get_text() for text in bars.texts] == ["0", "7", "5"]
    assert curve_axes.get_title(loc="left") == "COPD, n = 12"
    nothing = ReliabilityBin(0, 1, 0, NAN, no_estimate("there are no scans in this bin"))
    empty = reliability_figure([nothing], "p", "o")
    empty.draw_without_rendering()
    assert "no bin has scans" in texts(empty)


def test_confusion_cells_hold_counts_and_row_percentages():
    assert "too few scans" in texts(confusion_figure((), ["no", "yes"], "Table 3", "COPD"))
    figure = confusion_figure([[91, 10], [0, 0]], ["no", "yes"], "Table 3", "COPD")
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["91\n90 %", "10\n10 %", "0", "0"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["no\n(n = 101)", "yes\n(n = 0)"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted COPD", "true COPD")


def test_the_forest_plot_has_a_line_per_method_and_words_for_what_is_missing():
    groups = {
        "VE": {"network": Estimate(0.84, 0.8, 0.88), "LAA-950": no_estimate("all the same")},
        "FEV1/FVC": {"network": Estimate(-0.2, -0.3, -0.1)},
    }
    figure = forest_figure(groups)
    axes = figure.axes[0]
    markers = [line for line in axes.lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in markers] == [0.84, -0.2]
    assert len({line.get_color() for line in markers}) == 1
    assert axes.get_xlim()[0] < -0.3
    assert "0.84 [0.80, 0.88]" in texts(figure)
    assert "n/a: all the same" in texts(figure)
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert names == ["VE", "network", "LAA-950", "FEV1/FVC", "network"]


def test_slice_counts_are_sorted_and_missing_ones_named():
    series = {"ours": {16: Estimate(0.82, 0.77, 0.86), 8: Estimate(0.78), 24: Estimate(NAN)}}
    figure = slice_counts_figure(series, "FEV1/FVC")
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[8, 0.78], [16, 0.82]])
    assert list(axes.get_xticks()) == [8, 16, 24]
    assert "24 slices: n/a" in texts(figure)


def test_the_loss_curve_rings_the_best_iteration():
    figure = loss_curve_figure(LOSSES, "fev1fvc", 20)
    assert "best: 0.02 at 20" in texts(figure)
    assert figure.axes[0].get_yscale() == "log"
    for events in ([], [Event("trained", 0, float("inf")), Event("trained", 1, NAN)]):
        loss_curve_figure(events, "fev1fvc", None).draw_without_rendering()
