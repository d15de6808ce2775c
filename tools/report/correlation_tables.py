"""Tables of correlation and agreement: network and densitometry against the truth (Figure 2)."""

import numpy as np

from tools.report import paper
from tools.report.result_table import Table
from tools.report.results import Results
from tools.stats.agreement import agreement
from tools.stats.correlation import (
    compare_correlations,
    pearson_interval,
    spearman_interval,
)
from tools.stats.estimate_text import estimate_text
from tools.stats.fits import linear_fit, quadratic_fit
from tools.stats.recalibration import fit_isotonic, fit_linear

NETWORK = "scan2num"
FEWEST_IN_GROUP = 10  # scans of a subgroup worth a row


def baselines(results: Results) -> dict[str, np.ndarray]:
    """Return the densitometric values (n,) of the test split by name, as the cohort's table has."""
    return {"LAA-950": results.test.column("laa950"), "Perc15": results.test.column("perc15")}


def correlation_table(all_results: list[Results]) -> Table:
    """Return |rho| of every method and target, and how probably the network's is larger."""
    rows = []
    for results in all_results:
        test, name = results.test, results.target.name
        rows.append(
            (
                results.target.title,
                NETWORK,
                estimate_text(spearman_interval(test.prediction, test.truth).absolute()),
                "",
                estimate_text(paper.RHO[name]) if name in paper.RHO else "",
            )
        )
        for method, values in baselines(results).items():
            comparison = compare_correlations(test.truth, test.prediction, values)
            theirs = paper.LAA950_RHO.get(name) if method == "LAA-950" else None
            better = comparison.a_stronger
            rows.append(
                (
                    results.target.title,
                    method,
                    estimate_text(comparison.b.absolute()),
                    comparison.difference.why if np.isnan(better) else f"{better:.4f}",
                    estimate_text(theirs) if theirs else "",
                )
            )
    return Table(
        "correlation",
        "Spearman's |rho| with the truth (Figure 2)",
        ("target", "method", "|rho| [95 % CI]", "P(network's is larger)", "paper, another cohort"),
        tuple(rows),
        ("Intervals and probabilities from 10,000 seeded bootstrap resamples, paired by scan.",),
    )


def agreement_table(all_results: list[Results]) -> Table:
    """Return how far predictions are from the truth, plain and recalibrated."""
    rows = []
    for results in all_results:
        digits = results.target.decimals
        for how, prediction in recalibrated(results).items():
            errors = agreement(results.test.truth, prediction)
            in_unit = (errors.mae, errors.bias, errors.lower_limit, errors.upper_limit)
            rows.append(
                (
                    results.target.title
                    + (f" ({results.target.unit})" * bool(results.target.unit)),
                    how,
                    *(estimate_text(error, digits) for error in in_unit),
                    estimate_text(errors.ccc),
                    estimate_text(pearson_interval(results.test.truth, prediction)),
                )
            )
    columns = (
        "target",
        "prediction",
        "MAE",
        "bias",
        "lower limit",
        "upper limit",
        "CCC",
        "Pearson's r",
    )
    note = (
        "Limits: 95 % limits of agreement (Bland-Altman). CCC: Lin's concordance. "
        "Recalibrations are fitted on the validation split."
    )
    return Table("agreement", "Agreement with the truth", columns, tuple(rows), (note,))


def recalibrated(results: Results) -> dict[str, np.ndarray]:
    """Return the test predictions (n,) as they are, and recalibrated on the validation split."""
    val, test = results.val, results.test
    return {
        "as it is": test.prediction,
        "linear": fit_linear(val.prediction, val.truth)(test.prediction),
        "isotonic": fit_isotonic(val.prediction, val.truth)(test.prediction),
    }


def fits_table(all_results: list[Results]) -> Table:
    """Return the linear and quadratic fits of prediction over truth (Figure 2's lines)."""
    rows = []
    for results in all_results:
        for name, fit in (("linear", linear_fit), ("quadratic", quadratic_fit)):
            curve = fit(results.test.truth, results.test.prediction)
            terms = " ".join(f"{value:+.4g}" for value in reversed(curve.coefficients))
            rows.append((results.target.title, name, curve.why or terms, f"{curve.r2:.3f}"))
    columns = ("target", "fit", "coefficients, highest power first", "R²")
    return Table("fits", "Prediction over truth", columns, tuple(rows))


def subgroup_table(all_results: list[Results], column: str) -> Table:
    """Return rho and MAE in every subgroup that a column of the cohort's table makes."""
    rows = []
    for results in all_results:
        groups = np.array([row.get(column, "") for row in results.test.rows])
        for group in sorted(set(groups)):
            inside = groups == group
            test = results.test
            rho = spearman_interval(test.prediction[inside], test.truth[inside])
            mae = agreement(test.truth[inside], test.prediction[inside]).mae
            few = inside.sum() < FEWEST_IN_GROUP
            texts = estimate_text(rho), estimate_text(mae, results.target.decimals)
            cells = ("too few scans",) * 2 if few else texts
            rows.append((results.target.title, group or "(blank)", str(inside.sum()), *cells))
    columns = ("target", column, "scans", "rho [95 % CI]", "MAE")
    return Table(f"by_{column}", f"Subgroups by {column}", columns, tuple(rows))
