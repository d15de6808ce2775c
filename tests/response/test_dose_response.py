"""The response of numbers to inserted disease: what is measured when, and what is monotone."""

import numpy as np
import pytest
from chest import make_chest

from data.phantom.real_lungs import plan_real_lungs
from pylayers.errors import UsageError
from pylayers.lungs.crop_lungs import crop_of_scan
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.scan_array import scan_of_array
from tools.response.dose_response import Response, dose_response, monotony
from tools.response.edge_blur import edge_blur_mm
from tools.response.emphysema_level import EMPHYSEMA_HU, emphysema_level
from tools.response.inserted_lesions import InsertedLesions
from tools.response.lesion_order import lesion_order
from tools.response.lung_tissue import lung_tissue

DOSES = (0.0, 0.05, 0.1, 0.2, 0.3)


@pytest.fixture(scope="module")
def plans() -> list[InsertedLesions]:
    chest = make_chest()
    scan = scan_of_array(chest.hu, chest.spacing_mm)
    crop = crop_of_scan(scan, ScanRequest("chest"))
    made = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        holes = plan_real_lungs(crop.lungs, crop.spacing_mm, rng)
        order = lesion_order(crop.hu.shape, crop.spacing_mm, holes.centres, holes.radius, rng)
        made.append(InsertedLesions(crop, lung_tissue(crop), order, -975, blur_mm=0.6))
    return made


def test_a_linear_score_falls_monotonically(plans):
    calls = []

    def measure(crop):
        calls.append(crop)
        return {"fev1fvc": crop.hu[crop.lungs].mean() / 1000 + 1.7, "LAA-950": crop.laa950}

    responses = list(dose_response(plans, DOSES, measure))
    assert [(r.repeat, r.dose) for r in responses] == [(n, d) for n in (1, 2) for d in DOSES]
    assert len(calls) == 2 * len(DOSES) - 1  # without lesions both plans are one scan
    for name, sign in (("fev1fvc", -1), ("LAA-950", 1)):
        found = monotony(responses, name)
        assert found.is_monotone and (found.steps, found.wrong) == (8, 0)
        assert found.rho * sign > 0.95


def responses(*values: float, name="fev1fvc") -> list[Response]:
    return [Response(1, i / 10, i / 10, {name: value}) for i, value in enumerate(values)]


def test_a_step_back_is_counted():
    found = monotony(responses(0.8, 0.7, 0.75, 0.6), "fev1fvc")
    assert (found.steps, found.wrong) == (3, 1) and not found.is_monotone
    assert found.rho == pytest.approx(-0.8)


@pytest.mark.parametrize("name", ["fev1fvc", "fev1pp"])
def test_lung_function_that_rises_with_disease_is_wrong_at_every_step(name):
    found = monotony(responses(1, 2, 3, name=name), name)
    assert found.wrong == 2 and not found.is_monotone
    assert monotony(responses(1, 2, 3, name="ve"), "ve").is_monotone


def test_a_score_that_never_moves_follows_nothing():
    assert not monotony(responses(0.5, 0.5, 0.5), "fev1fvc").is_monotone


def test_a_dose_out_of_reach_is_refused_before_anything_is_measured(plans):
    with pytest.raises(UsageError, match="more than lesions can destroy"):
        list(dose_response(plans, (0, 0.1, 0.97), lambda crop: pytest.fail("measured")))


@pytest.mark.parametrize("offset_hu", [0, 20])
def test_the_lesions_density_goes_with_the_scans_air(offset_hu):
    chest = make_chest()
    scan = scan_of_array(chest.hu.astype(float) + offset_hu, chest.spacing_mm)
    assert emphysema_level(scan) == pytest.approx(EMPHYSEMA_HU + offset_hu, abs=4)


@pytest.mark.parametrize("blur_mm", [0.45, 0.6, 0.9])
def test_the_blur_of_an_edge_is_found(blur_mm):
    from scipy.ndimage import gaussian_filter

    pixel_mm, fine = 0.6, 4  # blurred on a finer grid than the pixels'
    rows, columns = np.ogrid[: 200 * fine, : 200 * fine]
    inside = (rows - 400.0) ** 2 + (columns - 400.0) ** 2 < 280**2
    disc = gaussian_filter(np.where(inside, -60.0, -1000.0), blur_mm / pixel_mm * fine)
    hu = disc.reshape(200, fine, 200, fine).mean(axis=(1, 3))[None].repeat(3, 0)
    assert edge_blur_mm(hu, pixel_mm) == pytest.approx(blur_mm, rel=0.25)
    assert edge_blur_mm(np.full((2, 9, 9), -1000), pixel_mm) == 0.6
