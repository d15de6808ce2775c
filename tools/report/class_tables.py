"""Tables of classes: VE grades (Table 2), COPD (Tables 3 and 4), GOLD stages (Table 5), readers."""

from collections.abc import Sequence

import numpy as np

from tools.report import paper
from tools.report.result_table import Table
from tools.report.results import Results
from tools.stats.binary import copd_agreement, has_copd
from tools.stats.brier import brier_score
from tools.stats.estimate_text import estimate_text
from tools.stats.ordinal import OrdinalAgreement, ordinal_agreement, ve_class
from tools.stats.readers import readers_against_system
from tools.stats.recalibration import fit_probability
from tools.stats.roc import roc_area
from tools.stats.staging import staging

GRADES = tuple(range(6))


def confusion_rows(
    confusion: OrdinalAgreement, names: Sequence[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return a confusion matrix's rows, blank for too few scans; names: of its classes."""
    size = len(confusion.classes)
    counts = confusion.counts or (("",) * size,) * size
    return tuple(
        (str(actual), *map(str, row))
        for actual, row in zip(names or confusion.classes, counts, strict=True)
    )


def ordinal_notes(confusion: OrdinalAgreement) -> tuple[str, ...]:
    """Return a confusion matrix's numbers in words."""
    accuracy, within_one, linear, quadratic = map(
        estimate_text,
        (
            confusion.accuracy,
            confusion.within_one,
            confusion.kappa_linear,
            confusion.kappa_quadratic,
        ),
    )
    return (
        f"accuracy {accuracy}, within one class {within_one}, weighted "
        f"kappa {linear} (linear), {quadratic} (quadratic)",
    )


def ve_agreement(ve: Results) -> OrdinalAgreement:
    """Return the agreement of rounded scores with the grades."""
    return ordinal_agreement(ve_class(ve.test.truth), ve_class(ve.test.prediction), GRADES)


def ve_table(ve: Results) -> Table:
    """Return Table 2."""
    confusion = ve_agreement(ve)
    columns = ("VE score", *(f"predicted {grade}" for grade in confusion.classes))
    return Table(
        "table2_ve",
        "VE scores, actual and predicted (Table 2)",
        columns,
        confusion_rows(confusion),
        ordinal_notes(confusion),
    )


def copd_table(ratio: Results) -> Table:
    """Return Table 3 with its rates."""
    copd, theirs = copd_agreement(ratio.test.truth, ratio.test.prediction), paper.COPD
    rows = (
        (
            "no",
            str(copd.true_negative),
            str(copd.false_positive),
            f"{theirs.true_negative} / {theirs.false_positive}",
        ),
        (
            "yes",
            str(copd.false_negative),
            str(copd.true_positive),
            f"{theirs.false_negative} / {theirs.true_positive}",
        ),
    )
    notes = tuple(
        f"{name} {estimate_text(rate)}"
        for name, rate in (
            ("sensitivity", copd.sensitivity),
            ("specificity", copd.specificity),
            ("PPV", copd.ppv),
            ("NPV", copd.npv),
            ("accuracy", copd.accuracy),
        )
    )
    columns = ("COPD", "predicted no", "predicted yes", "paper, another cohort: no / yes")
    title = "COPD at FEV1/FVC < 0.7, measured and predicted (Table 3)"
    return Table("table3_copd", title, columns, rows, notes)


def auc_table(ratio: Results, baselines: dict[str, np.ndarray]) -> Table:
    """Return Table 4: areas under the ROC curve, with the literature's for orientation."""
    copd = has_copd(ratio.test.truth)
    scores = {"scan2num": -ratio.test.prediction, **baselines}
    for name in scores:
        if name.startswith("Perc15"):
            scores[name] = -scores[name]  # dense lungs are healthy
    rows = []
    for name, score in scores.items():
        area = roc_area(copd, score)
        delong, bootstrap = estimate_text(area.delong), estimate_text(area.bootstrap)
        rows.append((name, delong, bootstrap, "this cohort"))
    rows += [
        (name, estimate_text(auc), "", "another cohort") for name, auc in paper.COPD_AUC.items()
    ]
    columns = ("method", "AUC [95 % CI, DeLong]", "[bootstrap]", "tested on")
    return Table("table4_auc", "Detection of COPD (Table 4)", columns, tuple(rows))


def gold_agreement(ratio: Results, percent: Results) -> OrdinalAgreement:
    """Return the agreement on GOLD stages of the scans that both runs predicted."""
    both = [scan_id for scan_id in ratio.test.scan_ids if scan_id in set(percent.test.scan_ids)]
    a, b = ratio.test.only(both), percent.test.only(both)
    return staging(a.truth, b.truth, a.prediction, b.prediction)


def gold_table(ratio: Results, percent: Results) -> Table:
    """Return Table 5."""
    confusion = gold_agreement(ratio, percent)
    columns = ("GOLD stage", *(f"predicted {stage}" for stage in confusion.classes))
    return Table(
        "table5_gold",
        "GOLD stages from both predictions (Table 5)",
        columns,
        confusion_rows(confusion),
        ordinal_notes(confusion),
    )


def copd_probability(ratio: Results) -> np.ndarray:
    """Return each test scan's probability of COPD, logistic in the prediction."""
    to_probability = fit_probability(ratio.val.prediction, has_copd(ratio.val.truth))
    return to_probability(ratio.test.prediction)


def brier_table(ratio: Results) -> Table:
    """Return the Brier score of the probability of COPD beside that of the prevalence."""
    copd = has_copd(ratio.test.truth)
    prevalence = np.full(len(copd), has_copd(ratio.val.truth).mean())
    rows = tuple(
        (name, estimate_text(brier_score(copd, probability), 3))
        for name, probability in (
            ("scan2num, logistic", copd_probability(ratio)),
            ("prevalence of the validation split", prevalence),
        )
    )
    note = "0 is perfect. The logistic curve and the prevalence come from the validation split."
    return Table("brier", "Probability of COPD", ("from", "Brier score [95 % CI]"), rows, (note,))


def readers_table(ve: Results) -> Table | None:
    """Return section 4.1's comparison with a second reader; None without readers' columns."""
    first, second = (ve.test.column(f"ve_reader{number}") for number in (1, 2))
    if np.isnan(first).any() or np.isnan(second).any():
        return None
    rhos = readers_against_system(first, second, ve.test.prediction)
    rows = tuple(
        (pair, estimate_text(ours), estimate_text(theirs))
        for pair, ours, theirs in (
            ("first reader, second reader", rhos.a, paper.RHO_READERS),
            ("first reader, network", rhos.b, paper.RHO_SYSTEM),
        )
    )
    p = ("P(readers agree better)", f"{rhos.a_stronger:.3f}", f"{paper.P_READERS_STRONGER:.2f}")
    columns = ("Spearman's rho of VE scores", "this cohort", "paper, another cohort")
    return Table("readers", "Readers and network (section 4.1)", columns, (*rows, p))
