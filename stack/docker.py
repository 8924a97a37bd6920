"""Docker's command line: short questions, and long commands that write a log."""

import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from console.errors import NotReady, NotUp, ProcessFailed
from console.logs import last_lines
from console.results import new_file

PROJECT, LOAD_PROJECT = "taller_locust", "taller_locust_load"
NETWORK = f"{PROJECT}_mlops_net"
LOAD_FILE = "docker-compose.locust.yaml"
# The first that knows configs whose content is in the Compose file.
_COMPOSE_AT_LEAST = (2, 23, 1)

_QUESTION_SECONDS = 60.0
_GRACE_SECONDS = 10.0


class Docker:
    """Runs ``docker`` in the root of the project.

    Logs of long commands go to ``logs``; ``poll`` is the time between two looks at them.
    """

    def __init__(self, repo: Path, logs: Path, poll: float) -> None:
        self.repo = repo
        self.logs = logs
        self._poll = poll

    def check(self) -> None:
        """Do an engine and Compose answer?

        Raises:
            NotUp: one of them does not, or Compose is too old.
        """
        advice = "start Docker, or run `make engine` to install it"
        try:
            self.ask("version", "--format", "{{.Server.Version}}")
        except (FileNotFoundError, ProcessFailed) as error:
            raise NotUp(f"no Docker Engine answers: {advice} ({error})") from error
        try:
            version = self.ask("compose", "version", "--short").strip().removeprefix("v")
        except ProcessFailed as error:
            raise NotUp(f"Docker Compose is missing: {advice} ({error})") from error
        if _is_too_old(version):
            needed = ".".join(map(str, _COMPOSE_AT_LEAST))
            raise NotUp(
                f"Docker Compose {version} is too old: the stack needs {needed} or newer; install "
                "it, or run `make engine`"
            )

    def ask(
        self,
        *arguments: str,
        seconds: float = _QUESTION_SECONDS,
        streams: Literal["out", "both"] = "out",
    ) -> str:
        """What a short command prints, on standard output or on both streams.

        Raises:
            FileNotFoundError: there is no ``docker``.
            ProcessFailed: it ended with an error.
            NotReady: it took longer than ``seconds``.
        """
        try:
            result = subprocess.run(  # noqa: S603 - the arguments are ours
                ["docker", *arguments],  # noqa: S607 - wherever the user has it
                cwd=self.repo,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if streams == "both" else subprocess.PIPE,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise NotReady(f"`docker {arguments[0]}` gave no answer in {seconds:.0f} s") from error
        if result.returncode != 0:
            lines = (result.stderr or result.stdout).strip().splitlines() or ["it did not say why"]
            raise ProcessFailed(f"`docker {arguments[0]}` failed: {lines[-1]}")
        return result.stdout

    def ids(self, *query: str) -> list[str]:
        """The words that a ``--quiet`` listing prints."""
        return self.ask(*query).split()

    def run(
        self,
        name: str,
        arguments: Sequence[str],
        seconds: float,
        on_poll: Callable[[Path], object] = lambda _log: None,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run a long command to its end; its exit code.

        Args:
            name: of its log, ``<name>.log``, which is written anew.
            on_poll: called at each look with the path of the log; what it raises ends the
                command.
            environment: variables besides those of this process.

        Raises:
            NotReady: it took longer than ``seconds``.
            NotWritable: its log cannot be written.
        """
        log = self.log(name)
        deadline = time.monotonic() + seconds
        with (
            new_file(log) as sink,
            subprocess.Popen(  # noqa: S603 - the arguments are ours
                ["docker", *arguments],  # noqa: S607 - wherever the user has it
                cwd=self.repo,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                while process.poll() is None:
                    if time.monotonic() >= deadline:
                        raise NotReady(
                            f"`docker {' '.join(arguments[:2])}` still ran after {seconds:.0f} s",
                            log=log,
                            excerpt=last_lines(log),
                        )
                    on_poll(log)
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(self._poll)
            finally:
                _end(process)
        return process.returncode

    def run_well(
        self,
        name: str,
        arguments: Sequence[str],
        seconds: float,
        on_poll: Callable[[Path], object] = lambda _log: None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """As `run`, but an exit code other than 0 is an error, too.

        Raises:
            ProcessFailed: with the end of the log.
        """
        code = self.run(name, arguments, seconds, on_poll, environment)
        if code != 0:
            log = self.log(name)
            raise ProcessFailed(
                f"`docker {' '.join(arguments[:2])}` ended with exit code {code}",
                log=log,
                excerpt=last_lines(log),
            )

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _is_too_old(version: str) -> bool:
    """A version without numbers is one that somebody built: they know what it can do."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if found is None:
        return False
    return tuple(int(part or 0) for part in found.groups()) < _COMPOSE_AT_LEAST


def _end(process: subprocess.Popen[bytes]) -> None:
    """Compose stops what it does on SIGTERM; containers that run stay."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
