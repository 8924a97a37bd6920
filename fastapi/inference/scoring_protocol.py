"""MLflow's scoring protocol: the JSON forms that ``/invocations`` takes.

    {"dataframe_split": {"columns": [...], "data": [[...], ...]}}
    {"dataframe_records": [{...}, ...]}
    {"instances": [{...}, ...]} or {"instances": [[10 values], ...]}
    {"inputs": ...}, as instances or {"inputs": {column: [...], ...}}

Columns may come in any order, and columns that the schema does not know are ignored, as MLflow
does. Values follow the same rules as on ``/predict/``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeGuard, TypeVar

from pydantic import ConfigDict, FailFast, TypeAdapter, ValidationError
from pydantic_core import from_json

from covertype.schema import FEATURE_NAMES

from .errors import InvalidBodyError, Problem

_Part = TypeVar("_Part")

_WIDTH: Final = len(FEATURE_NAMES)
_check: Final = TypeAdapter(
    Annotated[list[list[float]], FailFast()], config=ConfigDict(strict=True, allow_inf_nan=False)
).validator.validate_python


class InvocationParser:
    """Parses scoring requests of at most ``max_rows`` rows."""

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows

    def __call__(self, body: bytes) -> list[list[float]]:
        """The rows in schema order. Raises InvalidBodyError."""
        try:
            request = from_json(body)
        except ValueError as error:
            raise _invalid((), f"Invalid JSON: {error}", "json_invalid") from error
        if not isinstance(request, dict):
            raise _invalid((), "The body must be a JSON object", "dict_type")
        forms = [form for form in _FORMS if form in request]
        if len(forms) != 1:
            raise _invalid((), f"Send exactly one of {', '.join(_FORMS)}", "form")
        form = forms[0]
        content = request[form]
        rows = _FORMS[form](form, content)
        if len(rows) > self._max_rows:
            raise _too_many_rows(form, self._max_rows)
        if not rows:
            raise _invalid((form,), "Send at least one row", "too_short")
        try:
            checked: list[list[float]] = _check(rows)
        except ValidationError as error:
            raise _bad_value(form, error) from error
        return checked


def _split(form: str, content: Any) -> list[list[Any]]:
    if not isinstance(content, dict):
        raise _invalid((form,), "Send an object with columns and data", "dict_type")
    columns, data = content.get("columns"), content.get("data")
    if not _is_list_of(columns, str):
        raise _invalid((form, "columns"), "Send the list of column names", "list_type")
    if not _is_list_of(data, list):
        raise _invalid((form, "data"), "Send a list of rows, each a list", "list_type")
    where = {name: index for index, name in enumerate(columns)}
    if len(where) != len(columns):
        raise _invalid((form, "columns"), "A column name comes more than once", "repeated_key")
    _require_features(where, (form, "columns"))
    for number, row in enumerate(data):
        if len(row) != len(columns):
            msg = f"The row has {len(row)} values for {len(columns)} columns"
            raise _invalid((form, "data", number), msg, "row_length")
    order = [where[name] for name in FEATURE_NAMES]
    return [[row[index] for index in order] for row in data]


def _records(form: str, content: Any) -> list[list[Any]]:
    if not _is_list_of(content, dict):
        raise _invalid((form,), "Send a list of objects", "list_type")
    for number, row in enumerate(content):
        _require_features(row, (form, number))
    return [[row[name] for name in FEATURE_NAMES] for row in content]


def _instances(form: str, content: Any) -> list[list[Any]]:
    if _is_list_of(content, list):
        for number, row in enumerate(content):
            if len(row) != _WIDTH:
                msg = f"Send {_WIDTH} values in the order of the schema, or an object"
                raise _invalid((form, number), msg, "row_length")
        return list(content)
    if not _is_list_of(content, dict):
        raise _invalid((form,), "Send a list of objects, or a list of lists", "list_type")
    return _records(form, content)


def _inputs(form: str, content: Any) -> list[list[Any]]:
    if not isinstance(content, dict):
        return _instances(form, content)
    _require_features(content, (form,))
    columns = [content[name] for name in FEATURE_NAMES]
    if not _is_list_of(columns, list):
        raise _invalid((form,), "Send a list of values for each column", "list_type")
    if len({len(column) for column in columns}) != 1:
        raise _invalid((form,), "Send equally many values for each column", "row_length")
    return [list(row) for row in zip(*columns, strict=True)]


_FORMS: Final[Mapping[str, Callable[[str, Any], list[list[Any]]]]] = {
    "dataframe_split": _split,
    "dataframe_records": _records,
    "instances": _instances,
    "inputs": _inputs,
}


def _is_list_of(content: Any, kind: type[_Part]) -> TypeGuard[list[_Part]]:
    return isinstance(content, list) and all(isinstance(part, kind) for part in content)


def _require_features(names: Mapping[str, Any], loc: Sequence[str | int]) -> None:
    missing = [name for name in FEATURE_NAMES if name not in names]
    if missing:
        raise InvalidBodyError(
            [Problem(("body", *loc, name), "Field required", "missing") for name in missing]
        )


def _bad_value(form: str, error: ValidationError) -> InvalidBodyError:
    """Name the row and the column, whatever form the request had."""
    problems = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        row, *column = found["loc"]
        names = [FEATURE_NAMES[int(index)] for index in column]
        problems.append(Problem(("body", form, row, *names), found["msg"], found["type"]))
    return InvalidBodyError(problems)


def _too_many_rows(form: str, limit: int) -> InvalidBodyError:
    return _invalid((form,), f"Send at most {limit} rows in one request", "too_long")


def _invalid(loc: Sequence[str | int], msg: str, kind: str) -> InvalidBodyError:
    return InvalidBodyError([Problem(("body", *loc), msg, kind)])
