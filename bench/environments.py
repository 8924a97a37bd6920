"""A virtual environment for each peer: their requirements contradict each other's and ours."""

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.errors import CannotInstall
from console.logs import last_lines
from demo.process import Command
from demo.supervisor import Supervisor

_REQUIREMENTS: Final = Path(__file__).with_name("environments")
_INSTALL_SECONDS: Final = 600.0
_MARKER: Final = "installed"


def pinned_version(name: str) -> str:
    """The version of a peer that its requirements pin."""
    for line in _requirements(name).read_text(encoding="utf-8").splitlines():
        package, equals, version = line.partition("==")
        if equals and package == name:
            return version.split()[0]
    raise CannotInstall(f"{_requirements(name)} does not pin {name}")


class Environments:
    """The environments below one folder, made when they are first asked for."""

    def __init__(self, folder: Path, logs: Path, supervisor: Supervisor) -> None:
        self._folder = folder
        self._logs = logs
        self._supervisor = supervisor

    def provide(self, name: str) -> None:
        """Make the environment, unless it is there and its requirements are unchanged.

        Raises:
            CannotInstall: its packages cannot be installed here.
        """
        requirements = _requirements(name)
        digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
        marker = self._folder / name / _MARKER
        if marker.is_file() and marker.read_text(encoding="utf-8") == digest:
            return
        folder = str(self._folder / name)
        python = str(self._folder / name / "bin" / "python")
        self._uv(name, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
        options = ("--quiet", "--compile-bytecode", "--python", python, "--require-hashes")
        self._uv(name, "pip", "sync", *options, str(requirements))
        marker.write_text(digest, encoding="utf-8")

    def _uv(self, name: str, *arguments: str) -> None:
        log = self._logs / f"install-{name}.log"
        uv = str(Path(sys.executable).with_name("uv"))
        command = Command(
            f"installation of {name}", (uv, *arguments), self._settings(), Path.cwd(), log
        )
        if self._supervisor.run(command, _INSTALL_SECONDS) != 0:
            raise CannotInstall(
                f"{name} {pinned_version(name)} cannot be installed here: check that a package "
                "index can be reached",
                log=log,
                excerpt=last_lines(log),
            )

    def _settings(self) -> Mapping[str, str]:
        """uv does not read pip's settings: hand it the mirror and the certificates of this
        machine, as scripts/install.sh does."""
        settings = dict(os.environ)
        if mirror := settings.get("PIP_INDEX_URL"):
            settings.setdefault("UV_DEFAULT_INDEX", mirror)
        if certificates := settings.get("PIP_CERT"):
            settings.setdefault("SSL_CERT_FILE", certificates)
        return settings


def _requirements(name: str) -> Path:
    return _REQUIREMENTS / f"{name}.txt"
