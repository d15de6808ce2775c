"""The report on phantoms: both tables, and what it refuses."""

import numpy as np
import pytest

from data.phantom import report_phantoms
from data.phantom.factors import DENSITIES, FACTORS, rate_factors
from data.phantom.published import DENSITY_CORRELATION as LAA950
from data.phantom.published import compare_correlation, compare_counts, compare_density
from data.phantom.simulation import simulate_labels
from pylayers.cohort.cohort import write_rows
from pylayers.command_line.exit_codes import run

PHANTOMS = 24


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(1, PHANTOMS + 1):
        densities = dict(zip(DENSITIES, rng.normal(0, 1, len(DENSITIES)), strict=True))
        split = "test" if number % 2 else "train"
        rows.append(simulate_labels(1, number) | densities | {"split": split})
    path = tmp_path_factory.mktemp("report") / "table.csv"
    write_rows(path, rows)
    return path


def report(table, *options):
    return run(lambda: report_phantoms.main([str(table), "--quiet", *options]))


def test_the_report_has_a_line_for_each_published_number_and_each_factor(table, capsys):
    assert report(table, "--n", "20") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Labels of 20 phantoms") and f"{PHANTOMS} rendered" in lines[0]
    verdicts = [line for line in lines if line.rstrip().endswith(("  met", "NOT MET"))]
    assert len(verdicts) == 7 and "0.56 [0.46, 0.64]" in verdicts[-1]
    names = {line.split()[0] for line in lines if line.startswith("  ")}
    assert names >= {*DENSITIES, *FACTORS, "extent"}


def test_too_few_phantoms_are_refused_in_one_line(table, capsys):
    for options in (("--n", "5"), ("--n", "20", "--split", "test")):
        assert report(table, *options) == 2
        line = capsys.readouterr().err.strip()
        assert "\n" not in line and ("--n 5" in line or "12 phantoms" in line)


def test_counts_are_met_where_a_chi_square_test_finds_no_difference():
    alike = compare_counts("grades", (50, 50), [0, 1] * 100)
    unlike = compare_counts("grades", (50, 50), [0, 0, 0, 1] * 100)
    never = compare_counts("grades", (50, 50), [0] * 100)
    assert (alike.met, unlike.met, never.met) == (True, False, False)
    assert alike.phantoms == "50 / 50, p 1.00"


def test_a_correlation_is_met_within_the_published_interval():
    ve = np.arange(100) % 6
    for noise, met in ((2.8, True), (0.1, False), (80.0, False)):
        laa950 = ve + np.random.default_rng(2).normal(0, noise, 100)
        rows = [{"ve": v, "laa950": a} for v, a in zip(ve, laa950, strict=True)]
        assert compare_density(rows).met is met
        assert compare_correlation(rows, LAA950) == compare_density(rows)


def test_a_short_cut_is_too_strong_and_the_disease_is_not():
    rows = [{"ve": n, "fev1fvc": -n, "fev1pp": n % 7, "wall_mm": n, "extent": n} for n in range(50)]
    wall, extent = rate_factors(rows, ("wall_mm", "extent"))
    assert wall.too_strong and wall.rho["fev1fvc"] == pytest.approx(1)
    assert not extent.too_strong
