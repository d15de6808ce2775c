"""Writes a volume as enhanced multi-frame CT, as scanners and converters do."""

from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from formats import IDENTITY
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

ENHANCED, LEGACY = "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2"


def group(**tags) -> Dataset:
    """Return an item of a functional group: each keyword's value is a dict of tags."""
    item = Dataset()
    for keyword, inner in tags.items():
        one = Dataset()
        for name, value in inner.items():
            setattr(one, name, value)
        setattr(item, keyword, Sequence([one]))
    return item


def enhanced(image: sitk.Image, order=None, sop_class=ENHANCED, series="1.2.3", frame_tags=None):
    """Return an image of HU as one data set.

    order: which plane each frame has. frame_tags: function of the frame, its own groups.
    """
    voxels = sitk.GetArrayFromImage(image)
    order = range(len(voxels)) if order is None else order
    direction = np.reshape(image.GetDirection(), (3, 3))
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.Modality = sop_class, generate_uid(), "CT"
    ds.SeriesInstanceUID, ds.PatientName = series, IDENTITY
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.Rows, ds.Columns = voxels.shape[1:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 0
    ds.NumberOfFrames = len(voxels)
    spacing = [repr(image.GetSpacing()[1]), repr(image.GetSpacing()[0])]
    shared = group(
        PixelMeasuresSequence={"PixelSpacing": spacing, "SliceThickness": "2.5"},
        PlaneOrientationSequence={
            "ImageOrientationPatient": [*direction[:, 0].tolist(), *direction[:, 1].tolist()]
        },
        CTImageFrameTypeSequence={"FrameType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]},
        CTReconstructionSequence={"ConvolutionKernel": "B30f"},
    )
    frames = []
    for frame, plane in enumerate(order):
        position = image.TransformIndexToPhysicalPoint((0, 0, int(plane)))
        tags = frame_tags(frame) if frame_tags else {}
        frames.append(
            group(
                FrameContentSequence={"FrameAcquisitionNumber": 1, **tags},
                PlanePositionSequence={"ImagePositionPatient": [f"{v:.6f}" for v in position]},
                PixelValueTransformationSequence={
                    "RescaleSlope": "1",
                    "RescaleIntercept": str(-1024 - frame % 3),
                    "RescaleType": "HU",
                },
            )
        )
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence(frames)
    planes = voxels[list(order)].astype(np.int32) + 1024
    planes += (np.arange(len(planes)) % 3)[:, None, None]
    ds.PixelData = planes.astype(np.uint16).tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def save(ds: Dataset, path: Path) -> Path:
    """Write a data set; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pydicom.dcmwrite(path, ds, enforce_file_format=True)
    return path
