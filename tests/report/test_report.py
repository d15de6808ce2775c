"""The report: its numbers are those of the predictions, its page needs nothing but itself."""

import csv
import json
import os
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from processes import LIMIT_S
from scipy import stats
from sklearn import metrics

from pylayers.cohort.cohort import read_cohort, store_path, write_rows
from pylayers.cohort.store import write_crop
from pylayers.errors import CohortError, UsageError, WeightsError
from pylayers.files.file_hash import sha256
from pylayers.files.whole_file import write_json
from pylayers.lungs.crop import Box, LungCrop
from pylayers.lungs.densitometry import laa950
from tools import make_report
from tools.baselines.scored_baselines import ScoredBaselines, read_baselines, write_baselines
from tools.report.measured_sections import baseline_sections, variant_sections
from tools.report.results import read_results
from tools.training import run_places
from tools.training.run_folder import RunFolder
from tools.training.run_prototxt import write_prototxts
from tools.training.schedules import Schedule

pytestmark = pytest.mark.caffe
SCANS, VAL = 90, 30
HOSTILE = "</script><b>&'"


@pytest.fixture(scope="module")
def truth():
    """The labels of simulated scans, and how bad each is."""
    rng = np.random.default_rng(5)
    badness = rng.uniform(0, 1, SCANS)
    return badness, {
        "ve": np.clip(np.rint(5 * badness + rng.normal(0, 0.5, SCANS)), 0, 5),
        "fev1fvc": np.clip(0.88 - 0.4 * badness + rng.normal(0, 0.04, SCANS), 0.2, 0.95),
        "fev1pp": np.clip(105 - 70 * badness + rng.normal(0, 8, SCANS), 15, 130),
    }


@pytest.fixture(scope="module")
def runs(truth, random_run, tmp_path_factory):
    """Three run folders with predictions on one small cohort, and the folder of it all."""
    top = tmp_path_factory.mktemp("report")
    badness, labels = truth
    rng = np.random.default_rng(6)
    cohort, rows = top / "cohort", []
    (cohort / "scans").mkdir(parents=True)
    for index in range(SCANS):
        hu = rng.normal(-860 - 60 * badness[index], 40, (16, 24, 32)).astype(np.int16)
        share = laa950(hu)
        crop = LungCrop(hu, (5.0, 2.0, 2.0), -100.0, Box(0, 16, 0, 24, 0, 32), 4, share, -900, True)
        name = f"s{index:03d}"
        write_crop(store_path(cohort, name), crop)
        rows.append(
            {
                "scan_id": name,
                "subject_id": name,
                "split": "val" if index < VAL else "test",
                **{target: f"{values[index]:.4f}" for target, values in labels.items()},
                "laa950": f"{share:.4f}",
                "perc15": f"{np.percentile(hu, 15):.2f}",
                "lungs_l": f"{rng.uniform(4, 7):.3f}",
                "site": "AB"[index % 2] if index % 7 else HOSTILE,
                "ve_reader1": f"{labels['ve'][index]:.0f}",
                "ve_reader2": f"{np.clip(labels['ve'][index] + rng.integers(-1, 2), 0, 5):.0f}",
            }
        )
    rows[0]["split"] = "train"
    write_rows(cohort / "cohort.csv", rows)
    for target, values in labels.items():
        run = RunFolder(top / target)
        run.path.mkdir()
        write_prototxts(run, read_cohort(cohort), target, Schedule(), seed=1, gpu=None)
        shutil.copy(random_run.best_weights, run.best_weights)
        made = {"target": target, "weights_sha256": sha256(run.best_weights), "phantom": True}
        write_json(run.best_json, made | {"val_loss": 0.01, "seed": 1})
        predicted = values + rng.normal(0, 0.25, SCANS) * values.std()
        for split, chosen in (("val", range(1, VAL)), ("test", range(VAL, SCANS))):
            write_rows(
                run.predictions(split),
                [
                    {"scan_id": f"s{i:03d}", "truth": repr(float(f"{values[i]:.4f}")),
                     "prediction": repr(float(predicted[i]))} for i in chosen
                ],
            )  # fmt: skip
            write_rows(
                run.contributions(split),
                [
                    {"scan_id": f"s{i:03d}", "slice": z, "contribution": repr(float(predicted[i]))}
                    for i in chosen
                    for z in range(16)
                ],
            )
    write_related_work(top, labels["fev1fvc"])
    (top / "sweep_fev1fvc").mkdir()
    write_rows(
        top / "sweep_fev1fvc" / "table6.csv",
        [
            {
                "slices": n,
                "rho": rho,
                "low": rho - 0.1,
                "high": rho + 0.1,
                "n": 60,
                "val_loss": 0.01,
            }
            for n, rho in ((8, 0.7), (16, 0.8))
        ],
    )
    return top


