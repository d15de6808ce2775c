"""Structured Report: the numbers by TID 1500, as an Enhanced SR made by highdicom."""

import copy
from collections.abc import Sequence
from pathlib import Path

import highdicom.sr as sr
import pydicom
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.uid import generate_uid

from pylayers.files.whole_file import whole_file
from tools.dicom_out import concepts
from tools.dicom_out.copied_identity import REQUIRED
from tools.dicom_out.document_series import DESCRIPTION, MAKER, REPORT_NUMBER, new_uid
from tools.dicom_out.reported_target import ReportedTarget, made_by, notes_of
from tools.dicom_out.source_series import SourceSeries
from tools.figures.style import NOT_A_DEVICE


def write_structured_report(
    path: str | Path, result: dict, targets: Sequence[ReportedTarget], source: SourceSeries
) -> None:
    """Write a result as a Structured Report, in a series of its own in the scan's study."""
    document = structured_report(result, targets, source)
    with whole_file(path) as partial:
        document.save_as(partial, enforce_file_format=True)


def structured_report(
    result: dict, targets: Sequence[ReportedTarget], source: SourceSeries
) -> sr.EnhancedSR:
    """Return the document: a measurement group a target; complete, preliminary, not verified.

    All slices of the series are its evidence, as lungs and calibration were judged on all.
    """
    content = sr.MeasurementReport(
        sr.ObservationContext(observer_device_context=observer(targets)),
        concepts.PROCEDURE,
        [group_of(target, result, source) for target in targets],
        title=concepts.REPORT,
    )
    scheme = CodingSchemeIdentificationItem(concepts.SCHEME, concepts.SCHEME_NAME)
    document = sr.EnhancedSR(
        [evidence(uid, sop_class, source) for uid, sop_class in source.files.items()],
        content,
        series_instance_uid=new_uid(),
        series_number=REPORT_NUMBER,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        coding_schemes=[scheme],
        series_description=DESCRIPTION,
        manufacturer_model_name=MAKER,
        software_versions=made_by(result),
    )
    document.update(copy.deepcopy(source.identity.tags))
    return document


def observer(targets: Sequence[ReportedTarget]) -> sr.ObserverContext:
    """Return who observed: this program; its UID is that of its weights."""
    weights = [target.weights for target in targets]
    return sr.ObserverContext(
        concepts.DEVICE,
        sr.DeviceObserverIdentifyingAttributes(
            generate_uid(prefix=None, entropy_srcs=[MAKER, *weights]),
            name=MAKER,
            manufacturer_name=MAKER,
            model_name=DESCRIPTION,
        ),
    )


def group_of(
    target: ReportedTarget, result: dict, source: SourceSeries
) -> sr.MeasurementsAndQualitativeEvaluations:
    """Return a target's measurement group (TID 1501): the number, its slices, and what is noted."""
    name = target.target.name
    number = sr.Measurement(
        concepts.number_code(target.target),
        target.score,
        concepts.unit_code(target.target),
        algorithm_id=sr.AlgorithmIdentification(
            f"{MAKER} {name}",
            f"weights {target.weights}",
            [*made_by(result), *target.choices],
            family=concepts.LEARNED,
            manufacturer=MAKER,
        ),
        derivation=concepts.MEAN,
    )
    group = sr.MeasurementsAndQualitativeEvaluations(
        sr.TrackingIdentifier(new_uid(), f"{target.target.title} ({NOT_A_DEVICE})"),
        method=concepts.METHOD,
        finding_sites=[sr.FindingSite(concepts.LUNG, concepts.BOTH_SIDES)],
        measurements=[number],
        source_images=[
            sr.SourceImageForMeasurementGroup(source.files[uid], uid, frames or None)
            for uid, frames in source.referred(target.planes).items()
        ],
    )
    for text in (NOT_A_DEVICE, target.meaning, target.error, *notes_of(result)):
        comment = sr.TextContentItem(concepts.COMMENT, text, sr.RelationshipTypeValues.CONTAINS)
        group[0].ContentSequence.append(comment)
    return group


def evidence(uid: str, sop_class: str, source: SourceSeries) -> pydicom.Dataset:
    """Return a file of the series as highdicom takes it, without a patient: it logs odd names."""
    header = pydicom.Dataset()
    for keyword in REQUIRED:
        setattr(header, keyword, "")
    header.StudyInstanceUID, header.SeriesInstanceUID = source.study, source.uid
    header.SOPClassUID, header.SOPInstanceUID = sop_class, uid
    return header
