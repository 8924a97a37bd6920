"""What is measured, and how each of it is started: one process or one worker, logs off."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.apps.onnx_model import MODEL_VARIABLE
from bench.bodies import MLFLOW, OBJECT, OPEN_INFERENCE, Form
from bench.champion import Champion
from bench.mlserver_settings import write_settings

LOOPBACK: Final = "127.0.0.1"
_INHERITED: Final = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER")


@dataclass(frozen=True)
class Site:
    """What every program needs to know. ``work`` is a folder for its files."""

    repo: Path
    champion: Champion
    work: Path
    environments: Path

    def peer(self, environment: str, program: str) -> str:
        """A program of a peer's own environment."""
        return str(self.environments / environment / "bin" / program)


@dataclass(frozen=True)
class Program:
    """A command line, and what its environment holds besides the usual."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)

    def environment(self, site: Site) -> dict[str, str]:
        """The exact environment: the caller's shell adds nothing but its paths and its user."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        folder = Path(self.argv[0]).parent  # `mlflow models serve` looks for uvicorn on the path
        return {
            **inherited,
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{site.repo}{os.pathsep}{site.repo / 'fastapi'}",
            "OMP_NUM_THREADS": "1",
            "DO_NOT_TRACK": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "BENTOML_DO_NOT_TRACK": "true",
            MODEL_VARIABLE: str(site.champion.onnx),
            "BENCH_MLFLOW_MODEL": str(site.champion.mlflow_model),
            **self.env,
        }


@dataclass(frozen=True)
class Target:
    """One server. ``constant`` is the class that it answers to everything, if it does.

    ``environment`` names its own virtual environment; None is the project's.
    """

    name: str
    title: str
    path: str
    program: Callable[[Site, int], Program]
    form: Form = OBJECT
    constant: int | None = None
    environment: str | None = None


def _uvicorn(app: str) -> Callable[[Site, int], Program]:
    def program(_: Site, port: int) -> Program:
        # uvloop and httptools are installed, so uvicorn takes them by itself.
        options = ("--host", LOOPBACK, "--port", str(port), "--no-access-log")
        return Program((sys.executable, "-m", "uvicorn", f"bench.apps.{app}:app", *options))

    return program


def inference(module: str, workers: int = 1) -> Callable[[Site, int], Program]:
    """The service's own start. Its registry is down, so that nothing runs beside it: it
    serves the version that it verified last, as any process does that is started again."""

    def program(site: Site, port: int) -> Program:
        env = {
            "MODELS_DIR": str(site.champion.models),
            "RUNTIME_DIR": str(site.work / module),
            "MLFLOW_TRACKING_URI": f"http://{LOOPBACK}:9",
            "MODEL_POLL_SECONDS": "5",
            "LOG_LEVEL": "WARNING",
            "FASTAPI_HOST": LOOPBACK,
            "FASTAPI_PORT": str(port),
            "FASTAPI_WORKERS": str(workers),
        }
        return Program((sys.executable, "-m", module), env)

    return program


def _raw(_: Site, port: int) -> Program:
    return Program((sys.executable, "-m", "bench.apps.raw_protocol", str(port)))


def _mlflow(site: Site, port: int) -> Program:
    options = ("--env-manager", "local", "--host", LOOPBACK, "--port", str(port), "--workers", "1")
    model = str(site.champion.mlflow_model)
    argv = (sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", model, *options)
    return Program(argv, {"UVICORN_ACCESS_LOG": "false"})


def _bentoml(site: Site, port: int) -> Program:
    service = "bench.apps.bentoml_service:Forest"
    options = ("--host", LOOPBACK, "--port", str(port))
    env = {"BENTOML_HOME": str(site.work / "bentoml")}
    return Program((site.peer("bentoml", "bentoml"), "serve", service, *options), env)


def _litserve(site: Site, port: int) -> Program:
    return Program((site.peer("litserve", "python"), "-m", "bench.apps.litserve_app", str(port)))


def _mlserver(site: Site, port: int) -> Program:
    folder = write_settings(site.work / "mlserver", LOOPBACK, port)
    return Program((site.peer("mlserver", "mlserver"), "start", str(folder)))


#: Measured like a target, to learn what the load generator can reach.
CEILING: Final = Target("generator-ceiling", "Event loop, no HTTP server", "/", _raw, constant=1)

TARGETS: Final = (
    Target("bare-asgi", "Bare ASGI, constant", "/", _uvicorn("bare_asgi"), constant=1),
    Target(
        "fastapi-constant",
        "FastAPI, same validation, constant",
        "/predict/",
        _uvicorn("fastapi_constant"),
        constant=1,
    ),
    Target("fastapi-onnx", "FastAPI, ONNX Runtime", "/predict/", _uvicorn("fastapi_onnx")),
    Target("pyfunc", "FastAPI, DataFrame, pyfunc model", "/predict/", _uvicorn("pyfunc")),
    Target("mlflow-serve", "`mlflow models serve`", "/invocations", _mlflow, MLFLOW),
    Target("bentoml", "BentoML", "/predict", _bentoml, environment="bentoml"),
    Target("litserve", "LitServe", "/predict", _litserve, environment="litserve"),
    Target(
        "mlserver",
        "MLServer",
        "/v2/models/forest/infer",
        _mlserver,
        OPEN_INFERENCE,
        environment="mlserver",
    ),
    Target(
        "this-constant",
        "This service, constant for a model",
        "/predict/",
        inference("bench.apps.this_constant"),
        constant=1,
    ),
    Target("this", "**This service**", "/predict/", inference("inference")),
)

NAMES: Final = tuple(target.name for target in TARGETS)
QUICK: Final = ("bare-asgi", "fastapi-constant", "fastapi-onnx", "this-constant", "this")
