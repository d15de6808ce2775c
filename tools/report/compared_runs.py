"""Which runs can be compared with the paper's network of their target, and with what caution."""

from collections.abc import Sequence

from pylayers.errors import CohortError, WeightsError
from pylayers.files.checkout import relative
from tools.report.combined_views import fresh_results
from tools.report.results import Results
from tools.training.run_folder import RunFolder
from tools.training.run_records import cohort_of
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
                variant = _comparable(run, plain)
            except (CohortError, WeightsError) as error:
                sentences.append(f"{relative(run.path)} is left out: {error}.")
                continue
            found.append(variant)
            if differences := _differences(plain, variant, ALIKE):
                sentences.append(
                    f"{relative(run.path)} was trained otherwise than the paper's network: "
                    f"{', '.join(differences)}."
                )
    return found, sentences


def _comparable(run: RunFolder, plain: Results) -> Results:
    """Read a variant's predictions; CohortError or WeightsError where they are of other scans."""
    if (other := cohort_of(run)) != cohort_of(plain.run):
        raise CohortError(f"it was trained on {relative(other) if other else 'an unknown cohort'}")
    variant = fresh_results(run)
    if _differences(plain, variant, SAME):
        raise CohortError(
            f"it was trained on another version of the cohort than {relative(plain.run.path)}"
        )
    return variant


def _differences(plain: Results, variant: Results, keys: Sequence[str]) -> list[str]:
    pairs = {key: (variant.facts.get(key), plain.facts.get(key)) for key in keys}
    return [
        f"{key} {ours}, not {theirs}" for key, (ours, theirs) in pairs.items() if ours != theirs
    ]
