"""Make a table for tools/prepare_cohort.py from COPDGene's phenotype table and images.

Scans are found by name, <sid>_INSP_STD_<SITE>_COPD.nrrd or .nhdr, anywhere below FOLDER, lung label
maps (_partialLungLabelMap) beside them. A subject with no scan, several scans or several rows is
left out, never guessed; what was left out or looks wrong is listed in <out>_left_out.csv.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from data.copdgene.columns import VISITS, choice_text, known_columns
from data.copdgene.gold_check import agreement_text, gold_agrees, stages_text
from data.copdgene.images import KERNELS, PHASES, Images, is_image, kind_text, sort_images
from data.copdgene.match import REASONS, match_subjects
from data.copdgene.phenotypes import Phenotypes, phenotypes_of
from data.copdgene.scales import unit_text
from data.importers.found_files import search
from data.importers.left_out import LeftOut, left_out_path
from data.importers.next_steps import checked_out, next_steps
from pylayers.cohort.cohort import write_rows
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.errors import CohortError
from pylayers.files.text_table import read_text_table


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    p.add_argument(
        "table", type=given_path, help="phenotype table, one row per sid (TAB text or CSV)"
    )
    p.add_argument(
        "folder", type=given_path, help="folder of the images, searched with its subfolders"
    )
    p.add_argument("--out", type=given_path, required=True, help="CSV to write")
    p.add_argument("--phase", choices=PHASES, default="INSP", help="breath held")
    p.add_argument("--kernel", choices=KERNELS, default="STD", help="reconstruction kernel")
    p.add_argument(
        "--masks", type=given_path, help="folder of the label maps, if not beside the scans"
    )
    p.add_argument("--visit", type=int, choices=VISITS, default=1, help="columns _P2, files _COPD2")
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def import_copdgene(args: argparse.Namespace) -> None:
    """Write the table of scans and the list of what was left out, then print a summary."""
    checked_out(args.out, args.table)
    left = LeftOut("sid", REASONS)
    table = read_text_table(args.table, known_columns())
    phenotypes = phenotypes_of(table, args.visit, left)
    kind = (args.phase, args.kernel, args.visit)
    images = sort_images(search(args.folder, is_image, left, args.quiet), kind)
    masks = images.masks
    if args.masks:
        masks = sort_images(search(args.masks, is_image, left, args.quiet), kind).masks
    if not images.scans:
        raise CohortError(
            f"no {kind_text(kind)} scan below {args.folder}; looked for files named like "
            f"12345A_{args.phase}_{args.kernel}_SITE_COPD{'2' if args.visit == 2 else ''}.nrrd"
            f" or .nhdr{others_text(images.others, ', found ')}"
        )
    rows = match_subjects(phenotypes, images, masks, bool(args.masks), args.out, left)
    listed = left_out_path(args.out)
    left.write(listed)
    if not rows:
        raise CohortError(
            f"no subject has one row in {args.table.name} and one scan below {args.folder}; "
            f"see {listed}"
        )
    write_rows(args.out, rows)
    if not args.quiet:
        print(summary(args.out, rows, phenotypes, images, left))


def others_text(others: Counter[tuple[str, str, int]], before: str) -> str:
    """Return the scans of other kinds, counted; blank when there are none."""
    counted = ", ".join(f"{count} {kind_text(kind)}" for kind, count in sorted(others.items()))
    return f"{before}{counted}" if counted else ""


def summary(
    out: Path, rows: list[dict], phenotypes: Phenotypes, images: Images, left: LeftOut
) -> str:
    """Return the lines printed at the end: what was used, what was left out, what comes next."""
    masks = sum(bool(row["mask"]) for row in rows)
    lines = [f"{out}: {len(rows)} scans, {masks} with a label map"]
    if masks < len(rows):
        lines[0] += f", {len(rows) - masks} without (their lungs will be computed)"
    if phenotypes.other_visits:
        lines.append(f"rows of other visits, not used: {phenotypes.other_visits}")
    if images.others:
        lines.append("other scans, not used: " + others_text(images.others, ""))
    lines += left.summary(left_out_path(out))
    lines.append("columns used:")
    for quantity, choice in phenotypes.columns.items():
        unit = unit_text(phenotypes.factors.get(quantity, 1.0))
        lines.append(choice_text(quantity, choice) + unit)
    gold = phenotypes.columns["gold"]
    if gold:
        lines.append(agreement_text([gold_agrees(row) for row in rows], gold.column))
    known = {target: sum(bool(row[target]) for row in rows) for target in TARGETS}
    lines.append("labels: " + ", ".join(f"{target} {count}" for target, count in known.items()))
    lines.append("for the split by GOLD from lung function: " + stages_text(rows))
    return "\n".join([*lines, *next_steps(out, known)])


def main(argv: list[str] | None = None) -> int | None:
    """Run the program."""
    return import_copdgene(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
