"""Why a scan is not scored: every reason's stable name, and what it means.

The table of docs/scoring.md is this list. A reason is added here first; its name never changes.
"""

REASONS = {
    # the file
    "not-found": "there is no such file or folder",
    "unreadable": "no known format, or a header that cannot be understood",
    "outside-folder": "the header names voxels outside the scan's own folder",
    "truncated": "fewer bytes than the header promises",
    "size-mismatch": "more bytes than the header describes",
    "corrupt": "a compressed stream is damaged or its checksum is wrong",
    # the volume
    "not-3d": "not three-dimensional, or several values a voxel",
    "geometry": "spacing or orientation that no scanner makes",
    "too-large": "more voxels than any chest CT has",
    # DICOM series
    "no-series": "no axial CT series of that name or at all",
    "mixed-series": "one series holds slices of different kinds or acquisitions",
    "missing-slices": "slices are missing (--allow-uneven scores all the same)",
    "duplicate-slices": "several unlike slices at one place (--allow-uneven takes the first)",
    "uneven-spacing": "the gaps between slices differ (--allow-uneven scores all the same)",
    # the voxels
    "not-finite": "NaN or infinite voxels",
    "byte-order": "HU appear when the bytes are swapped",
    "voxel-type": "values that no CT has: the header's voxel type is wrong",
    "label-map": "a few constant values: a label map, not a CT",
    "windowed": "at most 256 grey values: HU were lost to a display window or to rounding",
    "not-hu": "air or soft tissue is not where HU have it",
    # the lungs
    "few-slices": "too few slices through the lungs",
    "no-lungs": "no pair of lungs: not a chest",
    "several-lungs": "a second pair of lungs above the first: scans were joined",
    "one-lung": "only one lung holds air",
    "lungs-cut": "the volume's border cuts off much of the lungs",
    # what the weights know
    "pixel-size": "pixels far coarser or finer than those that the network was trained on",
    "patient-data": "the weights need patient data: none is given, or a value is wrong",
    "thick-slices": "slices too far apart for a network of coronal or sagittal planes",
    # the second scan
    "second-scan-missing": "the weights need a second scan of the subject, which is not given",
    "second-scan-same": "the second scan's lungs are those of the first, voxel by voxel",
    # the mask
    "mask-grid": "the mask lies on another grid than the scan",
    "mask-empty": "the mask marks no lung",
    "mask-not-lung": "what the mask marks as lung is not lung",
}
