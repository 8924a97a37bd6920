"""The planner's command line."""

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from capacity import commands
from capacity.files import LATEST
from capacity.plan.reading import shipped
from console.errors import CommandError, explain

REPO = Path(__file__).resolve().parents[1]

app = typer.Typer(
    name="capacity",
    help="Find out which CPU, memory and replicas hold which load.",
    epilog="Plans that come with it: "
    + " ".join(f"[bold]{name}[/bold]: {text}" for name, text in shipped()),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

_Short = Annotated[bool, typer.Option("--short", help="The plan's short form.")]
_Fresh = Annotated[
    bool, typer.Option("--fresh", help="Begin anew, even if a run of this plan was interrupted.")
]
_Scale = Annotated[
    float | None,
    typer.Option(
        help="Share of the plan's users to generate, up to 1; two cores can make some 1,500.",
        min=0.0001,
        max=1.0,
    ),
]
_Run = Annotated[str, typer.Argument(help="A run's name or folder; latest is the newest.")]


@app.command()
def run(
    plan: Annotated[
        str | None,
        typer.Argument(help="Name of a plan that comes with it, or a YAML file. Default: seed."),
    ] = None,
    short: _Short = False,
    fresh: _Fresh = False,
    scale: _Scale = None,
    embedded: Annotated[
        bool,
        typer.Option(
            "--embedded",
            help="Measure local processes pinned to cores instead of the stack; needs no engine. "
            "Default plan: embedded.",
        ),
    ] = False,
) -> None:
    """Measure every configuration of a PLAN under its loads, and write a report.

    The stack must be up. Its inference containers are made anew with the limits of each
    configuration, and training rests meanwhile; at the end everything is as it was, also after
    Ctrl-C or a crash. A run that was interrupted goes on where it was. Results:
    out/capacity/RUN/.
    """
    name = plan or ("embedded" if embedded else "seed")
    commands.run(REPO, Console(), name, short=short, scale=scale, fresh=fresh, embedded=embedded)


@app.command()
def search(
    plan: Annotated[str, typer.Argument(help="Name of a plan, or a YAML file.")] = "search",
    short: _Short = False,
    fresh: _Fresh = False,
    rate: Annotated[
        float | None,
        typer.Option(
            help="Requests a second to be held, instead of the plan's target.", min=1, max=1e6
        ),
    ] = None,
) -> None:
    """Find the cheapest configuration of a PLAN's grid that holds its target load.

    It measures as few configurations as possible, and says of every other why it was not
    worth it. Then it measures a few more, to tell whether more replicas or bigger ones are better,
    how small each may be, and what is left when one fails.
    """
    commands.search(REPO, Console(), plan, short=short, rate=rate, fresh=fresh)


@app.command()
def report(
    run: _Run = LATEST,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the report. Default: the run's own.")
    ] = None,
) -> None:
    """Write the report of a RUN again: report.html, summary.md and the pictures.

    A run that is not finished can be reported, too.
    """
    commands.report(REPO, Console(), run, output)


@app.command()
def compare(
    before: Annotated[str, typer.Argument(help="The RUN to compare with.")],
    after: Annotated[str, typer.Argument(help="The other RUN.")] = LATEST,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the page. Default: that of AFTER.")
    ] = None,
) -> None:
    """Compare two runs, configuration by configuration.

    A change counts only when it is beyond what both runs are sure of.
    """
    commands.compare(REPO, Console(), before, after, output)


def main() -> int:
    """Run one command; the exit code."""
    # Each ends as Ctrl-C does, so that everything is put back.
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    try:
        app()
    except CommandError as error:
        explain(error, Console(stderr=True))
        return error.exit_code
    return 0
