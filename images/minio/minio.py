#!/usr/local/bin/python3
"""MinIO's command line in front of nanio: `minio server DIR --console-address :9001`.

Serves S3 on --address (:9000), answers MinIO's health addresses without a signature, and
says on --console-address that there is no console. MINIO_ROOT_USER and MINIO_ROOT_PASSWORD
are the one key; each may be a file's content instead (..._FILE). Exits with 2 on a wrong
command line or key, with 0 on SIGTERM and SIGINT once the open requests are answered.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn
from nanio.app import build_app
from nanio.auth.credentials import StaticCredentialResolver
from nanio.config import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = frozenset(f"/minio/health/{name}" for name in ("live", "ready", "cluster", "cluster/read"))
NO_CONSOLE = b"""<!doctype html><meta charset="utf-8"><title>No console</title>
<p>This object store was built from packages, without MinIO's console. The objects are there
for every S3 client; docs/closed-network.md says what else differs.</p>
"""
SHUTDOWN_SECONDS = 20


class ConfigurationError(Exception):
    """The command line or the environment cannot be used; the message says why."""


async def answer(send: Send, status: int, body: bytes = b"", kind: bytes = b"text/html") -> None:
    """Send one whole HTTP answer."""
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def with_health(app: App, data: Path) -> App:
    """Answer the health addresses before the store asks for a signature."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in HEALTH:
            await answer(send, 200 if os.access(data, os.R_OK | os.W_OK) else 503)
        else:
            await app(scope, receive, send)

    return wrapped


async def console(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    """Tell a person who looks for the console that there is none."""
    if scope["type"] == "http":
        await answer(send, 200, NO_CONSOLE)


def secret(name: str, default: str) -> str:
    """A variable's value, or the content of the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text().strip() if file else os.environ.get(name) or default


def address(text: str) -> tuple[str, int]:
    """HOST:PORT, where the host may be missing."""
    host, _, port = text.rpartition(":")
    if not port.isdigit():
        raise ConfigurationError(f"{text!r} is no address: write HOST:PORT or :PORT.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104  # a container's own network


def settings(data: Path) -> Settings:
    """The store's settings. Raises ConfigurationError for a key that MinIO would refuse."""
    user = secret("MINIO_ROOT_USER", "minioadmin")
    password = secret("MINIO_ROOT_PASSWORD", "minioadmin")
    if len(user) < 3 or len(password) < 8:
        raise ConfigurationError(
            "MINIO_ROOT_USER needs 3 characters at least, and MINIO_ROOT_PASSWORD 8."
        )
    data.mkdir(parents=True, exist_ok=True)
    return Settings(data_dir=data, credentials=StaticCredentialResolver({user: password}))


class Server(uvicorn.Server):
    """One of two servers in a process: neither takes the signals for itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(apps: dict[tuple[str, int], App]) -> None:
    """Serve every app at its address until SIGTERM or SIGINT."""
    servers = [
        Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                lifespan="off",
                access_log=False,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        for (host, port), app in apps.items()
    ]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.gather(*(server.serve() for server in servers))


def main(arguments: list[str]) -> int:
    """Run the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="minio", description="An S3 server in MinIO's place")
    parser.add_argument("--version", action="version", version="minio: nanio in its place")
    server = parser.add_subparsers(dest="command", required=True).add_parser("server")
    server.add_argument("data", type=Path, metavar="DIR")
    server.add_argument("--address", type=address, default=":9000", metavar="HOST:PORT")
    server.add_argument("--console-address", type=address, metavar="HOST:PORT")
    server.add_argument("--quiet", action="store_true", help="taken, and without effect")
    try:
        # A command may repeat the program's name, as with the official image.
        options = parser.parse_args(arguments[1:] if arguments[:1] == ["minio"] else arguments)
        apps = {options.address: with_health(build_app(settings(options.data)), options.data)}
    except (ConfigurationError, OSError) as error:
        sys.stderr.write(f"minio: {error}\n")
        return 2
    if options.console_address:
        apps[options.console_address] = console
    asyncio.run(serve(apps))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
