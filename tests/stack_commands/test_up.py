"""``up`` and ``down``: containers, and the errors that name what is at fault."""

import json

import pytest

from console.errors import NotReady, NotUp, NotWritable, ProcessFailed
from stack.containers import parse_lines
from stack.context import Stack
from stack.credentials import random_values, replace_values
from stack.defaults import warn_if_exposed
from stack.updown import down, start, up
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import crown, shown
from tests.stack_commands.fake_docker import FakeDocker, Reply, container

SERVICES = "airflow-init\ngateway\nfastapi\n"
DONE = [
    container("airflow-init", "exited"),
    container("gateway"),
    container("fastapi", number=1),
    container("fastapi", number=2),
]


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    """A Docker on which everything goes well."""
    docker.answer("image ls", out="0123456789ab\n")
    docker.answer("compose build")
    docker.answer("image prune")
    docker.answer("compose config --services", out=SERVICES)
    docker.answer("compose up")
    docker.answer("logs", Reply("the last line\n"))
    docker.containers(DONE)
    return docker


def test_up_shows_where_everything_is(
    stack: Stack, ready: FakeDocker, gateway: FakeWeb, mlflow: FakeWeb
) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    crown(mlflow, "3")
    up(stack)
    text = shown(stack)
    settings = stack.settings
    for what in (
        f"{gateway.url}/docs",
        stack.airflow.url,
        f"as {settings.airflow_admin_user}",
        mlflow.url,
        settings.url(settings.minio_console_port),
        f"{stack.stats_url}/stats",
        settings.url(settings.random_data_port),
        "Champion: version 3 (extra_trees, accuracy 0.920, macro-F1 0.860",
        "make predict",
    ):
        assert what in text
    for secret in (settings.airflow_admin_password, settings.minio_root_password):
        assert f" {secret}" not in text
    order = [call.arguments[-1] for call in ready.calls if "up" in call.arguments]
    assert order == ["--remove-orphans"]


def test_up_without_docker_touches_nothing(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotUp, match="`make engine`"):
        up(stack)
    assert not (stack.repo / "out").exists()


@pytest.mark.parametrize("inside", [".", "stack"])
def test_results_that_somebody_else_has_made_say_what_to_do(
    stack: Stack, ready: FakeDocker, inside: str
) -> None:
    in_the_way = stack.repo / "out" / inside
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_text("a file where a folder must be")
    with pytest.raises(NotWritable, match=r"cannot be written .*sudo chown -R .* out"):
        up(stack)
    assert not ready.calls_with("build")


def test_up_builds_the_load_test_as_well(stack: Stack, ready: FakeDocker, gateway: FakeWeb) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    up(stack)
    of_stack, of_load = ready.calls_with("build")
    assert "--file" not in of_stack.arguments
    assert of_load.arguments == [
        *("compose", "--file", "docker-compose.locust.yaml", "--progress", "plain", "build")
    ]
    assert of_load.build_settings == ["ca", "pip"]


def test_up_removes_the_images_that_it_replaced(
    stack: Stack, ready: FakeDocker, gateway: FakeWeb
) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    busy = Reply(err="a prune operation is already running\n", code=1)
    ready.answer("image prune", busy, Reply())
    up(stack)
    prunes = ready.calls_with("prune")
    label = "label=com.docker.compose.project="
    assert [call.arguments for call in prunes] == [
        ["image", "prune", "--force", "--filter", f"{label}taller_locust"],
        ["image", "prune", "--force", "--filter", f"{label}taller_locust_load"],
    ]
    # Containers have the old images until Compose has replaced them.
    assert ready.calls.index(prunes[0]) > ready.calls.index(ready.calls_with("up")[0])


@pytest.mark.usefixtures("ready")
def test_up_warns_of_public_passwords_that_others_can_use(stack: Stack, gateway: FakeWeb) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    up(stack)
    assert "WARNING" not in shown(stack)  # this machine alone
    text = (stack.repo / ".env").read_text()
    open_to_others = text.replace("BIND_ADDRESS=127.0.0.1", "BIND_ADDRESS=0.0.0.0")
    (stack.repo / ".env").write_text(open_to_others)
    up(Stack(stack.repo, stack.console, stack.poll))
    warning = next(line for line in shown(stack).splitlines() if "WARNING" in line)
    assert "BIND_ADDRESS=0.0.0.0 lets other machines reach the stack" in warning
    assert "MINIO_ROOT_PASSWORD" in warning
    assert "AIRFLOW_ADMIN_PASSWORD" not in warning  # the test's .env has another one
    assert "`make secrets`" in warning


def test_random_passwords_need_no_warning(stack: Stack) -> None:
    replace_values(stack.repo / ".env", {"BIND_ADDRESS": "192.0.2.1", **random_values()})
    warn_if_exposed(Stack(stack.repo, stack.console, stack.poll))
    assert shown(stack) == ""


