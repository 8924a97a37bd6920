"""``up`` and ``down``: start the stack until it serves a model, stop it again."""

import time

from rich import box
from rich.table import Table

from console.errors import AnswerError, NotReady, ProcessFailed
from stack.context import Stack
from stack.defaults import warn_if_exposed
from stack.docker import LOAD_FILE, LOAD_PROJECT, PROJECT, Docker
from stack.first_model import wait_for_model
from stack.health import HEALTHY_SECONDS, Watch
from stack.images import build_load, build_stack, have_base_images, remove_replaced
from stack.training import current_champion, described

_DOWN_SECONDS = 300.0


def up(stack: Stack) -> None:
    """Start everything; safe to repeat beside a stack that runs.

    Raises:
        NotUp: there is no Docker Engine.
        ProcessFailed: a build or a container failed.
        NotReady: containers or the first model took too long.
        DagFailed: the first run failed.
        NotWritable: ``out/`` belongs to somebody else.
    """
    stack.docker.check()
    warn_if_exposed(stack)
    have_base_images(stack.docker, stack.settings, stack.progress)
    build_stack(stack.docker, stack.progress)
    # So that a plain `docker compose up` of its file needs no package index.
    build_load(stack.docker, stack.progress)
    start(stack)
    remove_replaced(stack.docker)
    wait_for_model(stack)
    _show(stack)


def start(stack: Stack, seconds: float = HEALTHY_SECONDS) -> None:
    """Start the containers and wait until all of them live.

    Raises:
        ProcessFailed: Compose or a container failed.
        NotReady: they took longer than ``seconds``.
    """
    docker = stack.docker
    with stack.progress.phase("start", "Start the containers") as phase:
        watch = Watch(docker, phase, stack.poll)
        # Compose itself waits for services that others depend on, so it is watched, too.
        command = ["compose", "up", "--detach", "--no-build", "--remove-orphans"]
        deadline = time.monotonic() + seconds
        try:
            docker.run_well("up", command, seconds, lambda _log: watch.look())
            watch.wait(deadline - time.monotonic())
        except ProcessFailed as error:
            raise watch.explain(error) from error
        except NotReady as error:
            raise watch.late(seconds) from error


def down(stack: Stack, *, volumes: bool) -> None:
    """Stop the stack, and the load test on its network.

    Args:
        volumes: delete the data as well.

    Raises:
        NotUp: there is no Docker Engine.
        ProcessFailed: Compose failed.
    """
    docker = stack.docker
    docker.check()
    stop_load(docker)
    with stack.progress.phase("down", "Stop the containers") as phase:
        # All profiles: Flower's container would keep the network in use.
        command = ["compose", "--profile", "*", "down", "--remove-orphans"]
        if volumes:
            doomed = project_volumes(docker)
            stack.say(f"Deleting all data: {', '.join(doomed) or 'there are no volumes'}")
            command.append("--volumes")
        docker.run_well("down", command, _DOWN_SECONDS)
        phase.result = "all data are deleted" if volumes else "the data are kept"


def stop_load(docker: Docker) -> bool:
    """Stop the load test; was there one?"""
    project = f"label=com.docker.compose.project={LOAD_PROJECT}"
    if not docker.ids("ps", "--all", "--quiet", "--filter", project):
        return False
    docker.run_well("locust-down", ["compose", "--file", LOAD_FILE, "down"], _DOWN_SECONDS)
    return True


def project_volumes(docker: Docker) -> list[str]:
    """The names of the stack's volumes."""
    project = f"label=com.docker.compose.project={PROJECT}"
    return docker.ids("volume", "ls", "--quiet", "--filter", project)


def _show(stack: Stack) -> None:
    settings = stack.settings
    table = Table(title="The stack is up", title_justify="left", box=box.SIMPLE, pad_edge=False)
    table.add_column("what")
    table.add_column("where", no_wrap=True)
    for what, where in (
        ("Predictions", stack.gateway_url),
        ("to try them", f"{stack.gateway_url}/docs"),
        (f"Airflow, as {settings.airflow_admin_user}", stack.airflow.url),
        ("MLflow", stack.mlflow_url),
        (f"MinIO, as {settings.minio_root_user}", settings.url(settings.minio_console_port)),
        ("Gateway's figures", f"{stack.stats_url}/stats"),
        ("Random-data API", f"{settings.url(settings.random_data_port)}/docs"),
    ):
        table.add_row(what, where)
    stack.console.print(table)
    stack.say(f"Champion: {_champion(stack)}")
    stack.say("The passwords are in .env. Next: make predict, make train, make locust, make ps;")
    stack.say("make down stops it.")


def _champion(stack: Stack) -> str:
    try:
        champion = current_champion(stack)
    except AnswerError as error:
        return f"its figures cannot be read: {error}"
    if champion is None:
        return "none in MLflow; the last verified version is served"
    return described(champion)
