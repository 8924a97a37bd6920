"""A FastAPI application with a direct way to the endpoints that carry the load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.types import Message, Receive, Scope, Send

from .answers import CLIENT_GONE, send_answer
from .endpoints import Endpoint, respond
from .metrics import Metrics
from .turn import Turn


@dataclass(frozen=True, slots=True)
class DirectRoute:
    """An endpoint that needs no FastAPI, and the route that the metrics count it under."""

    label: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class ShortWay:
    """What ``wire`` answers without ASGI: bodies of one row, POSTed to these paths."""

    turn: Turn
    paths: frozenset[str]
    max_body_bytes: int


class InferenceApp(FastAPI):
    """FastAPI, except for the methods and paths of ``direct``.

    FastAPI's routing and dependency handling cost more than a prediction does. What goes
    directly skips them; every other request takes the usual way. Both are counted here.
    ``short_way`` is for servers that can go without ASGI as well.
    """

    def __init__(
        self,
        direct: Mapping[tuple[str, str], DirectRoute],
        short_way: ShortWay,
        metrics: Metrics,
        bodies: Sequence[type[BaseModel]],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._direct = direct
        self.short_way = short_way
        self._metrics = metrics
        self._bodies = bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer and count one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif route := self._direct.get((scope["method"], scope["path"])):
            await self._answer_directly(route, scope, receive, send)
        else:
            await self._answer_usually(scope, receive, send)

    async def _answer_directly(
        self, route: DirectRoute, scope: Scope, receive: Receive, send: Send
    ) -> None:
        started = perf_counter()
        status = 500
        try:
            answer = await respond(route.endpoint, scope, receive)
            status = answer.status
            if status != CLIENT_GONE:
                await send_answer(answer, send)
        finally:
            self._metrics.request(route.label, status, perf_counter() - started)

    async def _answer_usually(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await super().__call__(scope, receive, watch)
        finally:
            label = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.request(label, status, perf_counter() - started)

    def openapi(self) -> dict[str, Any]:
        """FastAPI's document plus the bodies that the endpoints read themselves."""
        if self.openapi_schema is None:
            _, definitions = models_json_schema(
                [(model, "validation") for model in self._bodies],
                ref_template="#/components/schemas/{model}",
            )
            super().openapi()["components"]["schemas"].update(definitions["$defs"])
        return super().openapi()
