"""The stores start without root and without capabilities, on a volume that is new."""

import pytest

from tests.images.containers import Containers

pytestmark = pytest.mark.docker

UNPRIVILEGED = ("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true")
PASSWORD = "unprivileged"  # noqa: S105 - of containers that live for a test


@pytest.mark.parametrize(
    ("name", "folder", "settings", "command", "ready"),
    [
        (
            "postgres",
            "/var/lib/postgresql/data",
            {"POSTGRES_PASSWORD": PASSWORD},
            (),
            ("pg_isready", "--quiet", "--host=localhost"),
        ),
        (
            "mysql",
            "/var/lib/mysql",
            {"MYSQL_ROOT_PASSWORD": PASSWORD, "MYSQL_ROOT_HOST": "localhost"},
            ("mysqld", "--mysqlx=OFF"),
            ("mysqladmin", "ping", "--host=127.0.0.1"),
        ),
        ("redis", "/data", {}, ("redis-server", "--appendonly", "yes"), ("redis-cli", "ping")),
    ],
)
def test_a_store_starts_as_its_own_user(
    containers: Containers,
    images: dict[str, str],
    name: str,
    folder: str,
    settings: dict[str, str],
    command: tuple[str, ...],
    ready: tuple[str, ...],
) -> None:
    volume = ("--volume", f"{containers.volume()}:{folder}")

    store = containers.start(
        images[name], *command, env=settings, options=("--user", name, *UNPRIVILEGED, *volume)
    )

    store.wait_for(*ready)
    assert "0" not in store.users()


def test_the_object_store_starts_as_any_user_who_owns_the_volume(
    containers: Containers, images: dict[str, str]
) -> None:
    volume = ("--volume", f"{containers.volume()}:/data")
    chown = "import os; os.chown('/data', 10001, 10001)"
    owner = ("--cap-drop", "ALL", "--cap-add", "CHOWN", *volume)
    containers.once(images["python"], "python", "-c", chown, options=owner)

    store = containers.start(
        images["minio"],
        *("server", "/data", "--console-address", ":9001"),
        env={"MINIO_ROOT_USER": "minio", "MINIO_ROOT_PASSWORD": PASSWORD},
        options=("--user", "10001:10001", *UNPRIVILEGED, *volume),
    )

    store.wait_for("curl", "--fail", "--silent", "http://localhost:9000/minio/health/live")
    assert store.users() == {"10001"}
