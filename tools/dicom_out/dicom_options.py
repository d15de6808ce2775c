"""The options --dicom-sr and --dicom-pdf: what they need, and the files that they write."""

import argparse
from importlib.util import find_spec
from pathlib import Path

from pylayers.command_line.exit_codes import complain
from pylayers.command_line.path_argument import given_path_text
from pylayers.errors import UsageError
from pylayers.lungs.scan_request import ScanRequest
from pylayers.reading.dicom_input import may_be_dicom
from tools.scoring.scored_crop import ScoredCrop


def add_dicom_out(parser: argparse.ArgumentParser) -> None:
    """Give a command line the options --dicom-sr and --dicom-pdf."""
    for option, what in (
        ("--dicom-sr", "the numbers as a Structured Report (TID 1500)"),
        ("--dicom-pdf", "a page of the numbers as an Encapsulated PDF"),
    ):
        parser.add_argument(
            option,
            type=given_path_text,
            metavar="FILE",
            help=f"of a DICOM scan: write {what}, with the patient's name and study in it",
        )


def dicom_outputs(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return the files that are asked for, with their options.

    Raises UsageError, before any work, for a scan that is certainly no DICOM and without highdicom.
    """
    outputs = [("--dicom-sr", args.dicom_sr), ("--dicom-pdf", args.dicom_pdf)]
    outputs = [(option, name) for option, name in outputs if name is not None]
    if outputs and not may_be_dicom(Path(args.scan)):
        raise no_dicom(outputs[0][0], args.scan)
    if outputs and find_spec("highdicom") is None:
        raise UsageError(f"{outputs[0][0]} needs the package highdicom, pinned in requirements.txt")
    return outputs


def write_dicom_out(
    args: argparse.Namespace, request: ScanRequest, result: dict, scored: ScoredCrop | None
) -> None:
    """Write the files that are asked for; of a refused scan none, and say so.

    Raises UsageError for a scan that is not DICOM or that no document can refer to, WeightsError
    for a score that is no number.
    """
    if args.dicom_sr is None and args.dicom_pdf is None:
        return
    if scored is None:
        complain("no DICOM file is written of a refused scan")
        return
    from tools.dicom_out.reported_target import reported_targets
    from tools.dicom_out.source_series import source_series

    slices = (part for target in result["targets"].values() for part in target["slices"])
    source = source_series(request, result["series"], {one["index"]: one["z_mm"] for one in slices})
    if source is None:
        raise no_dicom("--dicom-sr" if args.dicom_sr else "--dicom-pdf", args.scan)
    targets = reported_targets(result, scored)
    if source.identity.left_out and not args.quiet:
        names = ", ".join(source.identity.left_out)
        complain(f"note: left blank, as the scan's are not valid in DICOM: {names}")
    if args.dicom_sr:
        from tools.dicom_out.structured_report import write_structured_report

        write_structured_report(args.dicom_sr, result, targets, source)
    if args.dicom_pdf:
        from tools.dicom_out.encapsulated_pdf import write_encapsulated_pdf

        write_encapsulated_pdf(args.dicom_pdf, result, targets, scored, source)


def no_dicom(option: str, scan: str) -> UsageError:
    """Return the error of a scan that has no study to add a file to."""
    return UsageError(f"{option} adds a file to a DICOM study, and {Path(scan).name} is not DICOM")
