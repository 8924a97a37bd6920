"""What Locust's page has besides its own: checked options, and two tabs."""

import json
from argparse import Namespace
from typing import Any, Final

from flask import Flask, Response, jsonify, request
from locust.env import Environment
from locust.runners import STATE_RUNNING, STATE_SPAWNING, WorkerRunner
from werkzeug.datastructures import ImmutableMultiDict

from loadtest import balance
from loadtest.gate import verdict
from loadtest.options import USER_CLASSES, fault_of
from loadtest.session import Session
from loadtest.shapes import Shape

_REPLICAS: Final = "replicas"
_VERDICT: Final = "verdict"
# Locust's page turns names into camel case and back, and stumbles over digits.
_MANGLED: Final = {"max_p9_5ms": "max_p95_ms", "max_p9_9ms": "max_p99_ms"}
# The name of no shape in Locust's own picker.
_NO_SHAPE: Final = "Default"


class Choice:
    """Which class of users runs, in which shape: as the options say, or the page."""

    def __init__(self, environment: Environment, options: Namespace) -> None:
        self._environment, self._options = environment, options
        shapes = (environment.available_shape_classes or {}).values()
        self._shapes: dict[str, Any] = {
            shape.profile: shape for shape in shapes if isinstance(shape, Shape)
        }

    def make(self, user_class: str, shape: str) -> None:
        """Choose. Classes that were named for all runs stay, and those of other locustfiles."""
        environment = self._environment
        available = environment.available_user_classes or {}
        if not self._options.user_classes:
            chosen: list[Any] = [
                each
                for name, each in available.items()
                if name == user_class or name not in USER_CLASSES
            ]
            environment.user_classes = chosen
        environment.shape_class = self._shapes.get(shape)
        if environment.shape_class is not None:
            environment.shape_class.runner = environment.runner

    def picker_name(self, shape: str) -> str:
        """What Locust's own picker calls a shape."""
        return type(self._shapes[shape]).__name__ if shape in self._shapes else _NO_SHAPE


def choose(environment: Environment, **_: Any) -> None:
    """Make the choice of the options, and of the page from then on.

    Without it, Locust runs all classes of users at once, in the first shape that it finds. A
    worker keeps everything, because it runs what the master tells it.
    """
    options = environment.parsed_options
    if options is None or isinstance(environment.runner, WorkerRunner):
        return
    choice = Choice(environment, options)
    choice.make(options.user_class, options.shape)
    if environment.web_ui is not None:
        assert environment.web_ui.app is not None, "Locust makes it with the page"  # noqa: S101
        _listen_to_the_form(environment.web_ui.app, environment, options, choice)


def _listen_to_the_form(
    app: Flask, environment: Environment, options: Namespace, choice: Choice
) -> None:
    @app.before_request
    def check_the_form() -> Response | None:
        if request.method != "POST" or not request.path.endswith("/swarm"):
            return None
        form = {_MANGLED.get(name, name): values for name, values in request.form.lists()}
        first = {name: values[0] for name, values in form.items()}
        if message := fault_of(first):
            return jsonify({"success": False, "message": message, "host": environment.host})
        shape = first.get("shape", options.shape)
        state = environment.runner.state if environment.runner else None
        if options.class_picker:
            # Locust's own picker chooses by itself; its default shape is ours.
            if first.get("shape_class", _NO_SHAPE) == _NO_SHAPE:
                form["shape_class"] = [choice.picker_name(shape)]
        elif state not in {STATE_SPAWNING, STATE_RUNNING}:
            choice.make(first.get("user_class", options.user_class), shape)
        request.form = ImmutableMultiDict(form)
        return None


def add_tabs(session: Session, environment: Environment, **_: Any) -> None:
    """Show the balance between replicas, and which limits the run has passed so far."""
    page = environment.web_ui
    if page is None or page.app is None:
        return
    titles = {_REPLICAS: "Replicas", _VERDICT: "Verdict"}
    columns = {
        _REPLICAS: {"replica": "Replica", "requests": "Predictions", "share": "Share"},
        _VERDICT: {"verdict": "Verdict"},
    }
    page.template_args["extended_tabs"] = [
        {"title": title, "key": key} for key, title in titles.items()
    ]
    page.template_args["extended_tables"] = [
        {
            "key": key,
            "structure": [{"key": name, "title": title} for name, title in columns[key].items()],
        }
        for key in titles
    ]

    @page.app.after_request
    def fill_the_tabs(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json:
            rows = {_REPLICAS: balance.table(session.balance), _VERDICT: _verdict(session)}
            found = [{"key": key, "data": data} for key, data in rows.items()]
            response.set_data(json.dumps({**response.get_json(), "extended_stats": found}))
        return response


def _verdict(session: Session) -> list[dict[str, str]]:
    figures = session.figures
    if not figures.requests:
        return [{"verdict": "nothing was measured yet"}]
    passed = verdict(session)
    return [{"verdict": sentence} for sentence in passed or [f"all limits are kept: {figures}"]]