def related_work(truth, laa):
    """Predictions of two methods by name."""
    return {"LAA-950": -laa, "other": truth + np.linspace(0, 0.1, len(truth))}


def write_related_work(top, truth):
    """Write predictions of related work, the last scan first, into the run of FEV1/FVC."""
    test = np.array([float(f"{value:.4f}") for value in truth[VAL:]])
    values, back = related_work(test, column(top, "laa950")), slice(None, None, -1)
    scored = ScoredBaselines(
        tuple(f"s{i:03d}" for i in range(VAL, SCANS))[back],
        test[back],
        {name: of[back] for name, of in values.items()},
        {"train_scans": 1, "val_scans": 29, "methods": {name: {"source": "x"} for name in values}},
    )
    write_baselines(RunFolder(top / "fev1fvc"), scored)


@pytest.fixture(scope="module")
def report(runs):
    """The folder of the report on all three runs."""
    folders = [str(runs / name) for name in ("ve", "fev1fvc", "fev1pp")]
    out = runs / "out"
    make_report.main(["--runs", *folders, "--out", str(out), "--by", "site", "--quiet"])
    return out


def table(folder, name):
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def predictions(runs, target, split="test"):
    with (runs / target / f"predictions_{split}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return tuple(np.array([float(row[key]) for row in rows]) for key in ("truth", "prediction"))


def first(text):
    """The number before its interval."""
    return float(text.split()[0])


def column(runs, name):
    with (runs / "cohort" / "cohort.csv").open() as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])[VAL:]


TITLES = {"ve": "Visual emphysema score", "fev1fvc": "FEV1/FVC", "fev1pp": "FEV1 % predicted"}


@pytest.mark.parametrize("target", TITLES)
def test_correlations_are_those_of_the_predictions(target, report, runs):
    truth, predicted = predictions(runs, target)
    rows = {
        row["method"]: row
        for row in table(report, "correlation")
        if row["target"] == TITLES[target]
    }
    for method, values in (
        ("scan2num", predicted),
        ("LAA-950", column(runs, "laa950")),
        ("Perc15", column(runs, "perc15")),
    ):
        expected = abs(stats.spearmanr(values, truth).statistic)
        assert first(rows[method]["|rho| [95 % CI]"]) == pytest.approx(expected, abs=0.0051)
    assert float(rows["LAA-950"]["P(network's is larger)"]) > 0.5


@pytest.mark.parametrize("target", TITLES)
def test_agreement_is_that_of_the_predictions(target, report, runs):
    truth, predicted = predictions(runs, target)
    (row,) = (
        row
        for row in table(report, "agreement")
        if row["target"].startswith(TITLES[target]) and row["prediction"] == "as it is"
    )
    error = predicted - truth
    tolerance = {"ve": 0.0051, "fev1fvc": 0.00051, "fev1pp": 0.051}[target]
    assert first(row["MAE"]) == pytest.approx(np.abs(error).mean(), abs=tolerance)
    assert first(row["bias"]) == pytest.approx(error.mean(), abs=tolerance)
    ccc = 2 * np.cov(truth, predicted, bias=True)[0, 1]
    ccc /= truth.var() + predicted.var() + error.mean() ** 2
    assert first(row["CCC"]) == pytest.approx(ccc, abs=0.0051)
    assert first(row["Pearson's r"]) == pytest.approx(
        np.corrcoef(truth, predicted)[0, 1], abs=0.0051
    )


