"""A small DICOM series to change, break and read: random HU of some slices."""

import numpy as np
import pydicom
from formats import ORIGIN_MM, SPACING_MM, image_of, write_dicom

from pylayers.errors import ScanRefused
from pylayers.reading.scan import read_scan

SLICES = 24
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def voxels(seed=0, slices=SLICES) -> np.ndarray:
    """Return int16 (z, y, x) of HU."""
    return np.random.default_rng(seed).integers(-1000, 300, (slices, 6, 7)).astype(np.int16)


def image(hu=None, above_mm=0.0, spacing_mm=SPACING_MM):
    """Return HU as an image that lies some mm above its place."""
    origin = (ORIGIN_MM[0] + above_mm, *ORIGIN_MM[1:])
    return image_of(voxels() if hu is None else hu, spacing_mm, origin)


def write(folder, change=None, hu=None, above_mm=0.0, uid="1.2.3", **tags):
    """Write a series, change and tags as for formats.write_dicom; return its files."""
    tags = {"SeriesInstanceUID": uid, **tags}
    return write_dicom(folder, image(hu, above_mm), change, **tags)


def rewrite(paths, change):
    """Apply a change to files that are written, which may then lack what a writer insists on."""
    for index, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        change(index, ds)
        pydicom.dcmwrite(path, ds, enforce_file_format=False)


def refused(path, *arguments) -> ScanRefused:
    """Return the refusal of a path; fail when it is read."""
    try:
        scan = read_scan(path, *arguments)
    except ScanRefused as refusal:
        return refusal
    raise AssertionError(f"read: {scan.hu.shape}, {scan.warnings}")


def assert_read(path, warnings=()):
    """Assert that the series is read as it was written, with these warnings alone."""
    scan = read_scan(path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert scan.warnings == tuple(warnings)


def setting(index_is=lambda index: True, **tags):
    """Return a change that sets tags in some slices; None deletes them."""

    def change(index, ds):
        if index_is(index):
            for name, value in tags.items():
                if value is not None:
                    setattr(ds, name, value)
                elif name in ds:
                    delattr(ds, name)

    return change
