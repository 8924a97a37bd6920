"""Have every image: base images pulled, the project's own built."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console.errors import ProcessFailed
from console.logs import last_lines
from console.progress import Progress
from console.settings import Images, Settings
from stack.docker import Docker

_PULL_SECONDS = 1200.0
_BUILD_SECONDS = 3600.0
_SETTINGS_SECONDS = 60.0


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


def build(docker: Docker, progress: Progress, *options: str) -> None:
    """Build the images of a compose file, told by ``options`` such as ``--file``.

    Raises:
        ProcessFailed: with the end of the build's log.
    """
    with progress.phase("build", "Build images") as phase, _build_settings(docker) as settings:
        docker.run_well(
            "build",
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
    folder = docker.repo / "out" / "images" / "build-settings"
    try:
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
    finally:
        shutil.rmtree(folder, ignore_errors=True)
