"""The PDF: numbers, what they mean, the slices and all notes, on A4, drawn by matplotlib.

It names neither patient nor file. The same result gives the same bytes. Notes that do not fit on
the page go on to the next.
"""

import io
from collections.abc import Iterator, Sequence

import matplotlib
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from tools.dicom_out.a4_sheet import HEIGHT_MM, LINE_MM, MARGIN_MM, A4Sheet
from tools.dicom_out.reported_target import ReportedTarget, made_by, notes_of
from tools.figures.contributions import contributions_on
from tools.figures.style import GREY, NOT_A_DEVICE, VERMILION, styled, wrapped
from tools.scoring.drawn_scores import contributions_of
from tools.scoring.scored_crop import PHANTOM_WARNING, ScoredCrop

HEAD_MM, ALERT_MM, TARGET_MM = 21, 10, 20
ROW_MM, MOST_ROWS_MM, HEADING_MM = 50, 123, 6  # of the figure: a row, all rows, its heading
GAP_MM = 6
WORDS_MM = 50  # from the left margin to the words beside a number
LINE_LENGTH, BESIDE_LENGTH = 118, 80  # characters
TITLE_PT, NUMBER_PT = 15, 24
FORMAT = {"pdf.fonttype": 42}  # text that can be searched and copied


@styled
def pdf_of(
    result: dict, targets: Sequence[ReportedTarget], scored: ScoredCrop, series: str
) -> bytes:
    """Return the PDF of a result (tools/scoring/scan_result.py); series: UID of the scan's."""
    file = io.BytesIO()
    about = {"Title": f"scan2num, {NOT_A_DEVICE}", "Creator": "scan2num", "CreationDate": None}
    with matplotlib.rc_context(FORMAT), PdfPages(file, metadata=about) as pages:
        for figure in sheets(result, targets, scored, series):
            pages.savefig(figure)
    return file.getvalue()


def sheets(
    result: dict, targets: Sequence[ReportedTarget], scored: ScoredCrop, series: str
) -> Iterator[Figure]:
    """Yield the pages."""
    sheet, y_mm = A4Sheet(), MARGIN_MM + 5.0
    sheet.write(0, y_mm, "Predicted from a chest CT", fontsize=TITLE_PT, fontweight="bold")
    sheet.write(0, y_mm + 6, f"scan2num, {NOT_A_DEVICE}", color=VERMILION, fontweight="bold")
    sheet.write(0, y_mm + 10.5, f"DICOM series {series}", color=GREY)
    y_mm += HEAD_MM - 5
    if PHANTOM_WARNING in result["warnings"]:
        sheet.alert(y_mm - 2, ALERT_MM, f"{PHANTOM_WARNING[0].upper()}{PHANTOM_WARNING[1:]}.")
        y_mm += ALERT_MM + 4
    for target in targets:
        draw_number(sheet, y_mm, target)
        y_mm += TARGET_MM
    rows_mm = min(ROW_MM * len(targets), MOST_ROWS_MM) + HEADING_MM
    contributions_on(sheet.part(y_mm, rows_mm), contributions_of("slices of the lungs", scored))
    y_mm += rows_mm + GAP_MM
    lines = note_lines(result, targets)
    while True:
        fitting = int((HEIGHT_MM - MARGIN_MM - y_mm) / LINE_MM)
        sheet.write_lines(y_mm, lines[:fitting])
        yield sheet.figure
        lines = lines[fitting:]
        if not lines:
            return
        sheet, y_mm = A4Sheet(), MARGIN_MM + LINE_MM


def draw_number(sheet: A4Sheet, y_mm: float, target: ReportedTarget) -> None:
    """Draw a number with its name, and what it means beside it."""
    sheet.write(0, y_mm + 3, target.target.title, color=GREY)
    sheet.write(
        0, y_mm + 13, target.target.text(target.score), fontsize=NUMBER_PT, fontweight="bold"
    )
    words = wrapped(f"{target.meaning}\n{target.error}", BESIDE_LENGTH)
    sheet.write(WORDS_MM, y_mm + 1, words, va="top", linespacing=1.35)


def note_lines(result: dict, targets: Sequence[ReportedTarget]) -> list[str]:
    """Return the notes and where the numbers come from, as lines."""
    weights = [
        f"{target.target.title}: weights {target.weights}"
        + "".join(f", {choice}" for choice in target.choices)
        for target in targets
    ]
    notes = [f"Note: {note}" for note in notes_of(result) if note != PHANTOM_WARNING]
    texts = [*notes, *weights, f"Made by {', '.join(made_by(result))}."]
    return [line for text in texts for line in wrapped(text, LINE_LENGTH).split("\n")]
