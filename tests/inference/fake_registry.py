"""The part of MLflow's REST API that inference reads, as a real HTTP server with faults."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.inference.models import Package

Fault = Literal["slow", "error", "html", "redirect", "huge", "truncated", "missing", "array", "odd"]
ALIAS_PATH = "/api/2.0/mlflow/registered-models/alias"
URI_PATH = "/api/2.0/mlflow/model-versions/get-download-uri"
ARTIFACTS_PATH = "/api/2.0/mlflow-artifacts/artifacts/"


class FakeRegistry:
    """Versions, one alias and the faults of each endpoint; ``url`` stays the same when down."""

    def __init__(self) -> None:
        self.versions: dict[str, Package] = {}
        self.champion: str | None = None
        self.faults: dict[str, Fault] = {}
        self.artifact_scheme = "mlflow-artifacts"
        self.requests: list[str] = []
        self.release = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def register(self, version: str, package: Package) -> None:
        """Add a version and let the alias point at it."""
        self.versions[version] = package
        self.champion = version

    def downloads(self) -> int:
        """How many model files were asked for."""
        return sum(path.endswith("model.onnx") for path in self.requests)

    def start(self) -> None:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # it would hold each body back for 40 ms

            def do_GET(self) -> None:
                registry.requests.append(urlsplit(self.path).path)
                registry.answer(self)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = _Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()

    def stop(self) -> None:
        """Refuse connections from now on, and drop those that are open."""
        self.release.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextmanager
    def down(self) -> Iterator[None]:
        """Unreachable for the length of the block."""
        self.stop()
        yield
        self.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        if url.path == ALIAS_PATH:
            self._alias(request, query)
        elif url.path == URI_PATH:
            uri = f"{self.artifact_scheme}:/1/models/m-{query['version']}/artifacts"
            self._json(request, 200, {"artifact_uri": uri}, self.faults.get("uri"))
        elif url.path.startswith(ARTIFACTS_PATH):
            version, name = url.path.removeprefix(f"{ARTIFACTS_PATH}1/models/m-").split(
                "/artifacts/"
            )
            package = self.versions[version]
            content = {"model.onnx": package.onnx, "golden_rows.json": package.golden}.get(name)
            self._send(request, 200 if content else 404, content or b"{}", self.faults.get(name))
        else:
            self._json(request, 404, {"error_code": "ENDPOINT_NOT_FOUND"}, None)

    def _alias(self, request: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        if query["name"] != "CovertypeModel":
            body: object = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such model"}
            self._json(request, 404, body, self.faults.get("alias"))
        elif query["alias"] != "champion" or self.champion is None:
            body = {"error_code": "INVALID_PARAMETER_VALUE", "message": "no such alias"}
            self._json(request, 400, body, self.faults.get("alias"))
        else:
            tags = self.versions[self.champion].tags if self.champion in self.versions else {}
            version = {
                "name": "CovertypeModel",
                "version": self.champion,
                "source": f"models:/m-{self.champion}",
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
            }
            self._json(request, 200, {"model_version": version}, self.faults.get("alias"))

    def _json(
        self, request: BaseHTTPRequestHandler, status: int, body: object, fault: Fault | None
    ) -> None:
        self._send(request, status, json.dumps(body, indent=2).encode(), fault)

    def _send(
        self, request: BaseHTTPRequestHandler, status: int, body: bytes, fault: Fault | None
    ) -> None:
        kind = "application/json"
        if fault == "slow":
            self.release.wait(30)
        elif fault == "error":
            status, body = 500, b'{"error_code": "INTERNAL_ERROR"}'
        elif fault == "html":
            body, kind = b"<!doctype html><title>Sign in</title>", "text/html"
        elif fault == "redirect":
            status, body = 302, b""
        elif fault == "huge":
            body = b'{"padding": "' + b"x" * 3_000_000 + b'"}'
        elif fault == "missing":
            status, body = 404, b'{"detail": "no such file"}'
        elif fault == "array":
            body = b"[]"
        elif fault == "odd":
            body = b'{"error_code": [], "model_version": {"tags": 3}, "artifact_uri": "http://["}'
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: len(body) // 2] if fault == "truncated" else body)
        request.close_connection = fault == "truncated"


class _Server(ThreadingHTTPServer):
    """Knows its open connections, so that stopping it drops them as a killed server would."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._open):
            with suppress(OSError):  # it may have closed just now
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is part of the tests."""
