"""param_str: what is wrong with it is named by key and value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pylayers.batch.layer_params import LayerParams, parse
from pylayers.errors import UsageError

GOOD = {
    "cohort": "build/cohort",
    "split": "train",
    "target": "ve",
    "slices": 16,
    "batch": 8,
    "seed": 1,
}


def test_a_complete_param_str_is_read():
    assert parse(json.dumps(GOOD)) == LayerParams(**GOOD)


@given(
    cohort=st.text(),
    split=st.sampled_from(["train", "val", "test"]),
    target=st.sampled_from(["ve", "fev1fvc", "fev1pp"]),
    slices=st.integers(1, 10**6),
    batch=st.integers(1, 10**6),
    seed=st.integers(0, 2**70),
)
def test_what_is_written_is_read_back(**given):
    params = LayerParams(**given)
    assert parse(params.to_json()) == params


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        ({"slice": 4}, ["unknown key 'slice'"]),
        ({"batch": 0}, ["batch 0", "below 1"]),
        ({"slices": -3}, ["slices -3", "below 1"]),
        ({"seed": -1}, ["seed -1", "below 0"]),
        ({"batch": True}, ["batch True", "of type int"]),
        ({"seed": 1.0}, ["seed 1.0", "of type int"]),
        ({"slices": "16"}, ["slices '16'", "of type int"]),
        ({"cohort": 3}, ["cohort 3", "of type str"]),
        ({"split": None}, ["split None", "of type str"]),
        ({"split": "dev"}, ["split 'dev'", "train, val, test"]),
        ({"target": "../ve"}, ["target '../ve'"]),
    ],
)
def test_a_wrong_value_is_named_with_its_key(change, parts):
    with pytest.raises(UsageError) as caught:
        parse(json.dumps(GOOD | change))
    assert all(part in str(caught.value) for part in parts)


@pytest.mark.parametrize("key", GOOD)
def test_every_key_is_required(key):
    with pytest.raises(UsageError, match=f"missing key '{key}'"):
        parse(json.dumps({k: v for k, v in GOOD.items() if k != key}))


@pytest.mark.parametrize("text", ["", "{", "{'cohort': 1}", "[1]", "3", '"text"', "null"])
def test_what_is_no_json_object_is_refused_with_the_text(text):
    with pytest.raises(UsageError, match=r"param_str is not (a )?JSON") as caught:
        parse(text)
    assert repr(text) in str(caught.value)
