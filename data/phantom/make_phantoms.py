"""Makes the phantom cohort: chest CT scans with labels, from nothing but a seed.

Phantoms say nothing about patients. Phantom i depends only on (seed, i): not on how many are made,
nor on the number of workers. A finished phantom is not made again, so an interrupted run is
continued by the same command.

    DIR/scans/phantom_0001.mhd + .zraw                   int16 HU, 512x512, LPS
    DIR/masks/phantom_0001_partialLungLabelMap.nrrd      uint16, CIP coding; every second phantom
    DIR/facts/phantom_0001.json                          its row of the table
    DIR/table.csv                                        scan_id, path, mask, labels, facts
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from functools import partial

import cv2
import numpy as np

from data.phantom.cohort_folder import claim_folder, paths_of, write_image, write_table
from data.phantom.labels import draw_labels, noise_ceiling
from data.phantom.render import render
from data.phantom.subject import draw_subject
from pylayers.command_line.exit_codes import interrupted_code, run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar

FACTS_OF_SUBJECT = (
    "wall_mm",
    "noise_sd_hu",
    "offset_hu",
    "inspiration_hu",
    "inflammation_hu",
    "hole_hu",
    "gravity_hu",
    "zone_slope",
    "vessels",
    "spacing_mm",
    "slice_mm",
)


def simulate(seed, index):
    """Phantom `index` of the cohort `seed`: (Subject, Phantom, table row without paths)."""
    # separate streams: a change to the images leaves subjects and label noise as they are
    body, image, label = (np.random.default_rng([seed, index, stream]) for stream in range(3))
    subject = draw_subject(body)
    phantom = render(subject, image)
    facts = phantom.facts
    row = draw_labels(label, facts["extent"], facts["worst_zone"], subject.wall_mm)
    row |= {name: round(value, 5) for name, value in facts.items()}
    row |= {"kernel": subject.kernel, "slices": subject.slices}
    row |= {name: round(float(getattr(subject, name)), 4) for name in FACTS_OF_SUBJECT}
    return subject, phantom, row


def make_one(index, out, seed):
    """Make phantom `index` (from 1) below `out` unless it is there. Returns its index.

    Files appear under their names only when complete; the .mhd comes last and marks the whole.
    """
    cv2.setNumThreads(1)
    paths = paths_of(out, index)
    if all(path.exists() for path in paths.values()):
        return index
    subject, phantom, row = simulate(seed, index)
    part = out / ".partial" / f"{index}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write_image(phantom.hu, subject, part / paths["mhd"].name)
    if "mask" in paths:
        write_image(phantom.mask, subject, part / paths["mask"].name)
    (part / paths["facts"].name).write_text(json.dumps(row, indent=1) + "\n")
    for kind in ("zraw", "mask", "facts", "mhd"):
        if kind in paths:
            os.replace(part / paths[kind].name, paths[kind])
    part.rmdir()
    return index


def positive(text):
    """Argparse type: an integer of at least 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def make_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Make the phantom cohort: simulated chest CT scans with simulated labels. "
        "Phantoms say nothing about patients.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=given_path, required=True, help="folder of the cohort")
    parser.add_argument("--n", type=positive, default=128, help="number of phantoms")
    parser.add_argument("--seed", type=int, default=1, help="seed of the cohort, 0 or more")
    parser.add_argument(
        "--workers", type=positive, default=os.cpu_count(), help="processes; does not alter a scan"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress, no summary")
    return parser


def main(argv=None):
    """Run the command line; returns the exit code."""
    parser = make_parser()
    args = parser.parse_args(argv)
    if args.seed < 0:
        parser.error(f"argument --seed: must be 0 or more, not {args.seed}")
    try:
        trouble = claim_folder(args.out, args.seed)
    except (OSError, ValueError) as error:
        trouble = f"cannot use {args.out}: {error}"
    if trouble:
        parser.exit(2, f"make_phantoms: {trouble}\n")
    started = time.monotonic()
    make = partial(make_one, out=args.out, seed=args.seed)
    todo = range(1, args.n + 1)
    show = partial(progress_bar, name="phantoms", unit="scan", quiet=args.quiet, total=args.n)
    try:
        if args.workers == 1:
            for _ in show(map(make, todo)):
                pass
        else:
            with multiprocessing.get_context("spawn").Pool(min(args.workers, args.n)) as pool:
                for _ in show(pool.imap_unordered(make, todo)):
                    pass
    except KeyboardInterrupt as error:
        print("make_phantoms: stopped; the same command continues", file=sys.stderr)
        return interrupted_code(error)
    shutil.rmtree(args.out / ".partial", ignore_errors=True)
    rows = write_table(args.out, args.n)
    if not args.quiet:
        print(f"{args.n} phantoms in {args.out}, {time.monotonic() - started:.0f} s")
        if args.n >= 10:
            best = ", ".join(
                f"{target} {noise_ceiling(rows, target):.2f}"
                for target in ("ve", "fev1fvc", "fev1pp")
            )
            print(f"best reachable Spearman's rho: {best}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
