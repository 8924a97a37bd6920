"""Have every image: base images pulled, the project's own built."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.errors import NotReady, ProcessFailed
from console.logs import last_lines
from console.progress import Progress
from console.results import temporary_folder
from console.settings import Images, Settings
from stack.docker import LOAD_FILE, LOAD_PROJECT, PROJECT, Docker

_PULL_SECONDS = 1200.0
_BUILD_SECONDS = 3600.0
_SETTINGS_SECONDS = 60.0
_PRUNE_SECONDS = 300.0


def have_base_images(docker: Docker, settings: Settings, progress: Progress) -> None:
    """Pull the base images that are not there.

    Raises:
        ProcessFailed: one is missing and no registry gives it.
    """
    names = [getattr(settings, name) for name in Images.model_fields if name != "inference_image"]
    missing = [name for name in names if not _is_there(docker, name)]
    if not missing:
        return
    with progress.phase("pull", "Pull base images") as phase:
        for number, name in enumerate(missing, 1):
            phase.status(f"{name} ({number} of {len(missing)})")
            if docker.run("pull", ["pull", "--quiet", name], _PULL_SECONDS) != 0:
                raise ProcessFailed(
                    f"the image {name} is not here and no registry gives it: `make images` has "
                    "every base image, built from packages where it must",
                    log=docker.log("pull"),
                    excerpt=last_lines(docker.log("pull"), 3),
                )


def build_stack(docker: Docker, progress: Progress) -> None:
    """Build the images of the stack.

    Raises:
        ProcessFailed: with the end of the build's log.
        NotWritable: ``out/`` belongs to somebody else.
    """
    _build(docker, progress, "build", "Build images")


def build_load(docker: Docker, progress: Progress) -> None:
    """Build the image of the load test.

    Raises:
        As `build_stack`.
    """
    _build(docker, progress, "build-locust", "Build the load test's image", "--file", LOAD_FILE)


def remove_replaced(docker: Docker) -> None:
    """Remove images that lost their name to a newer build; those of containers stay."""
    for project in (PROJECT, LOAD_PROJECT):
        label = f"label=com.docker.compose.project={project}"
        # What cannot be removed now is removed after another build.
        with suppress(ProcessFailed, NotReady):
            docker.ask("image", "prune", "--force", "--filter", label, seconds=_PRUNE_SECONDS)


def _build(docker: Docker, progress: Progress, name: str, title: str, *options: str) -> None:
    with progress.phase(name, title) as phase, _build_settings(docker) as settings:
        docker.run_well(
            name,
            ["compose", *options, "--progress", "plain", "build"],
            _BUILD_SECONDS,
            lambda log: phase.status(last_lines(log, 1)),
            {"BUILD_SETTINGS": str(settings)},
        )


def _is_there(docker: Docker, name: str) -> bool:
    return bool(docker.ids("image", "ls", "--quiet", name))


@contextmanager
def _build_settings(docker: Docker) -> Iterator[Path]:
    """A folder with what this machine knows of mirrors and certificates, for a build alone."""
    # Beside the logs, because Docker from a snap cannot see /tmp; two builds do not share it.
    with temporary_folder(docker.logs, "build-settings-") as folder:
        try:
            subprocess.run(  # noqa: S603 - a script of the project
                [docker.repo / "images" / "secrets.sh", folder],
                cwd=docker.repo,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SETTINGS_SECONDS,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise ProcessFailed(
                "the mirrors and certificates of this machine cannot be read",
                excerpt=error.stderr.strip(),
            ) from error
        yield folder