def test_classes_are_those_of_the_predictions(report, runs):
    truth, predicted = predictions(runs, "ve")
    rounded = np.clip(np.rint(predicted), 0, 5)
    counts = metrics.confusion_matrix(truth, rounded, labels=range(6))
    rows = table(report, "table2_ve")
    assert [[int(row[f"predicted {j}"]) for j in range(6)] for row in rows] == counts.tolist()
    kappa = metrics.cohen_kappa_score(truth, rounded, weights="quadratic", labels=range(6))
    note = (report / "table2_ve.md").read_text()
    assert f"{kappa:.2f}" in re.search(r"\(linear\), (\S+)", note)[1]

    ratio, predicted_ratio = predictions(runs, "fev1fvc")
    counts = metrics.confusion_matrix(ratio < 0.7, predicted_ratio < 0.7)
    rows = table(report, "table3_copd")
    assert [
        [int(row["predicted no"]), int(row["predicted yes"])] for row in rows
    ] == counts.tolist()
    sensitivity = counts[1, 1] / counts[1].sum()
    assert f"sensitivity {sensitivity:.2f}" in (report / "table3_copd.md").read_text()

    aucs = {row["method"]: row["AUC [95 % CI, DeLong]"] for row in table(report, "table4_auc")}
    expected = metrics.roc_auc_score(ratio < 0.7, -predicted_ratio)
    assert first(aucs["scan2num"]) == pytest.approx(expected, abs=0.0051)
    assert aucs["scan2num (paper)"] == "0.94 [0.91, 0.96]"

    percent, predicted_percent = predictions(runs, "fev1pp")
    stage, predicted_stage = (
        np.where(r >= 0.7, 0, 1 + (p < 80) * 1 + (p < 50) + (p < 30))
        for r, p in ((ratio, percent), (predicted_ratio, predicted_percent))
    )
    counts = metrics.confusion_matrix(stage, predicted_stage, labels=range(5))
    rows = table(report, "table5_gold")
    assert [[int(row[f"predicted {j}"]) for j in range(5)] for row in rows] == counts.tolist()


def test_fits_limits_readers_and_brier_are_those_of_the_predictions(report, runs):
    truth, predicted = predictions(runs, "fev1fvc")
    rows = [row for row in table(report, "fits") if row["target"] == "FEV1/FVC"]
    for row, degree in zip(rows, (1, 2), strict=True):
        terms = [float(term) for term in row["coefficients, highest power first"].split()]
        assert terms == pytest.approx(np.polyfit(truth, predicted, degree), rel=1e-3)
    assert float(rows[0]["R²"]) == pytest.approx(np.corrcoef(truth, predicted)[0, 1] ** 2, abs=6e-4)

    (row,) = (
        row
        for row in table(report, "agreement")
        if row["target"] == "FEV1/FVC" and row["prediction"] == "as it is"
    )
    error = predicted - truth
    upper = error.mean() + 1.96 * error.std(ddof=1)
    assert first(row["upper limit"]) == pytest.approx(upper, abs=6e-4)

    first_reader, second_reader = column(runs, "ve_reader1"), column(runs, "ve_reader2")
    _, grades = predictions(runs, "ve")
    for row, other in zip(table(report, "readers"), (second_reader, grades), strict=False):
        expected = stats.spearmanr(first_reader, other).statistic
        assert first(row["this cohort"]) == pytest.approx(expected, abs=0.0051)

    (row,) = (r for r in table(report, "brier") if r["from"].startswith("prevalence"))
    val_truth, _ = predictions(runs, "fev1fvc", "val")
    expected = np.mean((np.mean(val_truth < 0.7) - (truth < 0.7)) ** 2)
    assert first(row["Brier score [95 % CI]"]) == pytest.approx(expected, abs=6e-4)


def test_subgroups_and_baselines_are_those_of_the_predictions(report, runs):
    truth, predicted = predictions(runs, "ve")
    with (runs / "cohort" / "cohort.csv").open(newline="") as file:
        sites = np.array([row["site"] for row in csv.DictReader(file)][VAL:])
    for row in table(report, "by_site"):
        if row["target"] != TITLES["ve"] or row["MAE"] == "too few scans":
            continue
        inside = sites == row["site"]
        assert int(row["scans"]) == inside.sum()
        expected = stats.spearmanr(truth[inside], predicted[inside]).statistic
        assert first(row["rho [95 % CI]"]) == pytest.approx(expected, abs=0.0051)

    ratio, _ = predictions(runs, "fev1fvc")
    aucs = {row["method"]: row["AUC [95 % CI, DeLong]"] for row in table(report, "table4_auc")}
    expected = metrics.roc_auc_score(ratio < 0.7, column(runs, "laa950"))
    assert first(aucs["LAA-950"]) == pytest.approx(expected, abs=0.0051)


def test_the_related_work_stands_beside_the_network_on_the_same_scans(report, runs):
    truth, predicted = predictions(runs, "fev1fvc")
    network, *rows = table(report, "baselines_fev1fvc")
    expected = abs(stats.spearmanr(predicted, truth).statistic)
    assert first(network["|rho| [95 % CI]"]) == pytest.approx(expected, abs=0.0051)
    values = related_work(truth, column(runs, "laa950"))
    for row, (name, of) in zip(rows, values.items(), strict=True):
        assert row["method"] == name
        rho = abs(stats.spearmanr(of, truth).statistic)
        assert first(row["|rho| [95 % CI]"]) == pytest.approx(rho, abs=0.0051)
        difference = first(row["network's |rho| less this"])
        assert difference == pytest.approx(expected - rho, abs=0.0051)
        area = metrics.roc_auc_score(truth < 0.7, -of)
        assert first(row["AUC of COPD [95 % CI, DeLong]"]) == pytest.approx(area, abs=0.0051)


