"""The short way from the wire to a prediction.

uvicorn builds a scope and starts a task for each request, which costs more than a prediction
does. But the heads of the requests that carry the load hardly differ: a client sends the same
bytes again and again, but for the length of the body. So a head that uvicorn's parser took for
that of a plain prediction is remembered, byte for byte. A request that begins with a remembered
head and arrives in one piece needs no parser; every other one goes uvicorn's way.
"""

from time import perf_counter
from typing import Any, Final

from .answers import Answer, Heads, on_the_wire
from .bodies import check_headers
from .direct import InferenceApp
from .errors import RequestError
from .guard import GuardedProtocol

_END: Final = b"\r\n\r\n"
_METHOD: Final = b"POST "
# Headers that ask for more than an answer; uvicorn knows what to do about them.
_NOT_PLAIN: Final = frozenset((b"expect", b"transfer-encoding", b"upgrade"))
# A client who varies its heads on purpose fills no memory.
_MOST_HEADS: Final = 4096
_LONGEST_HEAD: Final = 4096


class WireProtocol(GuardedProtocol):
    """The guarded protocol with a short way for predictions of one row."""

    # Of all connections of this process: a head, and the length of the body that follows it.
    heads: Final[dict[bytes, int]] = {}
    _response_heads: Final = Heads()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        app = self.config.loaded_app
        self._app = app if isinstance(app, InferenceApp) else None
        self._awaits_answer = False
        self._is_leaving = False
        self._last_used = 0.0
        self._head: bytes | None = None

    def data_received(self, data: bytes) -> None:
        """Predict, if these bytes are one whole request that needs no parser."""
        if self._app is None or not self._is_idle():
            self._parse(data)
            return
        end = data.find(_END) + len(_END)
        head = data[:end]
        length = self.heads.get(head)
        if length == len(data) - end and not self.flow.write_paused:
            self._awaits_answer = True
            self._last_used = perf_counter()
            self._app.short_way.turn.add(self, data[end:], self._last_used)
            return
        self._head = head if len(_END) < end <= _LONGEST_HEAD else None
        self._parse(data)
        self._head = None

    def answered(self, answer: Answer) -> bool:
        """Send the answer of the request under way; False when the client has gone."""
        self._awaits_answer = False
        if self.transport.is_closing():
            return False
        self.server_state.total_requests += 1
        headers = self.server_state.default_headers
        if self._is_leaving:
            self.transport.write(on_the_wire(answer, (*headers,), is_last=True))
            self.transport.close()
            return True
        self.transport.write(self._response_heads.on_the_wire(answer, headers))
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_handler()
        return True

    def shutdown(self) -> None:
        """Close the connection, after the answer of the request under way."""
        if self._awaits_answer:
            self._is_leaving = True
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection, unless it was used since the timer was set."""
        left = self._last_used + self.timeout_keep_alive - perf_counter()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(
                left, self.timeout_keep_alive_handler
            )
        else:
            super().timeout_keep_alive_handler()

    def _is_idle(self) -> bool:
        return (
            not self.is_mid_request
            and not self._awaits_answer
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _parse(self, data: bytes) -> None:
        if self._awaits_answer and self._app is not None:
            # A client that did not wait: answers keep the order of the requests.
            self._app.short_way.turn.finish()
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Remember the head if it is that of a plain prediction."""
        super().on_headers_complete()
        head, self._head = self._head, None
        if head is None or not head.startswith(_METHOD):  # blank lines may come before it
            return
        length = self._plain_length()
        if length is not None:
            if len(self.heads) >= _MOST_HEADS:
                self.heads.clear()  # those in use are soon known again
            self.heads[head] = length

    def _plain_length(self) -> int | None:
        """The length of the body if the head that was parsed is that of a plain prediction."""
        assert self._app is not None, "heads are looked at for this app alone"  # noqa: S101
        scope = self.scope
        headers = dict(self.headers)
        if (
            scope["path"] not in self._app.short_way.paths
            or scope["http_version"] != "1.1"
            or not self.cycle.keep_alive
            or not _NOT_PLAIN.isdisjoint(headers)
            or b"content-length" not in headers
        ):
            return None
        try:
            check_headers(self.headers, self._app.short_way.max_body_bytes)
        except RequestError:
            return None
        return int(headers[b"content-length"])
