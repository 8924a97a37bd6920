"""What the stack relies on in the PostgreSQL image."""

import gzip
from pathlib import Path

import pytest

from tests.images.containers import Container, Containers, built_here, wait_until

pytestmark = pytest.mark.docker

DATA = "/var/lib/postgresql/data"
ENVIRONMENT = {
    "POSTGRES_USER": "airflow",
    "POSTGRES_PASSWORD": "pass'word \\",
    "POSTGRES_DB": "air-flow",
}
READY = ("pg_isready", "--host", "127.0.0.1", "--username", "airflow", "--dbname", "air-flow")


def query(container: Container, sql: str, host: str = "127.0.0.1") -> str:
    return container.run(
        *("env", f"PGPASSWORD={ENVIRONMENT['POSTGRES_PASSWORD']}", "psql", "--host", host),
        *("--username", "airflow", "--dbname", "air-flow", "-Atc", sql),
    )


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    return tmp_path


def mounted(folder: Path, volume: str) -> tuple[str, ...]:
    return (
        *("--volume", f"{folder}:/docker-entrypoint-initdb.d"),
        *("--volume", f"{volume}:{DATA}"),
    )


def test_the_first_start_makes_user_database_and_what_the_scripts_say(
    containers: Containers, images: dict[str, str], scripts: Path
) -> None:
    (scripts / "10-table.sql").write_text("CREATE TABLE seen (what text, number serial);")
    (scripts / "20-row.sh").write_text(
        'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" '
        "-c \"INSERT INTO seen VALUES ('shell')\"\n"
    )
    (scripts / "30-row.sql.gz").write_bytes(gzip.compress(b"INSERT INTO seen VALUES ('gzip');"))
    volume = containers.volume()
    first = containers.start(images["postgres"], env=ENVIRONMENT, options=mounted(scripts, volume))
    first.wait_for(*READY)

    assert query(first, "SELECT string_agg(what, ',' ORDER BY number) FROM seen") == "shell,gzip"
    assert query(first, "SHOW server_version").startswith("17.")
    assert first.stop() == 0
    assert "database system is shut down" in first.logs()

    # The second start finds the database, and runs no script again.
    second = containers.start(images["postgres"], env=ENVIRONMENT, options=mounted(scripts, volume))
    second.wait_for(*READY)
    assert query(second, "SELECT count(*) FROM seen") == "2"


def test_other_containers_need_the_password(containers: Containers, images: dict[str, str]) -> None:
    database = containers.start(images["postgres"], env=ENVIRONMENT)
    database.wait_for(*READY)
    url = ("psql", "-At", "-h", database.name, "-U", "airflow", "-d", "air-flow", "-c", "SELECT 1")

    right = {"PGPASSWORD": ENVIRONMENT["POSTGRES_PASSWORD"]}
    assert containers.once(images["postgres"], *url, env=right) == "1"
    with pytest.raises(AssertionError, match="password authentication failed"):
        containers.once(images["postgres"], *url, env={"PGPASSWORD": "wrong"})


def test_no_process_is_root(containers: Containers, images: dict[str, str]) -> None:
    database = containers.start(images["postgres"], env=ENVIRONMENT)
    database.wait_for(*READY)

    assert database.users() == {"999"}


def test_a_new_database_without_a_password_is_refused(
    containers: Containers, images: dict[str, str]
) -> None:
    database = containers.start(images["postgres"])

    assert database.wait_for_end() == 1
    assert "POSTGRES_PASSWORD" in database.logs()


def test_the_password_may_be_a_file(
    containers: Containers, images: dict[str, str], scripts: Path
) -> None:
    (scripts / "password").write_text("from a file\n")
    environment = {"POSTGRES_USER": "airflow", "POSTGRES_PASSWORD_FILE": "/run/password"}
    options = ("--volume", f"{scripts / 'password'}:/run/password:ro")
    database = containers.start(images["postgres"], env=environment, options=options)
    database.wait_for("pg_isready", "--host", "127.0.0.1")

    login = {"PGPASSWORD": "from a file"}
    command = ("psql", "-At", "-h", database.name, "-U", "airflow", "-c", "SELECT 1")
    assert containers.once(images["postgres"], *command, env=login) == "1"


def test_a_killed_server_comes_back_with_what_was_committed(
    containers: Containers, images: dict[str, str]
) -> None:
    database = containers.start(images["postgres"], env=ENVIRONMENT)
    database.wait_for(*READY)
    query(database, "CREATE TABLE kept AS SELECT 1 AS number")
    database.kill()
    database.start()
    database.wait_for(*READY)

    assert query(database, "SELECT number FROM kept") == "1"


def test_a_first_start_that_was_killed_is_made_anew(
    containers: Containers, images: dict[str, str], scripts: Path
) -> None:
    """The official image would serve the half-made database."""
    image = images["postgres"]
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

    assert query(database, "SELECT count(*) FROM half") == "0"
