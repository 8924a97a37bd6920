"""Headless Chromium, driven over its DevTools protocol."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

SECONDS = 60
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    # No name has an address: what a page asks of the network fails, and shows.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def program() -> str:
    """Chromium or Chrome; the test is skipped, or fails in CI, where there is none."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found:
        return found
    if os.environ.get("COVERTYPE_REQUIRE_BROWSER") == "1":
        pytest.fail("there is no Chromium: run scripts/browser.sh")
    pytest.skip("there is no Chromium: run scripts/browser.sh")


class Page:
    """One tab. ``events`` are all that the browser told about it so far."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (message := self._receive()).get("id") != self._number:
            self.events.append(message)
        assert "error" not in message, message
        result: dict[str, Any] = message["result"]
        return result

    def open(self, address: str, width: int) -> None:
        """Load a page at a width in pixels, and wait until it is there."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.events.clear()
        self.ask("Page.navigate", url=address)
        while not any(one.get("method") == "Page.loadEventFired" for one in self.events):
            self.events.append(self._receive())

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to on the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"]["value"]

    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings of the page's console, and exceptions."""
        return [
            one
            for one in self.events
            if one["method"] in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled")
            or (one["method"] == "Log.entryAdded")
        ]

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        return [
            one["params"]["request"]["url"]
            for one in self.events
            if one["method"] == "Network.requestWillBeSent"
        ]

    def _receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=SECONDS))
        return message


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A browser with an empty tab; its profile lies in the folder."""
    process = subprocess.Popen(
        [program(), *OPTIONS, "--remote-debugging-port=0", f"--user-data-dir={folder}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(folder / "DevToolsActivePort", process)
        with connect(
            f"ws://127.0.0.1:{port[0]}{port[1]}", max_size=2**28, proxy=None, open_timeout=SECONDS
        ) as root:
            target = _call(root, "Target.createTarget", {"url": "about:blank"})["targetId"]
            address = f"ws://127.0.0.1:{port[0]}/devtools/page/{target}"
            with connect(address, max_size=2**28, proxy=None) as socket:
                yield Page(socket)
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def _call(socket: ClientConnection, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    socket.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while (message := json.loads(socket.recv(timeout=SECONDS))).get("id") != 1:
        pass
    result: dict[str, Any] = message["result"]
    return result


def _port(file: Path, process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Chromium writes its port and the browser's path into a file, when it listens."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"Chromium ended with {process.returncode}"
        lines = file.read_text(encoding="utf-8").split() if file.exists() else []
        if len(lines) == 2:
            return int(lines[0]), lines[1]
        time.sleep(0.05)
    raise AssertionError("Chromium did not say its port")
