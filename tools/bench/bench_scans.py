"""One large chest CT in the formats that scans come in, made once from the real sample."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from pylayers.command_line.progress_bar import say
from pylayers.files.checkout import ROOT, relative
from tools.bench.bench_cohort import OWN

if TYPE_CHECKING:
    import SimpleITK as sitk

SAMPLE = ROOT / "build" / "lidc_sample" / "cxr.nii.gz"  # the Makefile fetches it
SIZE, DICOM_SIZE = (512, 512, 500), (512, 512, 300)  # columns, rows, slices
LOW_HU, HIGH_HU = -1024, 3071  # 12 bits, what scanners store
# name of the file in the format's folder; DICOM is the folder itself
FILES = {"raw": "scan.mhd", "zraw": "scan.mhd", "nii_gz": "scan.nii.gz", "dicom": ""}
SHOWN = {"raw": "raw mhd", "zraw": "zraw mhd", "nii_gz": "nii.gz", "dicom": "DICOM series"}


@dataclass(frozen=True)
class BenchScans:
    """sample: the CT that all are made from. folder: where they are kept. size, dicom_size: of the
    scans in files and of the DICOM series, voxels (x, y, z).
    """

    sample: Path = SAMPLE
    folder: Path = OWN / "scans"
    size: tuple[int, int, int] = SIZE
    dicom_size: tuple[int, int, int] = DICOM_SIZE

    def missing(self) -> str | None:
        """Return why the scans cannot be made, None where they can."""
        if self.sample.is_file():
            return None
        return f"there is no {relative(self.sample)}; `make bench` fetches it"

    def size_of(self, kind: str) -> tuple[int, int, int]:
        """Return the voxels (x, y, z) of the scan in one of FILES."""
        return self.dicom_size if kind == "dicom" else self.size

    def path(self, kind: str, quiet: bool) -> Path:
        """Return what is to be scored, in one of FILES; it is made where it is missing."""
        size = "x".join(map(str, self.size_of(kind)))
        folder = self.folder / f"{size}_{kind}"
        if not folder.is_dir():
            say(f"a {SHOWN[kind]} of {size} voxels into {relative(folder)}, once", quiet)
            self.folder.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(prefix=".partial-", dir=self.folder) as partial:
                made = Path(partial, "made")
                write_scan(enlarged(self.sample, self.size_of(kind)), kind, made)
                made.rename(folder)
        return folder / FILES[kind]


def enlarged(sample: Path, size: tuple[int, int, int]) -> "sitk.Image":
    """Return a CT in LPS, linearly interpolated to so many voxels (x, y, z), as int16 HU.

    The first and the last voxel of each axis stay where they are.
    """
    import SimpleITK as sitk

    image = sitk.DICOMOrient(sitk.ReadImage(str(sample), sitk.sitkFloat32), "LPS")
    spacing_mm = [
        mm * (old - 1) / (new - 1)
        for mm, old, new in zip(image.GetSpacing(), image.GetSize(), size, strict=True)
    ]
    grid = (image.GetOrigin(), spacing_mm, image.GetDirection())
    fine = sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear, *grid, LOW_HU)
    return sitk.Cast(
        sitk.Round(sitk.Clamp(fine, sitk.sitkFloat32, LOW_HU, HIGH_HU)), sitk.sitkInt16
    )


def write_scan(image: "sitk.Image", kind: str, folder: Path) -> None:
    """Write an LPS image of int16 HU into a new folder, in one of FILES."""
    import SimpleITK as sitk

    from tools.bench.bench_dicom import write_dicom_series

    if kind == "dicom":
        write_dicom_series(image, folder)
        return
    folder.mkdir()
    sitk.WriteImage(image, str(folder / FILES[kind]), useCompression=kind != "raw")
