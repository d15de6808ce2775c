"""Draw the pictures of README and docs, from the demo's run, a phantom and the sample CT.

Each is a PNG of the documentation's folder: network.png (pipeline and network, read from
prototxt/deploy.prototxt), phantom_beside_ct.png, phantom_gallery.png (phantoms below a real CT),
contributions.png (a scored scan), report.png (the page of score_scan.py --report, by a headless
Chromium) and figure2.png (of the run's results). `make pictures` makes what they
need first. The last three depend on the run's weights.

Research use, not a medical device.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pylayers.batch.slice_sample import sample_slices
from pylayers.cohort.targets import TARGETS
from pylayers.command_line.exit_codes import run
from pylayers.command_line.path_argument import given_path
from pylayers.command_line.progress_bar import progress_bar
from pylayers.errors import MachineError
from pylayers.files.checkout import ROOT, relative
from pylayers.lungs.scan_lungs import lungs_of_scan, read_requested
from pylayers.lungs.scan_request import ScanRequest
from tools.figures.chest_planes import Chest
from tools.figures.network_drawing import network_figure
from tools.figures.phantom_beside_ct import phantom_beside_ct
from tools.figures.phantom_gallery import phantom_gallery
from tools.figures.scored_slices import ScoredSlices, scored_slices_figure
from tools.figures.style import write_png
from tools.pictures.network_layers import read_blocks
from tools.pictures.screenshot import take_screenshot
from tools.pictures.small_png import figure_palette, write_small_png

TOOLS = ROOT / "tools"
# Phantoms of the gallery, of seed 1, and what is wrong with them.
GALLERY = {17: "mild emphysema", 12: "severe emphysema"}
DEPLOY = ROOT / "prototxt" / "deploy.prototxt"


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument(
        "--only", nargs="+", choices=PICTURES, metavar="NAME", help=f"some of {', '.join(PICTURES)}"
    )
    for option, default, words in (
        ("--run", ROOT / "runs" / "fev1fvc", "evaluated run folder"),
        ("--phantom", ROOT / "build/phantom/scans/phantom_0008.mhd", "phantom to show"),
        ("--scan", ROOT / "build/lidc_sample/cxr.nii.gz", "real CT to show and score"),
        ("--out", ROOT / "docs", "folder to write to"),
    ):
        words = f"{words} (default: {relative(default)})"
        p.add_argument(option, type=given_path, default=default, help=words)
    p.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return p


def draw_pictures(args: argparse.Namespace) -> None:
    """Draw what args.only names, by default all."""
    names = args.only or list(PICTURES)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in progress_bar(names, name="pictures", unit="picture", quiet=args.quiet):
        with TemporaryDirectory() as folder:
            source = PICTURES[name](args, Path(folder))
            palette = None if name == "report" else figure_palette()
            write_small_png(source, args.out / f"{name}.png", palette)
    if not args.quiet:
        print("\n".join(relative(args.out / f"{name}.png") for name in names))


def chest_of(path: Path) -> Chest:
    """Read a scan and find its lungs."""
    request = ScanRequest(path)
    scan = read_requested(request)
    return Chest(scan.hu, lungs_of_scan(scan, request).mask, scan.spacing_mm)


def draw_network(args: argparse.Namespace, folder: Path) -> Path:
    """Draw pipeline and network; return the PNG."""
    blocks = read_blocks(DEPLOY)
    chest = chest_of(args.phantom)
    box = chest.box
    indices = [int(box.z0 + i) for i in sample_slices(box.z1 - box.z0, 16).indices]
    write_png(network_figure(chest, indices, blocks), folder / "network.png")
    return folder / "network.png"


def draw_phantom_beside_ct(args: argparse.Namespace, folder: Path) -> Path:
    """Draw a phantom beside a real CT."""
    chests = {"phantom": chest_of(args.phantom), "real CT": chest_of(args.scan)}
    write_png(phantom_beside_ct(chests), folder / "beside.png")
    return folder / "beside.png"


def draw_phantom_gallery(args: argparse.Namespace, folder: Path) -> Path:
    """Draw some phantoms below a real CT."""
    chests = {"real CT": chest_of(args.scan)}
    for number, words in GALLERY.items():
        name = f"phantom_{number:04d}.mhd"
        chests[f"phantom {number}: {words}"] = chest_of(args.phantom.with_name(name))
    write_png(phantom_gallery(chests), folder / "gallery.png")
    return folder / "gallery.png"


def draw_contributions(args: argparse.Namespace, folder: Path) -> Path:
    """Draw the scored slices of the real CT."""
    result = score(args, "--json", folder / "score.json")
    ((name, target),) = json.loads(result.read_text())["targets"].items()
    indices = [s["index"] for s in target["slices"]]
    contributions = [s["contribution"] for s in target["slices"]]
    scored = ScoredSlices(chest_of(args.scan), TARGETS[name], indices, contributions)
    words = f"{TARGETS[name].title} of a real CT by weights trained on phantoms"
    write_png(scored_slices_figure(scored, words), folder / "slices.png")
    return folder / "slices.png"


def draw_report(args: argparse.Namespace, folder: Path) -> Path:
    """Show the top of the scan's report page."""
    take_screenshot(score(args, "--report", folder / "scan.html"), folder / "report.png")
    return folder / "report.png"


def draw_figure2(args: argparse.Namespace, folder: Path) -> Path:
    """Draw Figure 2 as `make report` does."""
    run_program("make_report.py", "--runs", args.run, "--out", folder, "--quiet")
    return folder / "figure2_scatter.png"


PICTURES = {
    "network": draw_network,
    "phantom_beside_ct": draw_phantom_beside_ct,
    "phantom_gallery": draw_phantom_gallery,
    "contributions": draw_contributions,
    "report": draw_report,
    "figure2": draw_figure2,
}


def score(args: argparse.Namespace, option: str, output: Path) -> Path:
    """Score the real CT with the run into an output of score_scan.py; return the output."""
    run_program("score_scan.py", args.scan, "--weights", args.run, option, output, "--quiet")
    return output


def run_program(name: str, *arguments: str | Path) -> None:
    """Run one of our programs; MachineError when it fails."""
    command = [sys.executable, TOOLS / name, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(f"tools/{name} failed: {done.stderr.strip()[-500:]}")


def main(argv: list[str] | None = None) -> None:
    """Run the program."""
    draw_pictures(parser().parse_args(argv))


if __name__ == "__main__":
    sys.exit(run(main))
