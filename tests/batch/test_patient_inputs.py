"""Patient data as inputs: standardised on the training split, missing ones at its mean."""

import csv
import json
import shutil
from contextlib import closing

import numpy as np
import pytest

from pylayers.batch.layer_params import LayerParams
from pylayers.batch.loader import Loader
from pylayers.batch.patient_inputs import MOST_SD, VALUES, WIDTH, PatientScales, patient_scales
from pylayers.batch.patient_rows import patient_of_scan, scales_of
from pylayers.batch.prefetch import open_batches
from pylayers.cohort.cohort import read_cohort, write_rows
from pylayers.cohort.patient_data import PATIENT_COLUMNS
from pylayers.errors import CohortError, UsageError

NAMES = [*VALUES, *(f"no {column}" for column in PATIENT_COLUMNS)]
WHOLE = {"age": 60.0, "sex": "F", "height_cm": 170.0, "weight_kg": 70.0, "pack_years": 30.0,
         "smoking": "former"}  # fmt: skip
OTHER = {"age": 40.0, "sex": "M", "height_cm": 180.0, "weight_kg": 90.0, "pack_years": 10.0,
         "smoking": "never"}  # fmt: skip
PART = {"age": 50.0, "smoking": "current"}


def named(scales, patient):
    row = scales.inputs(patient)
    assert row.dtype == np.float32 and row.shape == (WIDTH,) == (13,)
    return dict(zip(NAMES, row.tolist(), strict=True))


def test_known_values_are_standardised_on_the_training_split():
    patients = [WHOLE, OTHER, PART]
    scales = patient_scales(patients)
    rows = np.stack([scales.inputs(patient) for patient in patients])
    for number, (name, column) in enumerate(VALUES.items()):
        known = rows[[column in patient for patient in patients], number]
        assert known.mean() == pytest.approx(0, abs=1e-6) and known.std() == pytest.approx(1), name


def test_a_missing_value_is_the_mean_and_sets_its_indicator():
    row = named(patient_scales([WHOLE, OTHER, PART]), PART)
    for column in ("sex", "height_cm", "weight_kg", "pack_years"):
        assert row[f"no {column}"] == 1
    assert (row["no age"], row["no smoking"]) == (0, 0)
    assert row["female"] == row["height_cm"] == row["weight_kg"] == row["pack_years"] == 0


def test_what_the_training_never_missed_has_no_indicator_and_what_it_never_knew_no_value():
    scales = patient_scales([WHOLE, OTHER])
    assert not any(named(scales, {"age": 70.0})[f"no {column}"] for column in PATIENT_COLUMNS)
    ages = patient_scales([{"age": 50.0}, {"age": 60.0}])
    assert ages.used == ("age",)
    assert not any(ages.inputs(WHOLE | {"age": 55.0}))
    alike = patient_scales([WHOLE, WHOLE | {"age": 50.0}])
    assert alike.used == ("age",)
    assert named(alike, OTHER)["female"] == 0


def test_a_rare_value_counts_as_one_of_four_standard_deviations():
    row = named(patient_scales([WHOLE, OTHER]), WHOLE | {"pack_years": 300.0})
    assert row["pack_years"] == MOST_SD == 4


def test_scales_survive_json_to_the_last_bit():
    scales = patient_scales([WHOLE, OTHER, PART])
    assert PatientScales.of_json(json.loads(json.dumps(scales.to_json()))) == scales


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept.pop("age"),
        lambda kept: kept["age"].pop("sd"),
        lambda kept: kept["age"].update(sd=-1),
        lambda kept: kept["age"].update(mean="x"),
        lambda kept: kept["age"].update(mean=float("nan")),
        lambda kept: kept.update(age=3),
    ],
)
def test_damaged_scales_are_told(damage):
    kept = patient_scales([WHOLE, OTHER]).to_json()
    damage(kept)
    with pytest.raises((KeyError, TypeError, ValueError)):
        PatientScales.of_json(kept)


# ---- of a cohort ----


def loader(cohort, split="train", target="fev1fvc", batch=3):
    train = split == "train"
    return Loader(LayerParams(str(cohort), split, target, 2, batch, 5, "patient"), train)


