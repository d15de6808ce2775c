"""DICOM derived images: projections, averages and lossy compression, by any vendor's name for them.

ImageType is free after its second value, so words are looked for in all of it; enhanced images
say the same in tags of their own (PS3.3 C.8.16.2 and C.8.15.3), and codes of DCM say it, too.
"""

import re

import pydicom

from pylayers.reading.dicom_tags import value_of, words_of


def any_of(*words: str) -> re.Pattern:
    """Return a pattern of words that stand between anything but letters."""
    return re.compile(rf"(?<![A-Z])(?:{'|'.join(words)})(?![A-Z])")


# Their voxels are the highest, the lowest or none of the HU that lie there.
PROJECTED = any_of(
    *(
        "[A-Z]*MIP[A-Z]*",
        "MAX[ _-]?IP",
        "MIN[ _-]?IP",
        "MAXIMUM",
        "MINIMUM",
        "PROJECTION",
        "RAY[ _-]?SUM",
    ),
    *("VRT?", "VOLREN", "SSD", "(?:VOLUME|SURFACE)[ _-]?REND[A-Z]*", "CURVED(?:[ _-]?MPR)?", "CPR"),
    *("SUBTRACTION", "SUBTRACTED", "DIVISION", "MULTIPLICATION", "STD[ _-]?DEVIATION"),
)
PROJECTED_TEXT = any_of(
    *("MIP", "MAX[ _-]?IP", "MIN[ _-]?IP", "(?:MAXIMUM|MINIMUM|MAX|MIN)[ .-]*INTENSITY"),
    *("VOLUME[ _-]?RENDER[A-Z]*", "CURVED[ _-]?(?:MPR|PLANAR)[A-Z]*"),
)
AVERAGED = any_of("AVERAGED?", "AVG", "AVE", "MEAN", "AIP", "AVE[ _-]?IP", "THICK", "SLAB")
AVERAGED_TEXT = any_of("(?:AVERAGE|MEAN)[ _-]*(?:INTENSITY|IP)", "AIP", "THICK[ _-]*SLAB")
LOSSY_TEXT = any_of("LOSSY")
# Coding scheme DCM, PS3.16 annex D.
PROJECTED_CODES = {
    *("113046", "113048", "113051", "113053", "113061", "113062"),
    *("113073", "113074", "113075", "113078", "113079"),
}
AVERAGED_CODES, LOSSY_CODES = {"113049"}, {"113040"}
# Rescale Type (PS3.3 C.11.1.1.2): quantities that spectral scanners store as CT.
NO_HU = {"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"}


def projection(ds: pydicom.Dataset) -> str | None:
    """Return what kind of computed picture an image is; None for a slice of tissue."""
    if PROJECTED.search(words_of(ds, "ImageType")):
        return "projection or rendering (ImageType)"
    technique = words_of(ds, "VolumeBasedCalculationTechnique")
    if technique in ("MAX_IP", "MIN_IP", "VOLUME_RENDER", "SURFACE_RENDER", "CURVED_MPR"):
        return "projection or rendering (VolumeBasedCalculationTechnique)"
    if words_of(ds, "VolumetricProperties") == "DISTORTED":
        return "bent plane (VolumetricProperties)"
    if PROJECTED_TEXT.search(words_of(ds, "DerivationDescription")):
        return "projection or rendering (DerivationDescription)"
    if PROJECTED_CODES & codes_of(ds):
        return "projection or rendering (DerivationCodeSequence)"
    if words_of(ds, "RescaleType").strip() in NO_HU:
        return "picture of another quantity than HU (RescaleType)"
    return None


def codes_of(ds: pydicom.Dataset) -> set[str]:
    """Return the codes by which an image was derived."""
    items = value_of(ds, "DerivationCodeSequence") or ()
    return {str(value_of(item, "CodeValue")) for item in items if isinstance(item, pydicom.Dataset)}


def remarks(ds: pydicom.Dataset) -> tuple[str, ...]:
    """Return warnings about how the slices were made, the same for all slices made so."""
    warnings = []
    if (
        AVERAGED.search(words_of(ds, "ImageType"))
        or AVERAGED_TEXT.search(words_of(ds, "DerivationDescription"))
        or AVERAGED_CODES & codes_of(ds)
    ):
        warnings.append(
            "averages of thick slabs, which have less noise than slices: LAA-950 is lower"
        )
    elif PROJECTED_TEXT.search(words_of(ds, "SeriesDescription")):
        warnings.append("projections, going by SeriesDescription; if so, the score means nothing")
    if words_of(ds, "RescaleType").strip() == "HU_MOD":
        warnings.append("modified HU (RescaleType HU_MOD), such as of one energy")
    return tuple(warnings)


def lossy(ds: pydicom.Dataset) -> str | None:
    """Return the ratio of a lossy compression, blank where unknown; None without one."""
    stated = (
        words_of(ds, "LossyImageCompression").strip() in ("01", "1")
        or LOSSY_TEXT.search(words_of(ds, "ImageType"))
        or LOSSY_TEXT.search(words_of(ds, "DerivationDescription"))
        or LOSSY_CODES & codes_of(ds)
    )
    ratios = words_of(ds, "LossyImageCompressionRatio").split("\\")
    try:  # steps follow each other, PS3.3 C.7.6.1.1.5.2
        ratio = float(ratios[-1])
    except ValueError:
        ratio = 0.0
    if not (stated or ratio > 1):
        return None
    return f"{ratio:.4g}:1" if 1 < ratio < 1e4 else ""
