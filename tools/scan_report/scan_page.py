"""The page: what is known of a scan's scoring, put into templates/page.html."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from pylayers.batch.pixel_size import resized
from pylayers.batch.stack import WINDOW_HIGH_HU, WINDOW_LOW_HU
from pylayers.cohort.targets import TARGETS
from pylayers.errors import printable
from pylayers.files.whole_file import write_whole
from pylayers.lungs.crop import LungCrop
from pylayers.lungs.crop_lungs import scan_and_lungs
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
from tools.scoring.scan_result import PHANTOM_WARNING
from tools.stats.estimate_text import number_text
from tools.training.run_folder import RunFolder
from tools.training.trained_on import read_trained_on

TEMPLATES = Path(__file__).parent / "templates"


class Scanned(NamedTuple):
    """A scan's lungs: the crop, and which of it is lung, bool of the crop's shape."""

    crop: LungCrop
    lungs: np.ndarray

    @classmethod
    def of(cls, crop: LungCrop, scan, mask=None, **choices) -> "Scanned":
        """Return the lungs in a crop by reading its scan again: only the page needs them.

        Takes what crop_lungs took.
        """
        return cls(
            crop, np.ascontiguousarray(crop.box.of(scan_and_lungs(scan, mask, **choices)[1]))
        )

    def on(self, crop: LungCrop) -> "Scanned":
        """Return the lungs on a crop of other pixels."""
        if crop is self.crop:
            return self
        return Scanned(crop, resized(self.lungs.astype(np.uint8), *crop.hu.shape[1:]) > 0)


def write_report(path, result: dict, runs: list[RunFolder], scanned: dict[str, Scanned]) -> None:
    """Write the page of a result (tools/scoring/scan_result.py) as one file without a date.

    runs: those that were to score it. scanned: target name -> what was scored, empty for a refused
    scan. Raises WeightsError for damaged predictions over the validation split.
    """
    refused = result["refused"]
    scores = {name: target["score"] for name, target in result["targets"].items()}
    views = [
        target_view(run, result["targets"][name], scores, *scanned[name])
        for run in runs
        if (name := run.best()["target"]) in scanned
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
            runs=[(best, read_trained_on(run, best)) for run in runs for best in [run.best()]],
            targets=TARGETS,
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