def test_start_waits_until_all_live(stack: Stack, ready: FakeDocker) -> None:
    begun = [container("airflow-init", "running"), container("gateway", health="starting")]
    ready.containers(
        [], begun, [*DONE[:3], container("fastapi", health="starting", number=2)], DONE
    )
    start(stack)
    assert len(ready.calls_with("ps")) >= 4


def test_a_job_that_fails_ends_the_start(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("compose up", Reply("waiting\n", hangs=True))
    failed = container("airflow-init", "exited", code=1, ended="2026-01-02T03:04:05Z")
    ready.containers([container("airflow-init")], [failed])
    with pytest.raises(ProcessFailed) as caught:
        start(stack)
    assert str(caught.value) == (
        "the container taller_locust-airflow-init-1 ended with exit code 1: "
        "`make logs SERVICE=airflow-init` shows the whole log"
    )
    assert caught.value.excerpt == "the last line"


def test_a_job_that_failed_before_is_given_another_chance(stack: Stack, ready: FakeDocker) -> None:
    failed = container("airflow-init", "exited", code=1, ended="2026-01-02T03:04:05Z")
    ready.containers([failed, *DONE[1:]], [failed, *DONE[1:]], DONE)
    ready.answer("compose up", Reply(hangs=True), Reply())
    ready.go_on()
    start(stack)


def test_a_job_that_stays_failed_is_named(stack: Stack, ready: FakeDocker) -> None:
    failed = container("airflow-init", "exited", code=1, ended="2026-01-02T03:04:05Z")
    ready.containers([failed, *DONE[1:]])
    ready.answer("compose up", Reply(err="service didn't complete successfully\n", code=1))
    with pytest.raises(ProcessFailed, match="airflow-init-1 ended with exit code 1"):
        start(stack)


def test_a_container_that_starts_again_and_again_ends_the_start(
    stack: Stack, ready: FakeDocker
) -> None:
    looks = [[*DONE[:1], container("gateway", health="starting", restarts=5 + n)] for n in range(5)]
    ready.containers(*looks)
    with pytest.raises(ProcessFailed, match="gateway-1 starts again and again"):
        start(stack)


def test_an_unhealthy_container_explains_composes_error(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("compose up", Reply(err="dependency failed to start\n", code=1))
    ready.containers([*DONE[:1], container("gateway", health="unhealthy")])
    with pytest.raises(ProcessFailed, match="gateway-1 is running, unhealthy: `make logs SERVICE="):
        start(stack)


def test_composes_own_error_is_shown_where_no_container_is_to_blame(
    stack: Stack, ready: FakeDocker
) -> None:
    ready.answer("compose up", Reply(err="Bind for 127.0.0.1:8080 failed: port is taken\n", code=1))
    with pytest.raises(ProcessFailed, match="`docker compose up` ended") as caught:
        start(stack)
    assert "port is taken" in caught.value.excerpt


def test_who_is_late_is_named(stack: Stack, ready: FakeDocker) -> None:
    ready.containers([*DONE[:1], container("gateway", health="starting")])
    with pytest.raises(NotReady) as caught:
        start(stack, seconds=0.5)
    assert "not healthy: gateway, fastapi (taller_locust-gateway-1 is running, starting)" in str(
        caught.value
    )
    assert "`make logs SERVICE=gateway`" in str(caught.value)


def test_a_container_that_was_replaced_meanwhile_is_looked_at_again(
    stack: Stack, ready: FakeDocker
) -> None:
    gone = Reply(err="no such object\n", code=1)
    ready.answer("inspect", Reply("[]"), gone, gone, Reply(json.dumps(DONE)))
    start(stack)
    assert len(ready.calls_with("inspect")) == 4


def test_down_keeps_the_data_unless_told_otherwise(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("ps --filter label=com.docker.compose.project=taller_locust_load", out="id\n")
    ready.answer("compose down")
    ready.answer("volume ls", out="taller_locust_mysql\ntaller_locust_minio\n")
    down(stack, volumes=False)
    downs = [call.arguments for call in ready.calls_with("down")]
    assert downs == [  # the load test first: it is on the network of the stack
        ["compose", "--file", "docker-compose.locust.yaml", "down"],
        ["compose", "--profile", "*", "down", "--remove-orphans"],
    ]
    assert "the data are kept" in shown(stack)

    down(stack, volumes=True)
    assert ready.calls_with("down")[-1].arguments[-1] == "--volumes"
    assert "Deleting all data: taller_locust_mysql, taller_locust_minio" in shown(stack)


def test_both_forms_of_composes_json_are_read() -> None:
    assert parse_lines('[{"ID": "a"}, {"ID": "b"}]') == [{"ID": "a"}, {"ID": "b"}]
    assert parse_lines('{"ID": "a"}\n{"ID": "b"}\n') == [{"ID": "a"}, {"ID": "b"}]
    assert parse_lines("") == []


@pytest.mark.usefixtures("ready")
def test_up_tells_of_a_model_that_outlived_its_registry(stack: Stack, gateway: FakeWeb) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    up(stack)
    assert "Champion: none in MLflow" in shown(stack)
