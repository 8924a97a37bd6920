"""Whether an answer of ``POST /predict/`` is a prediction.

The status alone proves little: a proxy's error page also comes with status 200, and a
service that answers with the wrong model still answers.

A message shows at most one short value of the body, because Locust keeps a line in its
report for each different message.
"""

import json
from typing import Any, Final, Protocol

from covertype.schema import COVER_TYPES, MODEL_NAME

OK: Final = 200
SHED: Final = 503

# The row of the report that holds shed requests, apart from the row of the answered ones.
SHED_ROW: Final = "/predict/ shed with 503"
SHED_FAILURE: Final = "shed: status 503, the service turned the request away"

_SHOWN_CHARACTERS: Final = 40


class Answer(Protocol):
    """The part of an HTTP response that is judged."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes | None: ...


class Response(Answer, Protocol):
    """An answer whose verdict Locust waits for: both of its HTTP clients give one."""

    @property
    def request_meta(self) -> Any: ...

    def failure(self, exc: str) -> None: ...


def report(response: Response) -> None:
    """Mark the request as failed if its answer is bad; shed requests get their own row."""
    if response.status_code == 0 or (
        response.status_code == OK and response.request_meta["exception"]
    ):
        return  # there is no whole answer: Locust reports the broken connection
    if response.status_code == SHED:
        response.request_meta["name"] = SHED_ROW
    if message := fault(response):
        response.failure(message)


def fault(answer: Answer) -> str | None:
    """What is wrong with the answer, or ``None`` when it is a prediction.

    The body is read only when the status is 200.
    """
    if answer.status_code == SHED:
        return SHED_FAILURE
    if answer.status_code != OK:
        return f"status {answer.status_code}, expected {OK}"
    try:
        body = json.loads(answer.content or b"")
    except ValueError:
        return "status 200, but the body is not JSON"
    if not isinstance(body, dict):
        return "status 200, but the body is not a JSON object"
    return _fault_of(body)


def _fault_of(body: dict[str, object]) -> str | None:
    if body.get("model") != MODEL_NAME:
        return f"model is {_shown(body, 'model')}, expected {MODEL_NAME!r}"
    version = body.get("version")
    if not isinstance(version, str) or not version:
        return f"version is {_shown(body, 'version')}, expected a string that is not empty"
    prediction = body.get("prediction")
    # `true` equals 1 in Python, and 2.0 equals 2, but neither is a class number in JSON.
    if type(prediction) is not int or prediction not in COVER_TYPES:
        classes = f"{min(COVER_TYPES)} to {max(COVER_TYPES)}"
        return f"prediction is {_shown(body, 'prediction')}, expected a whole number from {classes}"
    if body.get("cover_type") != COVER_TYPES[prediction]:
        expected = f"{COVER_TYPES[prediction]!r} for prediction {prediction}"
        return f"cover_type is {_shown(body, 'cover_type')}, expected {expected}"
    return None


def _shown(body: dict[str, object], key: str) -> str:
    if key not in body:
        return "missing"
    text = json.dumps(body[key])
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
