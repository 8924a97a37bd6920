"""``run``: the main job from nothing to a load test, then stop everything."""

import json
import shutil
from pathlib import Path

from rich.console import Console

from console.curl import shown_command
from console.envfile import read_values
from console.errors import AnswerError, CommandError, ProcessFailed
from console.load import Load, read_load, read_progress
from console.logs import last_lines
from console.progress import Progress
from console.web import Web
from covertype.schema import FEATURE_NAMES
from demo.environment import Place, Ports
from demo.interrupts import Interrupts
from demo.journey import Journey
from demo.ledger import one_observation
from demo.ports import free_port
from demo.prediction import Prediction, predict
from demo.serving import Serving, fault_of, measure_serving
from demo.state import exclusive
from demo.summary import Summary
from demo.supervisor import Supervisor

_CONFUSION_MATRIX = "confusion_matrix.png"
_LOCUST_EXTRA_SECONDS = 120.0  # to start, and to wait for the last answers


class Output:
    """The folder out/demo: what a run leaves behind."""

    def __init__(self, repo: Path) -> None:
        self.folder = repo / "out" / "demo"
        self.place = Place(repo, self.folder / "work", self.folder / "logs")
        self.summary = self.folder / "summary.json"
        self.locust_html = self.folder / "locust.html"
        self.locust_csv = self.folder / "locust"
        self.confusion_matrix = self.folder / _CONFUSION_MATRIX
        self.lock = self.folder / "run.lock"

    def clear(self) -> None:
        """Remove what an earlier run left; what ``up`` keeps is not touched."""
        shutil.rmtree(self.place.work, ignore_errors=True)
        shutil.rmtree(self.place.logs, ignore_errors=True)
        for file in (self.summary, self.locust_html, self.confusion_matrix):
            file.unlink(missing_ok=True)
        for file in self.folder.glob(f"{self.locust_csv.name}_*.csv"):
            file.unlink()


def run(repo: Path, console: Console) -> None:
    """Run the main job once.

    Raises:
        CommandError: a phase failed; everything that was started has ended.
    """
    output = Output(repo)
    with exclusive(output.lock, f"another `run` works in {output.folder}"):
        values = read_values(repo / ".env")
        progress, web = Progress(console), Web()
        ports = Ports(free_port(), free_port(), free_port())
        with Interrupts() as interrupts:
            with Supervisor(interrupts) as supervisor:
                journey = Journey(output.place, ports, values, supervisor, progress, web)
                output.clear()  # not before the settings were found to be right
                fault = _measure(journey, output, supervisor, progress, web)
                progress.line("Stopping")
            web.close()
        progress.line(f"Ended; the results are in {output.folder}")
    if fault:
        raise fault


def _measure(
    journey: Journey, output: Output, supervisor: Supervisor, progress: Progress, web: Web
) -> CommandError | None:
    """Everything between start and stop. The error of a limit that was passed, if any."""
    rows, champion = journey.to_served_champion()
    serving = _serve(journey, supervisor, progress, web)
    prediction = _predict(journey, supervisor, progress, web)
    code, load, log = _load_test(journey, output, supervisor, progress)
    with progress.phase("report", "Report"):
        candidates = journey.registry.candidates(champion.run_id)
        image = journey.registry.artifact(champion.run_id, f"plots/{_CONFUSION_MATRIX}")
        output.confusion_matrix.write_bytes(image)
    seconds = {**progress.seconds, "total": progress.total_seconds}
    summary = Summary(rows, candidates, champion, serving, prediction, load, seconds)
    output.summary.write_text(summary.to_text(), encoding="utf-8")
    summary.print_to(progress.console)
    return _load_fault(code, log) or _in_phase("serve", fault_of(serving))


def _load_fault(code: int, log: Path) -> CommandError | None:
    if code == 0:
        return None
    message = f"the load test failed: Locust ended with exit code {code}"
    return _in_phase("load", ProcessFailed(message, log=log, excerpt=last_lines(log)))


def _in_phase(phase: str, error: CommandError | None) -> CommandError | None:
    if error:
        error.phase = phase
    return error


def _serve(journey: Journey, supervisor: Supervisor, progress: Progress, web: Web) -> Serving:
    row = one_observation(journey.place.data_db, FEATURE_NAMES)
    with progress.phase("serve", "Serve with a second process") as phase:
        serving = measure_serving(journey.commands, row, supervisor, web)
        phase.result = (
            f"ready after {serving.ready_seconds:.1f} s, {serving.resident_mb:.0f} MB resident"
        )
    return serving


def _predict(journey: Journey, supervisor: Supervisor, progress: Progress, web: Web) -> Prediction:
    url = journey.ports.inference_url
    row = one_observation(journey.place.data_db, FEATURE_NAMES)
    with progress.phase("predict", "Predict") as phase:
        prediction = predict(url, row, supervisor, journey.commands, web, journey.place.work)
        phase.result = f"sent by {prediction.sent_by}"
    progress.line(f"  {shown_command(url, row)}")
    progress.line(f"  {json.dumps(prediction.answer)}")
    return prediction


def _load_test(
    journey: Journey, output: Output, supervisor: Supervisor, progress: Progress
) -> tuple[int, Load | None, Path]:
    command = journey.commands.locust(output.locust_html, output.locust_csv)
    settings = journey.settings
    title = f"Load test, {settings.locust_users} users for {settings.locust_run_time}"
    with progress.phase("load", title) as phase:
        timeout = settings.run_seconds + _LOCUST_EXTRA_SECONDS
        code = supervisor.run(
            command, timeout, lambda: phase.status(read_progress(output.locust_csv))
        )
        try:
            load = read_load(output.locust_csv)
        except AnswerError:
            if code == 0:
                raise
            return code, None, command.log
        phase.result = f"{load.requests:,} requests, {load.failures:,} failed"
    return code, load, command.log