def taken(batches, source, count):
    """The next `count` batches: data, label and patient, as bytes."""
    tops = [np.full(shape, np.nan, np.float32) for shape in source.shapes]
    got = []
    for _ in range(count):
        batches.next(*tops)
        got.append(b"".join(top.tobytes() for top in tops))
    assert np.isfinite(tops[2]).all()
    return got


def test_the_third_top_has_each_scans_patient(tiny_cohort):
    cohort, source = read_cohort(tiny_cohort), loader(tiny_cohort)
    assert source.shapes == ((6, 1, 512, 512), (3, 1), (3, WIDTH))
    scales = scales_of(cohort, "fev1fvc")
    assert "weight_kg" not in scales.used and scales.scales["pack_years"].missing > 0
    by_id = {scan.scan_id: scan for scan in cohort.scans}
    for index in range(5):  # beyond an epoch of ten scans
        patient = np.full((3, WIDTH), np.nan, np.float32)
        source.fill_beside(index, patient)
        for position, row in enumerate(patient):
            scan = by_id[source.scan_id(index * 3 + position)]
            np.testing.assert_array_equal(row, scales.inputs(patient_of_scan(cohort, scan)))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("first", [0, 3])
def test_workers_give_the_bytes_of_the_inline_loader(workers, first, tiny_cohort):
    source = loader(tiny_cohort)
    inline = taken(open_batches(source, first, 0), source, 5)
    with closing(open_batches(source, first, workers)) as batches:
        assert taken(batches, source, 5) == inline


def test_the_stacks_are_those_of_the_paper(tiny_cohort):
    plain = Loader(LayerParams(str(tiny_cohort), "train", "fev1fvc", 2, 3, 5), train=True)
    ours = loader(tiny_cohort)
    assert ours.shapes[:2] == plain.shapes
    tops, others = ([np.empty(shape, np.float32) for shape in s.shapes] for s in (ours, plain))
    ours.fill(1, *tops)
    plain.fill(1, *others)
    for top, other in zip(tops, others, strict=False):
        np.testing.assert_array_equal(top, other)


def changed(tiny_cohort, folder, change):
    """A copy of the table of the tiny cohort with changed rows; the loader reads no more."""
    folder.mkdir()
    shutil.copy(tiny_cohort / "cohort.csv", folder)
    with (folder / "cohort.csv").open(newline="") as file:
        write_rows(folder / "cohort.csv", [change(row) for row in csv.DictReader(file)])
    return folder


def test_validation_and_test_are_scaled_by_the_training_split_alone(tiny_cohort, tmp_path):
    older = changed(
        tiny_cohort, tmp_path / "c",
        lambda row: row | ({} if row["split"] == "train" else {"age": "99"}),
    )  # fmt: skip
    assert scales_of(read_cohort(older), "ve") == scales_of(read_cohort(tiny_cohort), "ve")
    assert (loader(older, "val").patients[:, 0] > 2).all()


def test_a_cohort_without_patient_data_is_refused(tiny_cohort, tmp_path):
    bare = changed(
        tiny_cohort, tmp_path / "c",
        lambda row: {k: v for k, v in row.items() if k not in PATIENT_COLUMNS},
    )  # fmt: skip
    with pytest.raises(CohortError, match="has no patient data to learn from: of the columns age,"):
        loader(bare)


def test_a_wrong_cell_is_refused_with_its_scan(tiny_cohort, tmp_path):
    wrong = changed(
        tiny_cohort, tmp_path / "c",
        lambda row: row | ({"sex": "1"} if row["scan_id"] == "c03" else {}),
    )  # fmt: skip
    with pytest.raises(CohortError, match=r"scan c03: sex '1' is not F or M"):
        for split in ("train", "val", "test"):
            loader(wrong, split)
    read_cohort(wrong)  # others than this variant do not mind


def test_a_column_under_another_name_does_not_pass_for_missing(tiny_cohort, tmp_path):
    other = changed(
        tiny_cohort, tmp_path / "c",
        lambda row: {{"age": "Age"}.get(k, k): v for k, v in row.items()},
    )  # fmt: skip
    with pytest.raises(CohortError, match="has a column 'Age'; write it age"):
        loader(other)


def test_what_a_network_is_told_it_cannot_predict(own_cohort):
    with pytest.raises(UsageError, match="variant patient takes age and cannot learn it"):
        loader(own_cohort, target="age")
