"""One prediction over HTTP, sent with curl as a user would."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import AnswerError, ProcessFailed
from console.logs import last_lines
from console.web import Web
from demo.services import Commands
from demo.supervisor import Supervisor

_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Prediction:
    """A request and its answer. ``sent_by`` names the client."""

    request: dict[str, float]
    answer: dict[str, Any]
    sent_by: str


def predict(
    url: str,
    row: dict[str, float],
    supervisor: Supervisor,
    commands: Commands,
    web: Web,
    work: Path,
) -> Prediction:
    """Ask for one prediction; with Python's HTTP client where curl is missing.

    Raises:
        AnswerError: the answer is no prediction.
        ProcessFailed: curl failed.
    """
    if shutil.which("curl") is None:
        answer = web.json("POST", f"{url}/predict/", json=row)
        return _checked(Prediction(row, answer, "Python, because curl is not installed"))
    body = work / "prediction.json"
    command = commands.curl(
        *("--silent", "--show-error", "--max-time", str(_TIMEOUT_SECONDS)),
        *("--output", str(body), "--write-out", "%{http_code}\\n"),
        *("-X", "POST", f"{url}/predict/", "-H", "Content-Type: application/json"),
        *("-d", json.dumps(row)),
    )
    code = supervisor.run(command, timeout=_TIMEOUT_SECONDS + 5)
    if code != 0:
        raise ProcessFailed(
            f"curl ended with exit code {code}", log=command.log, excerpt=last_lines(command.log)
        )
    text = body.read_text(encoding="utf-8")
    if last_lines(command.log, 1) != "200":
        raise AnswerError(f"the prediction was refused: {text[:300]}", log=command.log)
    try:
        return _checked(Prediction(row, json.loads(text), "curl"))
    except ValueError as error:
        raise AnswerError(f"the prediction is not JSON: {text[:300]}") from error


def _checked(prediction: Prediction) -> Prediction:
    missing = {"model", "version", "prediction"} - prediction.answer.keys()
    if missing:
        raise AnswerError(f"the prediction lacks {sorted(missing)}: {prediction.answer}")
    return prediction
