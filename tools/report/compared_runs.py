"""Which runs can be compared with the paper's network of their target, and with what caution."""

from collections.abc import Sequence

from pylayers.errors import CohortError, WeightsError
from pylayers.files.checkout import relative
from tools.report.combined_views import fresh_results
from tools.report.results import Results
from tools.training.trained_variant import variants_beside

ALIKE = ("schedule", "iterations", "slices", "test_slices", "batch", "seed")
SAME = ("cohort_sha256", "preprocessing_version")  # or a scan may be of another split, or crop


def with_variants(everything: Sequence[Results]) -> tuple[list[Results], list[str]]:
    """Return runs, the trained variants beside each, and a sentence on each that is not alike.

    A variant is left out where its predictions are missing or older than its weights, or where it
    was trained on other scans.
    """
    found, sentences = [], []
    for plain in everything:
        found.append(plain)
        for run in variants_beside(plain.run):
            try:
                variant = fresh_results(run)
            except (CohortError, WeightsError) as error:
                sentences.append(f"{relative(run.path)} is left out: {error}.")
                continue
            if _differences(plain, variant, SAME):
                sentences.append(
                    f"{relative(run.path)} is left out: it was trained on another version of the "
                    f"cohort than {relative(plain.run.path)}."
                )
                continue
            if differences := _differences(plain, variant, ALIKE):
                sentences.append(
                    f"{relative(run.path)} was trained otherwise than the paper's network: "
                    f"{', '.join(differences)}."
                )
            found.append(variant)
    return found, sentences


def _differences(plain: Results, variant: Results, keys: Sequence[str]) -> list[str]:
    pairs = {key: (variant.facts.get(key), plain.facts.get(key)) for key in keys}
    return [
        f"{key} {ours}, not {theirs}" for key, (ours, theirs) in pairs.items() if ours != theirs
    ]
