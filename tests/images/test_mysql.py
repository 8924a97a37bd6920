"""What the stack relies on in the MySQL image."""

import gzip
from pathlib import Path

import pytest

from tests.images.containers import Container, Containers, built_here, wait_until

pytestmark = pytest.mark.docker

ROOT_PASSWORD = "ro'ot \\ word"  # noqa: S105  # of a database that lives for one test
ENVIRONMENT = {
    "MYSQL_ROOT_PASSWORD": ROOT_PASSWORD,
    "MYSQL_DATABASE": "cover_type",
    "MYSQL_USER": "pipeline",
    "MYSQL_PASSWORD": "pipe'line",
}
READY = ("mysqladmin", "ping", "--host=127.0.0.1", "--user=pipeline", "--password=pipe'line")


def as_root(container: Container, sql: str) -> str:
    command = ("mysql", "--user=root", "--batch", "--skip-column-names", f"--execute={sql}")
    return container.run("env", f"MYSQL_PWD={ROOT_PASSWORD}", *command)


def from_another_container(
    containers: Containers, image: str, host: str, sql: str, user: str = "pipeline"
) -> str:
    passwords = {"pipeline": ENVIRONMENT["MYSQL_PASSWORD"], "root": ROOT_PASSWORD}
    command = ("mysql", f"--host={host}", f"--user={user}", "--batch", "--skip-column-names")
    return containers.once(
        image, *command, f"--execute={sql}", env={"MYSQL_PWD": passwords.get(user, "wrong")}
    )


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


def mounted(folder: Path, volume: str) -> tuple[str, ...]:
    return (
        *("--volume", f"{folder}:/docker-entrypoint-initdb.d"),
        *("--volume", f"{volume}:/var/lib/mysql"),
    )


def test_the_first_start_makes_users_databases_and_what_the_scripts_say(
    containers: Containers, images: dict[str, str], scripts: Path
) -> None:
    (scripts / "10-table.sql").write_text(
        "CREATE TABLE seen (number int AUTO_INCREMENT PRIMARY KEY, what text);"
    )
    # Read into the entrypoint, because it is not executable: its functions are there.
    (scripts / "20-users.sh").write_text(
        "docker_process_sql <<SQL\n"
        "CREATE DATABASE mlflow;\n"
        "CREATE USER 'mlflow'@'%' IDENTIFIED BY '$MLFLOW_PASSWORD';\n"
        "GRANT ALL ON mlflow.* TO 'mlflow'@'%';\n"
        "INSERT INTO seen (what) VALUES ('function');\n"
        "SQL\n"
    )
    executable = scripts / "30-row.sh"
    executable.write_text(
        '#!/bin/bash\nMYSQL_PWD="$MYSQL_ROOT_PASSWORD" mysql -uroot "$MYSQL_DATABASE" '
        "-e \"INSERT INTO seen (what) VALUES ('program')\"\n"
    )
    executable.chmod(0o755)
    (scripts / "40.sql.gz").write_bytes(gzip.compress(b"INSERT INTO seen (what) VALUES ('gzip');"))
    volume = containers.volume()
    environment = {**ENVIRONMENT, "MLFLOW_PASSWORD": "secret"}
    options = mounted(scripts, volume)
    first = containers.start(images["mysql"], env=environment, options=options)
    first.wait_for(*READY)

    rows = "SELECT group_concat(what ORDER BY number) FROM cover_type.seen"
    assert as_root(first, rows) == "function,program,gzip"
    login = ("mysql", f"--host={first.name}", "--user=mlflow", "--batch", "mlflow")
    assert "1" in containers.once(
        images["mysql"], *login, "--execute=SELECT 1", env={"MYSQL_PWD": "secret"}
    )
    assert first.stop() == 0
    assert "Shutdown complete" in first.logs()

    # The second start finds the database, and runs no script again.
    second = containers.start(images["mysql"], env=environment, options=options)
    second.wait_for(*READY)
    assert as_root(second, rows) == "function,program,gzip"


def test_what_other_containers_may(containers: Containers, images: dict[str, str]) -> None:
    image = images["mysql"]
    database = containers.start(image, env={**ENVIRONMENT, "MYSQL_ROOT_HOST": "localhost"})
    database.wait_for(*READY)

    version = from_another_container(containers, image, database.name, "SELECT version()")
    assert version.startswith("9.7.")
    make = "CREATE TABLE cover_type.made (number int)"
    assert from_another_container(containers, image, database.name, make) == ""
    with pytest.raises(AssertionError, match="denied"):
        from_another_container(containers, image, database.name, "CREATE DATABASE other")
    with pytest.raises(AssertionError, match=r"not allowed|denied"):
        from_another_container(containers, image, database.name, "SELECT 1", user="root")


def test_options_alone_mean_the_server(containers: Containers, images: dict[str, str]) -> None:
    options = ("--max-connections=77", "--innodb-buffer-pool-size=64M")
    database = containers.start(images["mysql"], *options, env=ENVIRONMENT)
    database.wait_for(*READY)

    assert as_root(database, "SELECT @@max_connections") == "77"
    assert as_root(database, "SELECT @@character_set_server, @@version_compile_os").startswith(
        "utf8mb4"
    )
    zone = "SELECT CONVERT_TZ('2026-07-01 12:00:00', 'UTC', 'Europe/Berlin')"
    assert as_root(database, zone) == "2026-07-01 14:00:00"


def test_no_process_is_root(containers: Containers, images: dict[str, str]) -> None:
    database = containers.start(images["mysql"], env=ENVIRONMENT)
    database.wait_for(*READY)

    assert database.users() == {"999"}


def test_a_new_database_without_a_password_is_refused(
    containers: Containers, images: dict[str, str]
) -> None:
    database = containers.start(images["mysql"])

    assert database.wait_for_end() == 1
    assert "MYSQL_ROOT_PASSWORD" in database.logs()


def test_a_killed_server_comes_back_with_what_was_committed(
    containers: Containers, images: dict[str, str]
) -> None:
    database = containers.start(images["mysql"], env=ENVIRONMENT)
    database.wait_for(*READY)
    as_root(database, "CREATE TABLE cover_type.kept AS SELECT 1 AS number")
    database.kill()
    database.start()
    database.wait_for(*READY)

    assert as_root(database, "SELECT number FROM cover_type.kept") == "1"


def test_a_first_start_that_was_killed_is_made_anew(
    containers: Containers, images: dict[str, str], scripts: Path
) -> None:
    """The official image would serve the half-made database."""
    image = images["mysql"]
    containers.once(image, "true")  # there from now on, so that it can be looked at
    if not built_here(image):
        pytest.skip("only the images of `make images` promise this")
    (scripts / "10-half.sql").write_text("CREATE TABLE half (number int);")
    (scripts / "20-wait.sh").write_text(
        "touch /state/half\nuntil [ -e /state/go ]; do sleep 0.1; done\n"
    )
    state = scripts / "state"
    state.mkdir()
    state.chmod(0o777)
    options = (*mounted(scripts, containers.volume()), "--volume", f"{state}:/state")
    database = containers.start(image, env=ENVIRONMENT, options=options)
    wait_until((state / "half").exists, "the first start is half-way")
    database.kill()
    (state / "go").touch()
    database.start()
    database.wait_for(*READY)

    assert as_root(database, "SELECT count(*) FROM cover_type.half") == "0"
