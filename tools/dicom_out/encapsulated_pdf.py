"""Encapsulated PDF: the page as a DICOM document of the scan's study (PS3.3 A.45.1)."""

import copy
import datetime
from collections.abc import Sequence
from pathlib import Path

import pydicom
from highdicom.sr import CodedConcept
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from pylayers.files.whole_file import whole_file
from tools.dicom_out import concepts
from tools.dicom_out.document_series import DESCRIPTION, MAKER, PDF_NUMBER, new_uid
from tools.dicom_out.pdf_page import pdf_of
from tools.dicom_out.reported_target import ReportedTarget, made_by
from tools.dicom_out.source_series import SourceSeries
from tools.scoring.scored_crop import ScoredCrop


def write_encapsulated_pdf(
    path: str | Path,
    result: dict,
    targets: Sequence[ReportedTarget],
    scored: ScoredCrop,
    source: SourceSeries,
) -> None:
    """Write a result's page as an Encapsulated PDF, in a series of its own in the scan's study."""
    pdf = pdf_of(result, targets, scored, source.uid)
    document = document_of(pdf, made_by(result), source)
    with whole_file(path) as partial:
        document.save_as(partial, enforce_file_format=True)


def document_of(pdf: bytes, versions: list[str], source: SourceSeries) -> pydicom.Dataset:
    """Return a PDF as a document; versions: of what made it."""
    now = datetime.datetime.now()
    ds = copy.deepcopy(source.identity.tags)
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = EncapsulatedPDFStorage, new_uid()
    ds.SeriesInstanceUID, ds.SeriesNumber, ds.InstanceNumber = new_uid(), PDF_NUMBER, 1
    ds.Modality, ds.ConversionType = "DOC", "WSD"  # made on a workstation, PS3.3 C.8.6.1
    ds.SeriesDescription = DESCRIPTION
    ds.Manufacturer = ds.ManufacturerModelName = MAKER
    ds.SoftwareVersions = versions
    ds.ContentDate = ds.InstanceCreationDate = now.strftime("%Y%m%d")
    ds.ContentTime = ds.InstanceCreationTime = now.strftime("%H%M%S")
    ds.AcquisitionDateTime = ""
    ds.BurnedInAnnotation = "NO"  # the page does not say who the patient is
    ds.DocumentTitle = DESCRIPTION
    ds.ConceptNameCodeSequence = [CodedConcept.from_code(concepts.REPORT)]
    ds.VerificationFlag = "UNVERIFIED"
    ds.SourceInstanceSequence = [reference(uid, kind) for uid, kind in source.files.items()]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    ds.EncapsulatedDocumentLength = len(pdf)
    return ds


def reference(uid: str, sop_class: str) -> pydicom.Dataset:
    """Return the item by which a document refers to a file."""
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    return item