def test_the_related_work_on_an_earlier_cohort_is_not_shown(runs, tmp_path):
    run = RunFolder(tmp_path / "fev1fvc")
    shutil.copytree(runs / "fev1fvc", run.path)
    scored = read_baselines(run)
    write_baselines(run, replace(scored, truth=scored.truth + 0.01))
    (section,) = baseline_sections([read_results(run)], tmp_path)
    assert "make baselines TARGET=fev1fvc" in section.sentences[0] and not section.parts


def test_a_sweep_over_slices_is_table_6(report):
    rows = table(report, "table6_fev1fvc")
    assert [row["slices"] for row in rows] == ["8", "16"]
    assert [row["rho [95 % CI]"] for row in rows] == ["0.70 [0.60, 0.80]", "0.80 [0.70, 0.90]"]
    assert rows[0]["paper, another cohort"] == "0.78 [0.72, 0.82]"


def test_the_page_needs_nothing_but_itself(report):
    text = (report / "index.html").read_text()
    links = re.findall(r"""(?:src|href)=["']?(.{22})""", text)
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in links)
    assert "<script" not in text and "</script>" not in text and "http" not in text
    assert HOSTILE not in text and "&lt;/script&gt;" in text
    assert text.count("<img") >= 12
    for words in ("say nothing about a patient", "not a medical device", "another cohort"):
        assert words in text
    for name in (
        "correlation",
        "table2_ve",
        "table5_gold",
        "readers",
        "by_site",
        "brier",
        "baselines_fev1fvc",
    ):
        assert f'id="{name}"' in text
        assert (report / f"{name}.csv").is_file() and (report / f"{name}.md").is_file()


def test_the_same_runs_give_the_same_page(report, runs):
    before = (report / "index.html").read_bytes()
    folders = [str(runs / name) for name in ("ve", "fev1fvc", "fev1pp")]
    make_report.main(["--runs", *folders, "--out", str(report), "--by", "site", "--quiet"])
    assert (report / "index.html").read_bytes() == before


def test_a_network_that_says_one_number_for_all_has_no_rho_but_a_reason(runs, tmp_path):
    run = tmp_path / "fev1fvc"
    shutil.copytree(runs / "fev1fvc", run)
    rows = table(run, "predictions_test")
    write_rows(run / "predictions_test.csv", [row | {"prediction": "0.75"} for row in rows])
    make_report.main(["--runs", str(run), "--out", str(tmp_path / "out"), "--quiet"])
    said = table(tmp_path / "out", "correlation")[0]["|rho| [95 % CI]"]
    assert said.startswith("n/a: ") and len(said) > 10


def test_missing_predictions_are_said_with_the_command_that_makes_them(runs, tmp_path):
    run = tmp_path / "ve"
    shutil.copytree(runs / "ve", run)
    (run / "predictions_val.csv").unlink()
    with pytest.raises(CohortError, match="make evaluate TARGET=ve"):
        make_report.main(["--runs", str(run), "--out", str(tmp_path / "out"), "--quiet"])


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
@pytest.mark.parametrize("width", [800, 1280])
def test_the_page_lies_well_in_a_browser(width, report, tmp_path):
    probe = (
        "<script>addEventListener('load',()=>{document.title=JSON.stringify({"
        "over:document.documentElement.scrollWidth-innerWidth,"
        "bad:[...document.images].filter(i=>!i.naturalWidth).length})})</script></body>"
    )
    page = tmp_path / "page.html"
    page.write_text((report / "index.html").read_text().replace("</body>", probe))
    result = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
         "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    seen = re.search(r'<title>\{"over":(-?\d+),"bad":(\d+)\}', result.stdout)
    assert seen, result.stdout[:500]
    assert int(seen[1]) <= 0 and int(seen[2]) == 0
    assert "CONSOLE" not in result.stderr


def test_a_folder_of_runs_is_reported_whole_beside_them(runs):
    args = make_report.parser().parse_args(["--run", str(runs)])
    assert [run.path.name for run in make_report.reported_runs(args)] == ["ve", "fev1fvc", "fev1pp"]
    assert make_report.default_out(args) == runs / "report"
    args = make_report.parser().parse_args(["--run", str(runs / "ve")])
    assert [run.path.name for run in make_report.reported_runs(args)] == ["ve"]
    assert make_report.default_out(args) == runs / "ve" / "report"


