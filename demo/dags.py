"""The demo's side of the process that runs DAGs."""

import json
import os
import re
import select
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from console.errors import DagFailed
from demo.process import Child
from demo.supervisor import Supervisor

_EXCERPT_LINES = 15
# Enough for the lines of one task; the status line reads a growing log again and again.
_NEWS_BYTES = 50_000
_FAILURE_BYTES = 1_000_000
# What Airflow writes: time, level, message, [logger], and details.
_PIPELINE_ERROR = re.compile(r"^(?:pipeline\.errors\.)(?P<kind>\w+): (?P<message>.*)")
_LOG_LINE = re.compile(r"^\S+Z \[\w+ *\] (?P<message>.*?) *\[(?P<logger>[\w.]+)\] ")


class DagHost:
    """Talks to `demo.dag_host`, which was started as a piped child."""

    def __init__(self, child: Child, supervisor: Supervisor, database: Path) -> None:
        self.child = child
        self._supervisor = supervisor
        self._database = database
        self._unread = b""
        self._ready = False
        self._log_start = 0

    def ready(self) -> bool:
        """Has the metadata database been migrated?"""
        self._ready = self._ready or self._next_reply() is not None
        return self._ready

    def run(
        self,
        dag_id: str,
        timeout: float,
        on_poll: Callable[[], None],
        conf: Mapping[str, Any] | None = None,
    ) -> None:
        """Run a DAG to its end.

        Args:
            dag_id: also the name of its file in dags/.
            timeout: seconds.
            on_poll: called about ten times a second.
            conf: Params other than the DAG's defaults.

        Raises:
            DagFailed: the run ended in another state than success.
            NotReady: it did not end in time.
        """
        command = self.child.command
        self._log_start = command.log.stat().st_size
        question = json.dumps({"dag": dag_id, "conf": dict(conf or {})})
        self.child.stdin.write(question.encode() + b"\n")
        self.child.stdin.flush()
        reply: dict[str, Any] | None = None

        def finished() -> bool:
            nonlocal reply
            on_poll()
            reply = self._next_reply()
            return reply is not None

        self._supervisor.wait_until(finished, timeout, f"the DAG {dag_id}", command)
        assert reply is not None, "wait_until returned, so a reply came"  # noqa: S101
        if reply.get("state") == "success":
            return
        if "reason" in reply:
            raise DagFailed(f"the DAG {dag_id} was refused: {reply['reason']}", log=command.log)
        excerpt = failure_excerpt(self._lines(_FAILURE_BYTES))
        cause = pipeline_message(excerpt)
        failed = "failed tasks: " + ", ".join(reply.get("failed", []))
        raise DagFailed(
            f"{cause} ({failed})" if cause else f"the DAG {dag_id} did not succeed: {failed}",
            log=command.log,
            excerpt="" if cause else excerpt,
        )

    def _next_reply(self) -> dict[str, Any] | None:
        """A reply if one has come; never waits."""
        pipe = self.child.stdout.fileno()
        while b"\n" not in self._unread and select.select([pipe], [], [], 0)[0]:
            chunk = os.read(pipe, 65536)
            if not chunk:  # it ended: the supervisor's next look says so
                return None
            self._unread += chunk
        line, newline, rest = self._unread.partition(b"\n")
        if not newline:
            return None
        self._unread = rest
        reply: dict[str, Any] = json.loads(line)
        return reply

    def mapped_progress(self, dag_id: str, task_id: str) -> tuple[int, int]:
        """How many instances of a mapped task of the DAG's last run have ended, of how many."""
        query = """
            SELECT count(CASE WHEN state IN ('success', 'failed', 'skipped') THEN 1 END), count(*)
            FROM task_instance WHERE dag_id = ? AND task_id = ? AND map_index >= 0 AND run_id =
              (SELECT run_id FROM dag_run WHERE dag_id = ? ORDER BY id DESC LIMIT 1)"""
        uri = f"{self._database.as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as connection:
                ended, total = connection.execute(query, (dag_id, task_id, dag_id)).fetchone()
        except sqlite3.OperationalError:  # busy: the next look will tell
            return 0, 0
        return int(ended), int(total)

    def news(self, logger: str) -> str:
        """The newest message that a logger, or one below it, wrote in this DAG run."""
        for line in reversed(self._lines(_NEWS_BYTES)):
            match = _LOG_LINE.match(line)
            if match and f"{match['logger']}.".startswith(f"{logger}."):
                return match["message"]
        return ""

    def _lines(self, most_bytes: int) -> list[str]:
        """The end of what the log says about this DAG run."""
        with self.child.command.log.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - most_bytes))
            return log.read().decode(errors="replace").splitlines()


def failure_excerpt(lines: list[str]) -> str:
    """The end of the last task failure that these log lines tell of, else their end."""
    starts = [n for n, line in enumerate(lines) if "Task failed with exception" in line]
    if not starts:
        return "\n".join(lines[-_EXCERPT_LINES:])
    after = starts[-1] + 1
    while after < len(lines) and not _LOG_LINE.match(lines[after]):
        after += 1
    return "\n".join(lines[starts[-1] : after][-_EXCERPT_LINES:])


def pipeline_message(excerpt: str) -> str:
    """What the pipeline's own error at the end of a traceback says; empty for another error.

    Such a message says what happened and what to do: the traceback above it adds nothing.
    """
    lines = excerpt.splitlines()
    for number in reversed(range(len(lines))):
        match = _PIPELINE_ERROR.match(lines[number])
        if match:
            return " ".join([match["message"], *(line.strip() for line in lines[number + 1 :])])
    return ""
