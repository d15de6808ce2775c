"""The page: what is known of a scan's scoring, put into templates/page.html."""

from pathlib import Path

from pylayers.batch.stack import WINDOW_HIGH_HU, WINDOW_LOW_HU
from pylayers.errors import printable
from pylayers.files.whole_file import write_whole
from pylayers.refusals import REASONS
from tools.figures.ct_image import window_text
from tools.figures.html_page import page_templates
from tools.figures.style import NOT_A_DEVICE
from tools.scan_report import charts
from tools.scan_report.hints import HINTS
from tools.scan_report.maps import SMOOTH_MM
from tools.scan_report.slice_pictures import colour_bar
from tools.scan_report.target_view import target_view
from tools.scoring.relevance import PLAIN_LUNG_HU
from tools.scoring.scored_crop import PHANTOM_WARNING, ScoredCrop
from tools.stats.estimate_text import number_text
from tools.training.trained_run import TrainedRun

TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    path: str | Path, result: dict, runs: list[TrainedRun], scored: ScoredCrop | None
) -> None:
    """Write the page of a result (tools/scoring/scan_result.py) as one file without a date.

    runs: those that were to score the scan. scored: the numbers behind the result, None for a
    refused scan. Raises WeightsError for damaged predictions over the validation split.
    """
    refused = result["refused"]
    scores = {name: target["score"] for name, target in result["targets"].items()}
    views = [
        target_view(result["targets"][name], scores, target)
        for name, target in (scored.targets if scored else {}).items()
    ]
    write_whole(
        Path(path),
        page_templates(TEMPLATES)
        .get_template("page.html")
        .render(
            scan=printable(result["scan"]),
            result=result,
            refused=refused,
            reason=refused and REASONS[refused["slug"]],
            hint=refused and HINTS[refused["slug"]],
            phantom=PHANTOM_WARNING in result["warnings"],
            warnings=[w for w in result["warnings"] if w != PHANTOM_WARNING],
            views=views,
            runs=runs,
            bar=colour_bar(),
            charts=charts,
            words=words(),
        )
        + "\n",
    )


def words() -> dict:
    """Return what the page's text takes from the code."""
    return {
        "not_a_device": NOT_A_DEVICE,
        "greys": window_text(),
        "input_low": number_text(WINDOW_LOW_HU, 0),
        "input_high": number_text(WINDOW_HIGH_HU, 0),
        "plain_lung": number_text(PLAIN_LUNG_HU, 0),
        "smooth_mm": f"{SMOOTH_MM:g}",
    }
