"""What to do about a refused scan, for every reason of pylayers/refusals.py."""

HINTS = {
    "not-found": "Check the spelling of the path, and that the drive it lies on is mounted.",
    "unreadable": "Export the series again, as DICOM, NIfTI, NRRD or MetaImage, and score that.",
    "outside-folder": "Put the voxel file beside its header and let the header name it alone.",
    "truncated": "Copy or download the file again and compare its size with the original's.",
    "size-mismatch": "The header belongs to another file, or its dimensions were edited: convert "
    "the scan again from its source.",
    "corrupt": "Copy or download the file again; if it stays damaged, export it from the source.",
    "not-3d": "Give one volume: split a time series, and keep colour pictures and single slices "
    "out.",
    "geometry": "Convert the scan again from DICOM, so that spacing and orientation come from the "
    "scanner.",
    "too-large": "Give one chest series alone, not several joined or resampled to a finer grid.",
    "no-series": "Give the folder of the axial chest series; a UID given with --series has to be "
    "one of that folder.",
    "mixed-series": "Export the axial chest reconstruction as a series of its own.",
    "missing-slices": "Fetch the series again from the archive. If the gaps are known and "
    "harmless, --allow-uneven scores all the same.",
    "duplicate-slices": "Keep one reconstruction in the folder, or score with --allow-uneven, "
    "which takes the first slice at each place.",
    "uneven-spacing": "Look for missing slices or two joined series; --allow-uneven scores all "
    "the same.",
    "not-finite": "Convert the scan again; a resampling step has probably left voxels without a "
    "value.",
    "byte-order": "Correct the byte order in the header, or convert the scan again.",
    "voxel-type": "Correct the voxel type in the header: CT is usually signed, of 16 bits.",
    "label-map": "This is a segmentation: give the CT as the scan, and this file with --mask.",
    "windowed": "Export the original voxels in HU, not a windowed or 8-bit copy for display.",
    "not-hu": "Export voxels in HU: the rescale slope and intercept may have been lost, or this is "
    "no CT.",
    "few-slices": "Score a series that covers the lungs in more slices; a scout or a few thick "
    "slices do not suffice.",
    "no-lungs": "Check that this is a chest CT, right side up. If it is, give the lungs with "
    "--mask.",
    "several-lungs": "Give one scan of the chest: this file or series seems to hold two, one upon "
    "the other.",
    "one-lung": "The network was trained on two lungs. If the second was only missed, give both "
    "with --mask.",
    "lungs-cut": "Score a scan that covers both lungs whole, from apex to base.",
    "pixel-size": "Score the scanner's own reconstruction. --resample brings the pixels to the "
    "trained size, but not the detail that coarse ones have lost.",
    "patient-data": "Give what is known of the patient, such as age and sex, or score with weights "
    "that use the scan alone.",
    "thick-slices": "Score a reconstruction with thinner slices, or with weights of axial slices.",
    "second-scan-missing": "Give the second scan with --expiration or --earlier, or score with "
    "weights of one scan.",
    "second-scan-same": "Give the other scan of the subject as the second one.",
    "mask-grid": "Resample the mask to the scan's voxels (nearest neighbour), or make it from this "
    "very series.",
    "mask-empty": "Name the labels that are lung with --mask-labels, or leave --mask away.",
    "mask-not-lung": "Name the labels that are lung with --mask-labels, and check that the mask "
    "belongs to this scan.",
}
