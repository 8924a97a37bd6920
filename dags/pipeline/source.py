"""The client of the random-data API: one batch, as received, or an error that says why not."""

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import httpx
import tenacity

from covertype import schema
from pipeline.errors import (
    EmptyBatch,
    NotJson,
    RequestRefused,
    SourceFailed,
    SourceUnreachable,
    TransientSourceError,
    TruncatedBody,
    UnexpectedShape,
)

log = logging.getLogger(__name__)

ALL_COLLECTED = "all_collected"

_BATCHES = range(1, schema.BATCHES_PER_GROUP + 1)
_BAD_JSON = (ValueError, RecursionError)  # bad syntax, bad UTF-8, or nested too deep


@dataclass(frozen=True, slots=True)
class ReceivedBatch:
    """A batch and the body that brought it; ``rows`` are not validated yet."""

    group: int
    batch: int
    body: bytes
    rows: list[object]
    received_at: datetime

    @property
    def sha256(self) -> str:
        """Hex digest of the body."""
        return hashlib.sha256(self.body).hexdigest()


class BatchSource:
    """Fetches batches; faults that may pass are tried again."""

    def __init__(
        self, base_url: str, *, timeout_seconds: float, attempts: int, backoff_seconds: float
    ) -> None:
        self._client = httpx.Client(base_url=base_url, timeout=timeout_seconds, trust_env=False)
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TransientSourceError),
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_exponential_jitter(
                multiplier=backoff_seconds, jitter=backoff_seconds
            ),
            before_sleep=tenacity.before_sleep_log(log, logging.WARNING),
            reraise=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._client.close()

    def open_batch(self, group: int) -> ReceivedBatch | None:
        """The group's open batch, or None when all its batches were collected.

        Raises SourceError.
        """
        try:
            return self._fetch(group, None)
        except RequestRefused as refused:
            if refused.code != ALL_COLLECTED:
                raise
            return None

    def batch(self, group: int, batch: int) -> ReceivedBatch:
        """A batch that was opened before. Raises SourceError."""
        return self._fetch(group, batch)

    def _fetch(self, group: int, batch: int | None) -> ReceivedBatch:
        once: Callable[[], ReceivedBatch] = lambda: self._fetch_once(group, batch)  # noqa: E731
        return self._retrying(once)

    def _fetch_once(self, group: int, batch: int | None) -> ReceivedBatch:
        params = {"group_number": group} | ({} if batch is None else {"batch_number": batch})
        what = f"batch {batch or '(open)'} of group {group}"
        try:
            response = self._client.get("/data", params=params)
        except httpx.RemoteProtocolError as error:
            raise TruncatedBody(f"{what}: the connection closed early ({error})") from error
        except httpx.DecodingError as error:
            raise TruncatedBody(f"{what}: the body cannot be decoded ({error})") from error
        except httpx.TransportError as error:
            raise SourceUnreachable(
                f"{what}: the random-data API at {self._client.base_url} does not answer "
                f"({type(error).__name__}: {error}); check that it runs"
            ) from error
        if response.is_server_error:
            raise SourceFailed(
                f"{what}: the random-data API answered {response.status_code}: "
                f"{_refusal(response)[1] or 'look at its log'}"
            )
        if not response.is_success:
            code, message = _refusal(response)
            raise RequestRefused(f"{what}: refused with {response.status_code}: {message}", code)
        return _parse(response, what, group, batch)


def _refusal(response: httpx.Response) -> tuple[str | None, str]:
    try:
        detail = response.json()["detail"]
        return str(detail["code"]), str(detail["message"])
    except (*_BAD_JSON, KeyError, TypeError):
        return None, response.text[:200]


def _parse(response: httpx.Response, what: str, group: int, batch: int | None) -> ReceivedBatch:
    body = response.content
    received_at = datetime.now(UTC)
    if not body.lstrip().startswith(b"{"):
        kind = response.headers.get("content-type", "no content type")
        raise NotJson(
            f"{what}: status {response.status_code}, but the body is not a JSON object ({kind})"
        )
    try:
        answer = json.loads(body)
    except _BAD_JSON as error:
        raise TruncatedBody(
            f"{what}: the body of {len(body)} bytes is cut off or damaged ({error})"
        ) from error
    try:
        got_group, got_batch, rows = (
            answer[key] for key in ("group_number", "batch_number", "data")
        )
    except KeyError as missing:
        raise UnexpectedShape(f"{what}: the answer has no key {missing}") from missing
    expected = _BATCHES if batch is None else (batch,)
    # bool is a kind of int, and True == 1
    is_asked_for = got_group == group and got_batch in expected
    if {type(got_group), type(got_batch)} != {int} or not is_asked_for:
        raise UnexpectedShape(f"{what}: the answer is for group {got_group!r}, batch {got_batch!r}")
    if not isinstance(rows, list):
        raise UnexpectedShape(f"{what}: data is {type(rows).__name__}, not a list")
    if not rows:
        raise EmptyBatch(f"{what}: the batch has no rows")
    return ReceivedBatch(group, got_batch, body, rows, received_at)
