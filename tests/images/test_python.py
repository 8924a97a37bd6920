"""What the Dockerfiles rely on in the Python image."""

import zipfile
from pathlib import Path

import pytest

from tests.images.containers import OF_A_TEST, Containers, docker

pytestmark = pytest.mark.docker

SITE = "/usr/local/lib/python3.13/site-packages"


@pytest.mark.parametrize("name", ["python", "python3", "/usr/local/bin/python3.13"])
def test_the_version(shared: Containers, images: dict[str, str], name: str) -> None:
    assert shared.once(images["python"], name, "--version").startswith("Python 3.13.")


def test_the_standard_library_is_whole(shared: Containers, images: dict[str, str]) -> None:
    modules = "import bz2, ctypes, lzma, sqlite3, ssl, venv, zlib, zoneinfo"

    shared.once(images["python"], "python", "-c", modules)
    zone = "import zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))"
    assert shared.once(images["python"], "python", "-c", zone) == "Europe/Berlin"


def test_it_trusts_the_usual_certificates(shared: Containers, images: dict[str, str]) -> None:
    count = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"

    assert int(shared.once(images["python"], "python", "-c", count)) > 50


def test_no_compiler_is_in_it(shared: Containers, images: dict[str, str]) -> None:
    command = "command -v gcc || command -v make || echo none"

    assert shared.once(images["python"], "sh", "-c", command) == "none"


def test_no_command_means_python(images: dict[str, str]) -> None:
    options = ("--rm", *OF_A_TEST, "--interactive")

    assert docker("run", *options, images["python"], text="print(6 * 7)") == "42"


def wheel_of_one_module(folder: Path) -> Path:
    """A package ``answer``, made without a network."""
    about = "answer-1.dist-info"
    files = {
        "answer.py": "VALUE = 42\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: answer\nVersion: 1\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    wheel = folder / "answer-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def test_pip_installs_for_every_user(
    containers: Containers, images: dict[str, str], tmp_path: Path
) -> None:
    container = containers.start(images["python"], "sleep", "120")
    wheel = wheel_of_one_module(tmp_path)
    docker("cp", str(wheel), f"{container.name}:/opt/{wheel.name}")
    container.run("pip", "install", "--no-index", f"/opt/{wheel.name}")

    found = "import answer; print(answer.VALUE, answer.__file__)"
    as_user = docker("exec", "--user", "1000:1000", container.name, "python", "-c", found)
    assert as_user.startswith("42 /usr/local/lib/python3.13/")
    container.run("test", "-e", f"{SITE}/answer.py")


def test_a_virtual_environment_can_be_copied(
    containers: Containers, images: dict[str, str]
) -> None:
    container = containers.start(images["python"], "sleep", "120")
    container.run("python", "-m", "venv", "/opt/venv")

    container.run("/opt/venv/bin/pip", "--version")
    prefix = container.run("/opt/venv/bin/python", "-c", "import sys; print(sys.prefix)")
    assert prefix == "/opt/venv"
