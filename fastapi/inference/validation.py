"""A request's bytes to validated rows, straight from JSON.

pydantic-core parses and checks in one pass; the rules are those of ``schemas``: exactly the
10 features, each a finite JSON number. A key that comes twice is refused as well, which no
JSON parser does by itself.
"""

import json
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from covertype.schema import FEATURE_NAMES

from .errors import InvalidBodyError, Problem
from .schemas import Observation, batch_model

# A valid row holds numbers only, so each of its quotes belongs to a key: two a feature. Any
# more means a key that is unknown, escaped or repeated, or a string for a value.
_ROW_QUOTES: Final = 2 * len(FEATURE_NAMES)
# Each unknown key would be an error of its own, and a mebibyte of them half a second of work.
_MANY_QUOTES: Final = 200
_MAX_NAME: Final = 80

_parse_row: Final = TypeAdapter(Observation).validator.validate_json


def parse_row(body: bytes) -> list[float]:
    """The 10 values of one row in schema order. Raises InvalidBodyError."""
    quotes = body.count(b'"')
    if quotes > _MANY_QUOTES:
        raise _too_many_names("one row of the 10 features")
    try:
        row = _parse_row(body)
    except ValidationError as error:
        raise invalid_body(error) from error
    if quotes != _ROW_QUOTES:
        raise _repeated_key(body)
    return [*row.__dict__.values()]


class BatchParser:
    """Parses batch requests of at most ``max_rows`` rows."""

    def __init__(self, max_rows: int) -> None:
        self.model = batch_model(max_rows)
        self._max_rows = max_rows
        self._parse = TypeAdapter(self.model).validator.validate_json
        self._many_quotes = _ROW_QUOTES * max_rows + _MANY_QUOTES

    def __call__(self, body: bytes) -> tuple[list[list[float]], bool]:
        """The rows in schema order, and whether to answer with probabilities.

        Raises InvalidBodyError.
        """
        quotes = body.count(b'"')
        if quotes > self._many_quotes:
            raise _too_many_names(f"at most {self._max_rows} rows of the 10 features")
        try:
            batch = self._parse(body)
        except ValidationError as error:
            raise invalid_body(error) from error
        rows = [[*row.__dict__.values()] for row in batch.rows]
        if quotes != _ROW_QUOTES * len(rows) + 2 * len(batch.model_fields_set):
            raise _repeated_key(body)
        return rows, batch.probabilities


def invalid_body(error: ValidationError) -> InvalidBodyError:
    """The same problems in the answer's form, without the values that were sent."""
    return InvalidBodyError(
        [
            Problem(
                ("body", *(_shorten(part) for part in found["loc"])), found["msg"], found["type"]
            )
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    )


def _shorten(part: str | int) -> str | int:
    """A name that the caller chose may be a mebibyte long."""
    return part if isinstance(part, int) or len(part) <= _MAX_NAME else f"{part[:_MAX_NAME]}..."


def _too_many_names(allowed: str) -> InvalidBodyError:
    msg = f"The body holds far more names or strings than it can need: send {allowed}"
    return InvalidBodyError([Problem(("body",), msg, "too_many_names")])


def _repeated_key(body: bytes) -> InvalidBodyError:
    """Find the key that comes twice in a body that is otherwise valid."""
    repeated = ""

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated = name
            seen.add(name)

    json.loads(body, object_pairs_hook=note, parse_int=float)
    msg = "This key comes more than once: send each one once"
    return InvalidBodyError([Problem(("body", _shorten(repeated)), msg, "repeated_key")])
