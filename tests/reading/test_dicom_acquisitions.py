"""Several acquisitions in one series are told apart; an ordinary scan of many is scored."""

import numpy as np
import pytest
from dicom_writer import SLICES, image, refused, setting, voxels, write
from formats import SPACING_MM, write_dicom

from pylayers.reading.scan import read_scan

HALF = SPACING_MM[0] / 2
FIRST, SECOND = "101500.25", "101730.5"


def clock(index, start="1015", step=1):
    """Return a time that goes on from slice to slice."""
    return f"{start}{step * index:02d}.{index % 10}"


def numbered(start):
    """Return a change that numbers slices from `start` on."""
    return lambda index, ds: setattr(ds, "InstanceNumber", start + index)


def two(folder, first, second, above_mm=HALF, seed=1):
    """Write two acquisitions of one series, the second some mm above the first."""
    write(folder / "a", first, voxels(0))
    write(folder / "b", second, voxels(seed), above_mm)
    return folder


@pytest.mark.parametrize("above_mm", [HALF, 0.0, 0.7], ids=["between", "same places", "uneven"])
@pytest.mark.parametrize(
    ("tag", "values", "said"),
    [
        ("AcquisitionNumber", (1, 2), "AcquisitionNumber 1 (24 slices), 2 (24 slices)"),
        ("AcquisitionTime", (FIRST, SECOND), "2 values of AcquisitionTime"),
        ("AcquisitionDateTime", ("2026" + FIRST, "2026" + SECOND), "AcquisitionDateTime"),
        ("TemporalPositionIdentifier", (1, 2), "2 values of TemporalPositionIdentifier"),
        ("NominalPercentageOfCardiacPhase", (30.0, 75.0), "NominalPercentageOfCardiacPhase"),
        ("TriggerTime", ("330", "720"), "2 values of TriggerTime"),
        ("IrradiationEventUID", ("1.2.1", "1.2.2"), "2 values of IrradiationEventUID"),
        ("AcquisitionDate", ("20260101", "20260301"), "2 values of AcquisitionDate"),
        ("StudyInstanceUID", ("1.2.8", "1.2.9"), "2 values of StudyInstanceUID"),
        ("PatientID", ("Doe^Jane", "Doe^John"), "2 values of PatientID"),
        ("KVP", ("80", "140"), "KVP 80 (24 slices), 140 (24 slices)"),
        ("SliceThickness", ("1.25", "5"), "several reconstructions"),
    ],
)
def test_acquisitions_that_overlap_are_named(tag, values, said, above_mm, tmp_path):
    first, second = (setting(**{tag: value}) for value in values)
    refusal = refused(two(tmp_path, first, second, above_mm))
    assert refusal.slug == "mixed-series"
    assert said in refusal.sentence


def test_times_of_a_patient_are_not_printed(tmp_path):
    first, second = (setting(AcquisitionTime=time) for time in (FIRST, SECOND))
    sentence = refused(two(tmp_path, first, second)).sentence
    assert FIRST[:4] not in sentence and SECOND[:4] not in sentence


@pytest.mark.parametrize("back", [False, True])
def test_two_passes_are_seen_by_the_times_of_their_slices(back, tmp_path):
    def second(index, ds):
        ds.AcquisitionTime = clock(SLICES - index if back else index, "1017")

    def first(index, ds):
        ds.AcquisitionTime = clock(index)

    refusal = refused(two(tmp_path, first, second))
    assert refusal.slug == "mixed-series"
    assert "2 passes over the patient by AcquisitionTime" in refusal.sentence


