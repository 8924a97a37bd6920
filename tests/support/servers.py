"""Real servers for tests: started on a free loopback port, waited for, stopped."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

REPO = Path(__file__).parents[2]
START_SECONDS = 90

# What a program needs to find its files, its user, its language and the certificates.
_INHERITED = {
    *("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "TMPDIR", "TZ"),
    *("USER", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
}
_COVERAGE = "COVERAGE_"  # how coverage finds its settings in the processes that tests start


def environment(given: Mapping[str, str], *, is_covered: bool = True) -> dict[str, str]:
    """The environment of a program that a test starts: named variables, and those given.

    A setting or a proxy that the caller exported must not change what is tested. Packages
    are found from the root of the repository, unless ``given`` says otherwise. Coverage
    follows the program unless it holds no code of ours: being followed makes it slow.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _INHERITED or (is_covered and name.startswith(_COVERAGE))
    }
    return {**inherited, "PYTHONPATH": str(REPO), **given}


def free_port() -> int:
    """A loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once the condition holds; fail the test when it does not in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        pause.wait(0.05)


@contextmanager
def serving(
    name: str,
    argv: list[str],
    url: str,
    health: str,
    log: Path,
    env: Mapping[str, str],
    *,
    is_covered: bool = True,
) -> Iterator[str]:
    """Run a server for the length of the block; gives its base URL."""
    with log.open("w") as output:
        process = subprocess.Popen(
            argv,
            cwd=REPO,
            env=environment(env, is_covered=is_covered),
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def is_up() -> bool:
        assert process.poll() is None, f"{name} ended early:\n{log.read_text()[-3000:]}"
        try:
            return client.get(url + health).is_success
        except httpx.TransportError:
            return False

    try:
        with httpx.Client(timeout=2, trust_env=False) as client:
            wait_until(is_up, START_SECONDS, name)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """An MLflow server with its database and artifacts in a folder."""
    port = free_port()
    argv = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    url = f"http://127.0.0.1:{port}"
    # Without job execution, which serves other features, it is 2 processes instead of 10.
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    log = folder / "mlflow.log"
    with serving("MLflow", argv, url, "/health", log, env, is_covered=False):
        yield url


@contextmanager
def random_data_api(folder: Path, **env: str) -> Iterator[str]:
    """The random-data API with its state in a folder."""
    env = {"STATE_FILE": str(folder / "random-data-state.json")} | env
    with _uvicorn("random-data-api", "/health", folder / "random-data-api.log", env) as url:
        yield url


@contextmanager
def inference(folder: Path, mlflow_url: str, **env: str) -> Iterator[str]:
    """One inference process with its models volume in a folder; it need not be ready."""
    env = {
        "MLFLOW_TRACKING_URI": mlflow_url,
        "MODELS_DIR": str(folder / "models"),
        "RUNTIME_DIR": str(folder / "runtime"),
        "MODEL_POLL_SECONDS": "0.3",
    } | env
    wire = ("--http", "inference.wire:WireProtocol", "--no-proxy-headers")
    with _uvicorn("fastapi", "/health/live", folder / "inference.log", env, *wire) as url:
        yield url


@contextmanager
def _uvicorn(
    app_dir: str, health: str, log: Path, env: Mapping[str, str], *options: str
) -> Iterator[str]:
    port = free_port()
    argv = [
        *(sys.executable, "-m", "uvicorn", "--app-dir", app_dir, "--factory", "main:create_app"),
        *("--host", "127.0.0.1", "--port", str(port), *options),
    ]
    with serving(app_dir, argv, f"http://127.0.0.1:{port}", health, log, env) as url:
        yield url
