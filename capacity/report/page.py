"""A run as files: ``report.html``, ``summary.md``, and ``pictures/`` with each picture twice."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import ValidationError

from capacity import words
from capacity.errors import BadRun
from capacity.plan.model import Plan
from capacity.records import ConfigurationResult, Run
from capacity.report.against_load import all_against_load
from capacity.report.overview import compared, pareto, places
from capacity.report.pictures import publish
from capacity.report.recommendation import Answer, load_in_words, objective_in_words, recommend
from capacity.report.rows import HEADINGS, rows
from capacity.report.sections import MEASUREMENT_HEADINGS, RATE_HEADINGS, USE_HEADINGS, section
from capacity.report.style import look
from console.results import new_file

HTML: Final = "report.html"
MARKDOWN: Final = "summary.md"
PICTURES: Final = "pictures"
_TEMPLATES: Final = Path(__file__).with_name("templates")
_HOLLOW: Final = (
    "A hollow mark says: at least so much, something else than the service was the limit."
)

Skipped = tuple[str, str]


def write_report(
    run: Run,
    results: Sequence[ConfigurationResult],
    answers: Sequence[Answer],
    folder: Path,
    *,
    skipped: Sequence[Skipped] = (),
) -> Path:
    """Write all files of a report into a folder; the answer is the path of the HTML file.

    ``answers`` are (question, sentence, is it an estimate) of a search, the main one first;
    ``skipped`` are (configuration, reason). A run that is not finished can be reported, too.

    Raises:
        BadRun: the run's plan cannot be read.
        NotWritable: a file cannot be written.
    """
    plan = plan_of(run)
    with look("report"):
        page = _page(run, plan, results, answers, skipped, folder / PICTURES)
    write(folder / MARKDOWN, render("summary.md", page))
    return write(folder / HTML, render("report.html", page))


def plan_of(run: Run) -> Plan:
    """The plan that the run followed.

    Raises:
        BadRun: it is of another version of the planner.
    """
    try:
        return Plan.model_validate(run.plan)
    except ValidationError as error:
        raise BadRun(f"the run {run.id} holds no plan of this version: run it again") from error


def render(template: str, page: Mapping[str, Any]) -> str:
    """Fill in a template; what is put into HTML is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = words.moment
    return environment.get_template(f"{template}.j2").render(page) + "\n"


def write(path: Path, text: str) -> Path:
    """Write a text file.

    Raises:
        NotWritable: it cannot be written.
    """
    with new_file(path) as file:
        file.write(text.encode())
    return path


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a nested fingerprint."""
    for key, value in values.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}: ")
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, words.NONE if value is None else str(value)


def commands(run: Run) -> list[str]:
    """What to type to get the same run, and this report of it, again."""
    commit = next((value for name, value in flat(run.environment) if name.endswith("commit")), "")
    changed = "  # and changes that were not committed" if _is_changed(run) else ""
    arguments = run.arguments or (run.command, run.plan_source)
    start = {"compose": ["make up"], "embedded": ["make install"]}[run.kind]
    return [
        *([f"git checkout {shlex.quote(commit)}{changed}"] if commit.strip("- ") else []),
        *start,
        f".venv/bin/python -m capacity {shlex.join(arguments)}",
        f".venv/bin/python -m capacity report {shlex.quote(run.id)}",
    ]


def _is_changed(run: Run) -> bool:
    return any(
        value == "True"
        for name, value in flat(run.environment)
        if name.endswith("uncommitted changes")
    )


def _page(
    run: Run,
    plan: Plan,
    results: Sequence[ConfigurationResult],
    answers: Sequence[Answer],
    skipped: Sequence[Skipped],
    pictures: Path,
) -> dict[str, Any]:
    table = rows(plan, results)
    done = sum(one.is_complete for one in results)
    planned = len(plan.candidates())
    found = places(plan, results)
    return {
        "run": run,
        "plan": plan,
        "plan_text": yaml.safe_dump(
            plan.model_dump(mode="json", exclude_defaults=True), sort_keys=False
        ),
        "done": f"{done} of {words.count(planned, 'configuration')}",
        "is_interrupted": run.ended_at is None or (run.command == "run" and done < planned),
        "objective": objective_in_words(plan.objective),
        "load": load_in_words(plan) if plan.load.closed or plan.load.open else None,
        "recommendation": recommend(plan, results, answers),
        "headings": HEADINGS,
        "rows": table,
        "answers": answers,
        "skipped": skipped,
        "overview": list(
            publish(
                compared(plan, results),
                "overview",
                "Requests a second of each configuration",
                f"A diamond is the reference, a circle the plan's load, a triangle the highest "
                f"rate within the objective, a cross an estimate. {_HOLLOW}",
                pictures,
            )
        ),
        # Only for documents: the page shows each of them at its configuration.
        "all_loads": list(
            publish(
                all_against_load(results, plan.objective),
                "latency-against-load",
                "Latency against load",
                "p95 at each rate that was tried, for each configuration.",
                pictures,
            )
        ),
        "front": list(
            publish(
                pareto(plan, found),
                "pareto",
                "Cost and capacity",
                f"No configuration beats those on the line in both. {_HOLLOW}",
                pictures,
            )
        ),
        "places": found,
        "sections": [
            section(plan, results, result, row, pictures)
            for result, row in zip(results, table, strict=True)
        ],
        "measurement_headings": MEASUREMENT_HEADINGS,
        "use_headings": USE_HEADINGS,
        "rate_headings": RATE_HEADINGS,
        "environment": list(flat(run.environment)),
        "commands": commands(run),
        "words": words,
    }
