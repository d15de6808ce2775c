"""Writes one volume in every format and orientation that can be read."""

import locale
import zipfile
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

# (axes, signs): stored axis i, fastest first, runs along signs[i] * the LPS axis axes[i]
ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))
LPS = ((0, 1, 2), (1, 1, 1))
AXIAL = [(axes, signs) for axes, signs in ORIENTATIONS if axes[2] == 2]

# name: (suffix, compressed, type)
FILES = {
    "mhd+raw": (".mhd", False, np.int16),
    "mhd+zraw": (".mhd", True, np.int16),
    "mha": (".mha", False, np.int16),
    "mha compressed": (".mha", True, np.int16),
    "nrrd": (".nrrd", False, np.int16),
    "nrrd gzip": (".nrrd", True, np.int16),
    "nhdr+raw": (".nhdr", False, np.int16),
    "nhdr+raw.gz": (".nhdr", True, np.int16),
    "nii": (".nii", False, np.int16),
    "nii.gz": (".nii.gz", True, np.int16),
    "nii.gz float": (".nii.gz", True, np.float32),
    "mha int32": (".mha", False, np.int32),
}
MASK = "mask nrrd"
DICOM = ("DICOM folder", "DICOM zip")
JPEG_2000 = "DICOM JPEG 2000"  # GDCM cannot write slices of less than some tens of pixels so
FORMATS = (*FILES, *DICOM)
IDENTITY = "Doe^Jane"  # must appear in no output


# A volume to see orders and places by.
SHAPE, SPACING_MM, ORIGIN_MM = (5, 6, 7), (2.5, 0.75, 0.625), (-310.5, 20.25, -90.125)  # z, y, x
BRIGHT = (1, 4, 2)


def lps_voxels() -> np.ndarray:
    """Return int16 (z, y, x) of HU, brightest at BRIGHT."""
    voxels = np.random.default_rng(0).integers(-1000, 300, SHAPE).astype(np.int16)
    voxels[BRIGHT] = 1500
    return voxels


def image_of(hu, spacing_mm, origin_mm, axes=LPS[0], signs=LPS[1]) -> sitk.Image:
    """Return the image of LPS voxels (z, y, x) with its axes stored in another order.

    spacing_mm, origin_mm: (z, y, x).
    """
    xyz = np.asarray(hu).transpose(2, 1, 0)
    spacing, start = np.array(spacing_mm[::-1]), np.array(origin_mm[::-1], float)
    direction = np.zeros((3, 3))
    for image_axis, (axis, sign) in enumerate(zip(axes, signs, strict=True)):
        direction[axis, image_axis] = sign
        if sign < 0:
            start[axis] += (xyz.shape[axis] - 1) * spacing[axis]
    flips = tuple(slice(None, None, sign) for sign in signs)
    image = sitk.GetImageFromArray(xyz.transpose(axes)[flips].transpose(2, 1, 0))
    image.SetSpacing(spacing[list(axes)].tolist())
    image.SetOrigin(start.tolist())
    image.SetDirection(direction.ravel().tolist())
    return image


def write_format(folder: Path, kind: str, image: sitk.Image, stem="scan") -> Path:
    """Write an image of HU in one of FORMATS; return what is to be read."""
    if kind in FILES or kind == MASK:
        suffix, compressed, dtype = FILES.get(kind, (".nrrd", False, np.uint16))
        typed = sitk.GetImageFromArray(sitk.GetArrayFromImage(image).astype(dtype))
        typed.CopyInformation(image)
        path = folder / f"{stem}{suffix}"
        sitk.WriteImage(typed, str(path), useCompression=compressed, compressionLevel=1)
        return path
    series = folder / f"{stem}_dicom"
    write_dicom(series, image)
    if kind == JPEG_2000:
        to_jpeg2000(series)
    if kind != "DICOM zip":
        return series
    with zipfile.ZipFile(folder / f"{stem}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in series.iterdir():
            archive.write(file, f"study/{IDENTITY}/{file.name}")
    return folder / f"{stem}.zip"


def write_dicom(folder: Path, image: sitk.Image, change=None, seed=0, **tags) -> list[Path]:
    """Write an image whose third axis is z as CT slices under shuffled names; files in z's order.

    change: called with (index, Dataset) before a slice is written; False leaves it out. tags:
    set in every slice.
    """
    folder.mkdir(parents=True, exist_ok=True)
    voxels = sitk.GetArrayViewFromImage(image)
    direction = np.array(image.GetDirection()).reshape(3, 3)
    series = generate_uid()
    names = np.random.default_rng(seed).permutation(len(voxels))
    paths = []
    for index, plane in enumerate(voxels):
        ds = Dataset()
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        ds.SOPInstanceUID = generate_uid()
        ds.SeriesInstanceUID = series
        ds.Modality = "CT"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.PatientName, ds.PatientID = IDENTITY, "MRN-4711"
        ds.Rows, ds.Columns = plane.shape
        ds.PixelSpacing = [repr(image.GetSpacing()[1]), repr(image.GetSpacing()[0])]
        position = image.TransformIndexToPhysicalPoint((0, 0, index))
        ds.ImagePositionPatient = [f"{value:.6f}" for value in position]
        ds.ImageOrientationPatient = [*direction[:, 0].tolist(), *direction[:, 1].tolist()]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
        ds.PixelRepresentation = 0
        ds.RescaleSlope, ds.RescaleIntercept = "1", "-1024"
        ds.PixelData = (plane.astype(np.int32) + 1024).astype(np.uint16).tobytes()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        for name, value in tags.items():
            setattr(ds, name, value)
        if change and change(index, ds) is False:
            continue
        paths.append(folder / f"IM{names[index]:04d}")
        pydicom.dcmwrite(paths[-1], ds, enforce_file_format=True)
    return paths


def to_jpeg2000(folder: Path, compressor="JPEG2000") -> None:
    """Write every slice of a folder anew as GDCM compresses it."""
    kept = locale.setlocale(locale.LC_ALL)
    for path in list(folder.iterdir()):
        image = sitk.ReadImage(str(path), imageIO="GDCMImageIO")
        short = sitk.Cast(image, sitk.sitkInt16)
        for key in image.GetMetaDataKeys():
            short.SetMetaData(key, image.GetMetaData(key))
        writer = sitk.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.KeepOriginalImageUIDOn()
        writer.UseCompressionOn()
        writer.SetCompressor(compressor)
        writer.SetFileName(f"{path}.dcm")
        writer.Execute(short)
        path.unlink()
    locale.setlocale(locale.LC_ALL, kept)  # GDCM leaves "C", in which open() takes text for ASCII
