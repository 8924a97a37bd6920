"""Answers for requests that no endpoint takes, in the form of all other 4xx answers."""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match

from .answers import error_answer
from .errors import MethodError, RefusedError, RequestError, UnknownPathError

_SHOWN: Final = 100  # characters of a path: a caller may send thousands


def answer_unmatched(app: FastAPI) -> None:
    """Let every HTTP error of FastAPI itself name what can be asked instead."""
    app.exception_handler(HTTPException)(_answer)


def _answer(request: Request, error: HTTPException) -> Response:
    refusal = _refusal(request, error)
    answer = error_answer(refusal)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(refusal, MethodError):
        headers["allow"] = ", ".join(refusal.allowed)
    return Response(answer.body, status_code=error.status_code, headers=headers)


def _refusal(request: Request, error: HTTPException) -> RequestError:
    path = request.scope["path"][:_SHOWN]
    routes = [route for route in request.app.routes if isinstance(route, APIRoute)]
    addresses = [
        f"{method} {route.path}"
        for route in routes
        if route.include_in_schema
        for method in sorted(route.methods)
    ]
    if error.status_code == HTTPStatus.NOT_FOUND:
        return UnknownPathError(path, addresses)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        matching = [route for route in routes if route.matches(request.scope)[0] != Match.NONE]
        allowed = sorted({method for route in matching for method in route.methods}) or ["GET"]
        return MethodError(request.method[:_SHOWN], path, allowed, addresses)
    return RefusedError(str(error.detail))