def test_a_cohorts_report_lies_beside_its_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(run_places, "RUNS", tmp_path / "runs")
    args = make_report.parser().parse_args(["--cohort", "my_cohort"])
    assert make_report.default_out(args) == tmp_path / "runs" / "my_cohort" / "report"
    with pytest.raises(
        WeightsError, match=r"runs/my_cohort has weights; .* COHORT=my_cohort` makes"
    ):
        make_report.reported_runs(args)


def test_two_runs_of_one_target_are_not_reported_together(runs):
    twice = ["--runs", *[str(runs / "ve")] * 2]
    with pytest.raises(UsageError, match=r"ve and .*ve both predict ve; report one at a time"):
        make_report.main([*twice, "--quiet"])
    with pytest.raises(UsageError, match="leave out --run and --cohort"):
        make_report.main([*twice, "--cohort", "x"])


# ---- variants beside the paper's network ----


@pytest.fixture
def tried(runs, tmp_path):
    """A folder with the run of FEV1/FVC and, beside it, two variants, one of them better."""
    for name, share in (("fev1fvc", 1), ("fev1fvc-coronal", 0.5), ("fev1fvc-followup", 2)):
        run = RunFolder(tmp_path / name)
        shutil.copytree(runs / "fev1fvc", run.path)
        _, _, variant = name.partition("-")
        put_facts(run, variant=variant)
        for split in ("val", "test"):
            rows = [
                row | {"prediction": spread(row, share)}
                for row in table(run.path, f"predictions_{split}")
            ]
            write_rows(run.predictions(split), rows)
    return tmp_path


def spread(row, share):
    """A prediction whose error is that share of its own."""
    truth, prediction = float(row["truth"]), float(row["prediction"])
    return truth + share * (prediction - truth)


def put_facts(run, **facts):
    """Change what best.json says; the predictions stay the newer ones."""
    write_json(run.best_json, json.loads(run.best_json.read_text()) | facts)
    os.utime(run.best_json, (0, 0))


def test_variants_stand_beside_the_papers_network(tried, runs):
    make_report.main(["--run", str(tried), "--quiet"])
    rows = {row["proposal"]: row for row in table(tried / "report", "proposals_fev1fvc")}
    assert list(rows) == [
        "scan2num", "calibrated on validation", "with an earlier visit", "coronal slices"
    ]  # fmt: skip
    (truth, predicted), (_, coronal) = (
        predictions(tried, name) for name in ("fev1fvc", "fev1fvc-coronal")
    )
    rho, better = (stats.spearmanr(values, truth).statistic for values in (predicted, coronal))
    shown = rows["coronal slices"]
    assert first(shown["rho, difference"]) == pytest.approx(better - rho, abs=6e-4)
    error, less = (np.abs(values - truth).mean() for values in (predicted, coronal))
    assert first(shown["MAE, difference"]) == pytest.approx(less - error, abs=6e-4)
    text = (tried / "report" / "index.html").read_text()
    assert "Proposals of the discussion" in text and "left out" not in text


def test_a_report_without_variants_has_no_section_of_them(report):
    assert "Proposals of the discussion" not in (report / "index.html").read_text()


def test_a_variant_that_cannot_be_compared_is_left_out_with_the_reason(tried):
    coronal, followup = (RunFolder(tried / f"fev1fvc-{name}") for name in ("coronal", "followup"))
    put_facts(coronal, cohort_sha256="0" * 64)
    followup.predictions("val").unlink()
    (section,) = variant_sections([read_results(RunFolder(tried / "fev1fvc"))], tried)
    assert not section.parts
    first_said, second_said = section.sentences
    assert "fev1fvc-followup is left out: " in first_said and "make evaluate" in first_said
    assert "fev1fvc-coronal is left out: it was trained on another version" in second_said


def test_a_variant_of_another_cohort_is_left_out(tried):
    shutil.rmtree(tried / "fev1fvc-followup")
    put_facts(RunFolder(tried / "fev1fvc-coronal"), cohort="elsewhere/cohort")
    (section,) = variant_sections([read_results(RunFolder(tried / "fev1fvc"))], tried)
    assert section.sentences[0].endswith("left out: it was trained on elsewhere/cohort.")


def test_what_was_trained_otherwise_is_said(tried):
    shutil.rmtree(tried / "fev1fvc-followup")
    put_facts(RunFolder(tried / "fev1fvc-coronal"), iterations=700, schedule="demo")
    put_facts(RunFolder(tried / "fev1fvc"), iterations=1200, schedule="demo")
    (section,) = variant_sections([read_results(RunFolder(tried / "fev1fvc"))], tried)
    assert section.parts
    assert section.sentences[0].endswith("than the paper's network: iterations 700, not 1200.")