def test_ten_phases_of_a_gated_scan_are_counted(tmp_path):
    for phase in range(10):
        write(
            tmp_path / str(phase),
            setting(NominalPercentageOfRespiratoryPhase=10.0 * phase),
            voxels(phase, 8),
        )
    refusal = refused(tmp_path)
    assert refusal.slug == "mixed-series"
    assert "10 values of NominalPercentageOfRespiratoryPhase" in refusal.sentence


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(
    "label",
    [
        lambda index: {"AcquisitionNumber": index + 1},
        lambda index: {"AcquisitionNumber": index // 4 + 1},  # step and shoot, four rows
        lambda index: {"AcquisitionTime": clock(index)},
        lambda index: {"AcquisitionTime": clock(index // 8), "ContentTime": clock(index)},
        lambda index: {"AcquisitionTime": clock(4 * (index // 4) + 3 - index % 4)},
        lambda index: {"IrradiationEventUID": f"1.2.{index // 12}", "AcquisitionNumber": None},
        lambda index: {"TriggerTime": f"{300 + 7 * (index // 6)}"},
        lambda index: {"TriggerTime": f"{330 + index % 2}"},  # as hearts beat
        lambda index: {"SliceThickness": f"{2.5 + 0.001 * (index % 2)}"},
        lambda index: {"KVP": "120" if index % 2 else "120.0"},
        lambda index: {"FrameOfReferenceUID": f"1.2.{index}"},
        lambda index: {"InstanceNumber": index + 1},
    ],
)
def test_an_ordinary_scan_may_label_every_slice_anew(label, down, tmp_path):
    def change(index, ds):
        setting(**label(SLICES - 1 - index if down else index))(index, ds)

    write(tmp_path, change)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert scan.warnings == ()


def test_times_that_were_shuffled_prove_nothing(tmp_path):
    order = np.random.default_rng(0).permutation(SLICES)
    write(tmp_path, lambda index, ds: setattr(ds, "AcquisitionTime", clock(order[index])))
    assert read_scan(tmp_path).warnings == ()


def test_one_slice_that_was_scanned_again_is_taken(tmp_path):
    write(tmp_path, setting(lambda index: index == 9, AcquisitionNumber=3), AcquisitionNumber=2)
    assert read_scan(tmp_path).hu.shape[0] == SLICES


def test_a_second_reconstruction_between_the_first_is_said_but_taken(tmp_path):
    scan = read_scan(two(tmp_path, numbered(1), numbered(101)))
    assert scan.hu.shape[0] == 2 * SLICES
    assert len(scan.warnings) == 1
    assert "slices of 2 passes by InstanceNumber lie between each other" in scan.warnings[0]


def test_two_scans_behind_each_other_are_one(tmp_path):
    way = SLICES * SPACING_MM[0]
    two(tmp_path, setting(AcquisitionNumber=1), setting(AcquisitionNumber=2), way)
    assert read_scan(tmp_path).hu.shape[0] == 2 * SLICES


# ---- the same slice twice ----


def test_copies_of_slices_are_left_out_with_a_note(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b", lambda index, ds: index in (3, 4, 20))
    write(tmp_path / "c", lambda index, ds: index == 3)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert scan.warnings == ("4 of 28 slices are copies of others, voxel for voxel; left out",)


def halved(index, ds):
    """Store the same HU as halves, with another acquisition's number."""
    stored = (np.frombuffer(ds.PixelData, np.uint16).astype(np.int32) - 1024) * 2 + 4000
    ds.PixelData, ds.AcquisitionNumber = stored.astype(np.uint16).tobytes(), 7
    ds.RescaleSlope, ds.RescaleIntercept = "0.5", "-2000"


def test_a_copy_may_be_stored_in_another_way(tmp_path):
    two(tmp_path, setting(AcquisitionNumber=6), halved, 0.0, seed=0)
    scan = read_scan(tmp_path)
    np.testing.assert_array_equal(scan.hu, voxels())
    assert "24 of 48 slices are copies of others" in scan.warnings[0]


@pytest.mark.parametrize("place", [3, 23])
def test_a_slice_that_differs_in_one_voxel_is_no_copy(place, tmp_path):
    write(tmp_path)
    hu = voxels()
    hu[place, 2, 2] += 1
    write_dicom(tmp_path / "b", image(hu), lambda i, ds: i == place, SeriesInstanceUID="1.2.3")
    refusal = refused(tmp_path)
    assert refusal.slug == "duplicate-slices"
    assert "1 of 25 slices lie where another one lies" in refusal.sentence
