"""An answer counts only when its body is a prediction."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covertype.schema import COVER_TYPES
from loadtest.answers import SHED_FAILURE, fault
from tests.locust.prediction_service import GOOD


@dataclass
class Answer:
    content: bytes | None
    status_code: int = 200


@pytest.mark.parametrize("cover_type", COVER_TYPES)
def test_every_class_with_its_own_name_is_good(cover_type: int) -> None:
    body = {**GOOD, "prediction": cover_type, "cover_type": COVER_TYPES[cover_type], "more": [1]}
    assert fault(Answer(json.dumps(body).encode())) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "Iris"}, "model is \"Iris\", expected 'CovertypeModel'"),
        ({"version": 1}, "version is 1, expected a string that is not empty"),
        ({"version": ""}, 'version is "", expected a string that is not empty'),
        ({"prediction": True}, "prediction is true, expected a whole number from 1 to 7"),
        ({"prediction": 2.0}, "prediction is 2.0, expected a whole number from 1 to 7"),
        ({"prediction": 0}, "prediction is 0, expected a whole number from 1 to 7"),
        ({"prediction": [2]}, "prediction is [2], expected a whole number from 1 to 7"),
        (
            {"cover_type": "Aspen"},
            "cover_type is \"Aspen\", expected 'Lodgepole Pine' for prediction 2",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(
    change: dict[str, object], message: str
) -> None:
    assert fault(Answer(json.dumps({**GOOD, **change}).encode())) == message


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named(key: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != key}
    message = fault(Answer(json.dumps(body).encode()))
    assert message is not None
    assert message.startswith(f"{key} is missing, expected ")


def test_a_long_value_is_cut_in_the_message() -> None:
    message = fault(Answer(json.dumps({**GOOD, "model": "x" * 5000}).encode()))
    assert message is not None
    assert len(message) < 100


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Welcome</html>", "status 200, but the body is not JSON"),
        (b"\xff\xfe{", "status 200, but the body is not JSON"),
        (b"", "status 200, but the body is not JSON"),
        (None, "status 200, but the body is not JSON"),
        (b"[2]", "status 200, but the body is not a JSON object"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_fault(content: bytes | None, message: str) -> None:
    assert fault(Answer(content)) == message


def test_a_good_body_does_not_excuse_another_status() -> None:
    content = json.dumps(GOOD).encode()
    assert fault(Answer(content, 500)) == "status 500, expected 200"
    assert fault(Answer(content, 201)) == "status 201, expected 200"
    assert fault(Answer(content, 503)) == SHED_FAILURE


@settings(deadline=None)  # a busy machine is no fault
@given(st.binary())
def test_no_body_breaks_the_judgement(content: bytes) -> None:
    assert fault(Answer(content)) is not None


@settings(deadline=None)  # a busy machine is no fault
@given(st.dictionaries(st.sampled_from([*GOOD]), st.none() | st.integers() | st.text()))
def test_no_json_object_breaks_the_judgement(body: dict[str, object]) -> None:
    assert fault(Answer(json.dumps(body).encode())) is not None
