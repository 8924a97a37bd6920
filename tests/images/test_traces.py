"""An image of `make images` holds nothing of the machine that built it."""

import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.images.containers import OF_A_TEST, ROOT, Containers, built_here, docker, image_names

pytestmark = pytest.mark.docker

OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")


@pytest.fixture
def image(request: pytest.FixtureRequest) -> str:
    name = image_names()[request.param]
    docker("run", "--rm", *OF_A_TEST, "--entrypoint", "true", name)
    if not built_here(name):
        pytest.skip("not an image of `make images`")
    return name


def every_image() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("image", list(image_names()), indirect=True)


def mirrors(folder: Path) -> set[str]:
    """The addresses that a build is given as secrets on this machine."""
    script = ROOT / "images" / "secrets.sh"
    subprocess.run([str(script), str(folder), "trixie"], check=True, timeout=60)
    words = [
        word for name in ("sources", "pip", "uv") for word in (folder / name).read_text().split()
    ]
    return {word.strip('"') for word in words if urlsplit(word.strip('"')).netloc}


@every_image()
def test_no_package_source_and_no_secret(
    image: str, containers: Containers, tmp_path: Path
) -> None:
    """Sources are in no configuration, secrets in no folder, neither in the image's history."""
    sources = mirrors(tmp_path)
    assert sources

    options = ("--user", "0", "--entrypoint", "sh")
    everywhere = (
        "cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null; ls -A /run/secrets"
    )
    assert containers.once(image, "-c", f"{everywhere}; true", options=options) in {
        "",
        "ls: cannot access '/run/secrets': No such file or directory",
    }
    for address in sources:
        search = f"grep -rslF '{address}' /etc /root /home /run /tmp /usr/local/etc; true"
        assert containers.once(image, "-c", search, options=options) == ""
        assert address not in docker("history", "--no-trunc", image)


@every_image()
@pytest.mark.skipif(not any(OWN_CERTIFICATES.glob("*")), reason="no certificate of its own here")
def test_no_certificate_of_this_machine(image: str, containers: Containers) -> None:
    for certificate in OWN_CERTIFICATES.glob("*.crt"):
        line = certificate.read_text().splitlines()[10]  # the first ones say who issued it
        search = f"grep -rslF '{line}' /etc/ssl /usr/local /usr/share/ca-certificates /home; true"
        options = ("--user", "0", "--entrypoint", "sh")
        assert containers.once(image, "-c", search, options=options) == ""
