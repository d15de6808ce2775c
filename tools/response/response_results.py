"""What is kept of a response: the table, the picture and a line a number."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pylayers.cohort.cohort import write_rows
from pylayers.cohort.targets import TARGETS
from pylayers.files.whole_file import write_json
from tools.figures.response_curves import Curve, draw_response
from tools.figures.style import axis_label
from tools.response.dose_response import LAA950, Monotony, Response, monotony
from tools.response.inserted_lesions import InsertedLesions
from tools.stats.estimate_text import MINUS, number_text

TABLE, PICTURE, SUMMARY = "response.csv", "response.png", "response.json"
SHOWN = 4  # slices


def write_response(
    folder: Path, title: str, responses: Sequence[Response], lesions: InsertedLesions, facts: dict
) -> None:
    """Write the three files into a folder that exists.

    lesions: the first plan, of which slices are shown. facts: of scan and weights, for the JSON.
    """
    names = list(responses[0].values)
    rows = [
        {"repeat": r.repeat, "dose": f"{r.dose:g}", "extent": f"{r.extent:.5f}"}
        | {name: repr(float(value)) for name, value in r.values.items()}
        for r in responses
    ]
    write_rows(folder / TABLE, rows)
    verdicts = {name: monotony(responses, name) for name in names}
    draw_response(
        title,
        [curve_of(responses, name, verdicts[name]) for name in names],
        slices_of(lesions, sorted({r.dose for r in responses})),
        lesions.crop.spacing_mm[1:],
        folder / PICTURE,
    )
    summary = {
        name: {
            "rho": v.rho if np.isfinite(v.rho) else None,
            "steps": v.steps,
            "wrong_steps": v.wrong,
            "monotone": v.is_monotone,
        }
        for name, v in verdicts.items()
    }
    write_json(folder / SUMMARY, facts | {"numbers": summary})


def line_of(name: str, found: Monotony) -> str:
    """Return a number's line for the terminal."""
    word = "rise" if found.expected_sign > 0 else "fall"
    return (
        f"{name}\tshould {word} with disease: rho {found.rho:.3f}, {found.wrong} of {found.steps} "
        f"steps in the wrong direction: {'monotone' if found.is_monotone else 'NOT monotone'}"
    )


def curve_of(responses: Sequence[Response], name: str, found: Monotony) -> Curve:
    """Return a number's panel."""
    axis = f"{LAA950} (%)" if name == LAA950 else axis_label(TARGETS[name])
    repeats = [
        np.array([(100 * r.extent, r.values[name]) for r in responses if r.repeat == repeat]).T
        for repeat in sorted({r.repeat for r in responses})
    ]
    rho = number_text(found.rho, 3, MINUS)
    return Curve(axis, f"ρ {rho}, {found.wrong} of {found.steps} steps wrong", repeats)


def slices_of(lesions: InsertedLesions, doses: Sequence[float]) -> dict[str, np.ndarray]:
    """Return the slice with most lung at up to SHOWN doses from none to the highest."""
    z = int(lesions.lungs.sum(axis=(1, 2)).argmax())
    chosen = np.unique(np.linspace(0, len(doses) - 1, SHOWN).round().astype(int))
    shown = {}
    for dose in (doses[index] for index in chosen):
        words = "as it is" if dose == 0 else f"{100 * dose:g} % destroyed"
        shown[words] = lesions.with_extent(dose).crop.hu[z]
    return shown
