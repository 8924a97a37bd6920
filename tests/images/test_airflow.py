"""What the stack relies on in the Airflow image."""

import pytest

from tests.images.containers import Containers, wait_until

pytestmark = pytest.mark.docker

# Nothing to wait for: these tests have no database.
ALONE = {"CONNECTION_CHECK_MAX_COUNT": "0"}


def test_the_arguments_are_airflows(shared: Containers, images: dict[str, str]) -> None:
    for command in (("version",), ("airflow", "version")):
        assert shared.once(images["airflow"], *command, env=ALONE).splitlines()[-1] == "3.3.2"


def test_the_user_and_the_folders(shared: Containers, images: dict[str, str]) -> None:
    command = (
        "id -u; id -g; echo $AIRFLOW_HOME; pwd;"
        "python -c 'import sys; print(sys.version_info[:2])';"
        "for name in dags logs plugins; do touch /opt/airflow/$name/file; done"
    )
    answer = shared.once(images["airflow"], "bash", "-c", command, env=ALONE).splitlines()

    assert answer == ["50000", "0", "/opt/airflow", "/opt/airflow", "(3, 13)"]


def test_the_providers_that_the_stack_needs(shared: Containers, images: dict[str, str]) -> None:
    modules = (
        "import airflow.providers.celery.executors.celery_executor, airflow.providers.fab,"
        "airflow.providers.postgres, airflow.providers.redis, psycopg2, redis, flower"
    )

    shared.once(images["airflow"], "python", "-c", modules, env=ALONE)


def test_health_checks_have_their_tools(shared: Containers, images: dict[str, str]) -> None:
    shared.once(images["airflow"], "bash", "-c", "curl --version && celery --version", env=ALONE)


def test_a_dockerfile_may_install_as_the_user(shared: Containers, images: dict[str, str]) -> None:
    writable = "test -w $(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')"

    shared.once(images["airflow"], "bash", "-c", f"{writable} && pip --version", env=ALONE)


def test_any_user_of_group_0_can_run_it(shared: Containers, images: dict[str, str]) -> None:
    options = ("--user", "12345:0")

    answer = shared.once(images["airflow"], "version", env=ALONE, options=options)
    assert answer.splitlines()[-1] == "3.3.2"


def test_it_migrates_the_database_and_makes_the_user_when_asked(
    containers: Containers, images: dict[str, str]
) -> None:
    database = containers.start(
        images["postgres"],
        env={"POSTGRES_USER": "airflow", "POSTGRES_PASSWORD": "secret", "POSTGRES_DB": "airflow"},
    )
    url = f"postgresql+psycopg2://airflow:secret@{database.name}/airflow"
    manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    environment = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__CORE__AUTH_MANAGER": manager,
        "_AIRFLOW_DB_MIGRATE": "true",
        "_AIRFLOW_WWW_USER_CREATE": "true",
        "_AIRFLOW_WWW_USER_USERNAME": "someone",
        "_AIRFLOW_WWW_USER_PASSWORD": "a password",
    }
    # At once: the image itself waits until the database answers.
    airflow = containers.start(images["airflow"], "users", "list", env=environment)

    assert airflow.wait_for_end() == 0, airflow.logs()
    assert "someone" in airflow.logs().splitlines()[-1]


def test_a_database_that_never_answers_ends_it(
    containers: Containers, images: dict[str, str]
) -> None:
    environment = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://a:secret@127.0.0.1:1/a",
        "CONNECTION_CHECK_MAX_COUNT": "2",
        "CONNECTION_CHECK_SLEEP_TIME": "0",
    }
    airflow = containers.start(images["airflow"], "version", env=environment)

    assert airflow.wait_for_end() == 1
    assert "secret" not in airflow.logs()


def test_signals_reach_the_program(containers: Containers, images: dict[str, str]) -> None:
    program = (
        "import signal, sys, threading;"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        "print('ready', flush=True); threading.Event().wait()"
    )
    airflow = containers.start(images["airflow"], "python", "-c", program, env=ALONE)
    wait_until(lambda: "ready" in airflow.logs(), "the program has started")

    assert airflow.stop() == 7
