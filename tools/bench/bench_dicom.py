"""Write an image as a DICOM series of plain CT slices, for the benchmark: no patient, no study."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from pylayers.reading.dicom_kind import CT_IMAGE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

INTERCEPT_HU = -1024  # as most scanners store HU
UID_SOURCE = "scan2num benchmark"  # the same UIDs, and so the same bytes, every time


def write_dicom_series(image: sitk.Image, folder: Path) -> None:
    """Write an LPS image of int16 HU, one file a slice, from the lowest slice on.

    The folder is made.
    """
    folder.mkdir(parents=True)
    for index, plane in enumerate(sitk.GetArrayViewFromImage(image)):
        slice_file(image, plane, index).save_as(
            folder / f"CT{index:04d}.dcm", enforce_file_format=True
        )


def slice_file(image: sitk.Image, plane: np.ndarray, index: int) -> "Dataset":
    """Return a slice as a pydicom Dataset; plane: its int16 HU (rows, columns)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    x_mm, y_mm, z_mm = image.GetSpacing()
    position = image.TransformIndexToPhysicalPoint((0, 0, index))
    ds = Dataset()
    ds.SOPClassUID, ds.Modality, ds.ImageType = CT_IMAGE, "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPInstanceUID = generate_uid(entropy_srcs=[UID_SOURCE, str(index)])
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(ds, name, generate_uid(entropy_srcs=[UID_SOURCE, name]))
    ds.InstanceNumber = index + 1
    ds.Rows, ds.Columns = plane.shape
    ds.PixelSpacing = [f"{y_mm:.8g}", f"{x_mm:.8g}"]
    ds.SliceThickness = f"{z_mm:.8g}"
    ds.ImagePositionPatient = [f"{mm:.8g}" for mm in position]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = "1", str(INTERCEPT_HU), "HU"
    ds.PixelData = (plane - np.int16(INTERCEPT_HU)).astype("<i2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds
