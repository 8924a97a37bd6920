"""The serving state machine: each way to begin, to follow the alias, and to refuse."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from covertype.schema import FEATURE_NAMES
from inference.errors import LOAD_REASONS
from tests.inference.conftest import READY_SECONDS, Service
from tests.inference.fake_registry import FakeRegistry
from tests.inference.models import Package, sample_rows, tree_model
from tests.support.servers import wait_until

LOW = {**dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True)), "Elevation": 2000}
Start = Callable[..., Service]


def predicted(service: Service) -> tuple[str, int]:
    answer = service.client.post("/predict/", json=LOW).json()
    return answer["version"], answer["prediction"]


def wait_failure(service: Service, reason: str) -> None:
    assert reason in LOAD_REASONS
    wait_until(
        lambda: service.metric("inference_load_failures_total", reason=reason) > 0,
        READY_SECONDS,
        f"a failure counted as {reason}",
    )


def wait_remembered(folder: Path) -> None:
    """A version serves a moment before the models folder names it."""
    pointer = folder / "models/CovertypeModel/last_good.json"
    wait_until(pointer.exists, READY_SECONDS, "the note of the verified version")


def installed(folder: Path) -> list[str]:
    return sorted(
        path.name.partition("-")[0]
        for path in (folder / "models/CovertypeModel").iterdir()
        if path.is_dir() and not path.name.startswith(".")
    )


def test_first_champion_is_picked_up_without_a_nudge(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    service = start_service()
    wait_failure(service, "no_champion")
    registry.register("1", packages[0])
    service.wait_for("1")
    assert predicted(service) == ("1", 2)
    assert service.model()["last_error"] is None


def test_alias_is_followed_forward_and_back(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service().wait_ready()
    registry.register("2", packages[1])
    service.wait_for("2")
    assert predicted(service) == ("2", 3)
    downloads = registry.downloads()
    registry.champion = "1"
    service.wait_for("1")
    assert predicted(service) == ("1", 2)
    assert service.model()["source"] == "cache"
    assert registry.downloads() == downloads


def test_alias_removed_or_registry_down_keeps_the_version(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service().wait_ready()
    registry.champion = None
    wait_failure(service, "no_champion")
    assert predicted(service) == ("1", 2)
    with registry.down():
        wait_failure(service, "registry_unreachable")
        assert predicted(service) == ("1", 2)
        assert "MLFLOW_TRACKING_URI" in service.model()["last_error"]
    registry.register("2", packages[1])
    service.wait_for("2")


def test_start_with_the_registry_down_serves_the_last_verified_version(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    for version, package in zip("12", packages, strict=False):
        registry.register(version, package)
        start_service().wait_for(version)
    with registry.down():
        service = start_service().wait_ready()
        assert predicted(service) == ("2", 3)
        model = service.model()
        assert model["source"] == "cache"
        assert model["registry_seen_at"] is None
        assert model["tags"] == packages[1].tags
        wait_failure(service, "registry_unreachable")
    registry.register("3", packages[2])
    service.wait_for("3")


def test_start_with_the_registry_down_and_nothing_kept_is_alive_and_not_ready(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    with registry.down():
        service = start_service()
        wait_failure(service, "registry_unreachable")
        assert service.client.get("/health/live").status_code == 200
        assert service.client.get("/health/ready").status_code == 503
    service.wait_for("1")


@pytest.mark.parametrize("damage", ["altered", "missing", "no folder"])
def test_damaged_copy_is_never_served_and_fetched_again(
    registry: FakeRegistry,
    packages: list[Package],
    start_service: Start,
    tmp_path: Path,
    damage: str,
) -> None:
    registry.register("1", packages[0])
    start_service().wait_ready()
    wait_remembered(tmp_path)
    (model,) = (tmp_path / "models/CovertypeModel").glob("1-*/model.onnx")
    if damage == "altered":
        model.write_bytes(tree_model(7, 7).SerializeToString())
    elif damage == "missing":
        model.unlink()
    else:
        shutil.rmtree(model.parent)
    with registry.down():
        service = start_service()
        wait_failure(service, "registry_unreachable")
        assert service.client.get("/health/ready").status_code == 503
    service.wait_for("1")
    assert predicted(service) == ("1", 2)
    assert service.model()["source"] == "registry"
    assert model.read_bytes() == packages[0].onnx


def test_damaged_pointer_is_counted_and_written_again(
    registry: FakeRegistry, packages: list[Package], start_service: Start, tmp_path: Path
) -> None:
    registry.register("1", packages[0])
    start_service().wait_ready()
    pointer = tmp_path / "models/CovertypeModel/last_good.json"
    pointer.write_text('{"version": "../1"')
    service = start_service()
    wait_failure(service, "store")
    service.wait_for("1")
    wait_until(lambda: json.loads(pointer.read_text())["version"] == "1", 10, "the pointer")


@pytest.mark.parametrize("damage", ["pointer", "model", "both"])
def test_damage_with_the_registry_down_leaves_the_version_before_it(
    registry: FakeRegistry,
    packages: list[Package],
    start_service: Start,
    tmp_path: Path,
    damage: str,
) -> None:
    first = start_service()
    for number, package in zip("12", packages, strict=False):
        registry.register(number, package)
        first.wait_for(number)
    folder = tmp_path / "models/CovertypeModel"
    wait_until(lambda: len(list(folder.glob("2-*/verified.json"))) == 1, 10, "the note")
    first.stop()
    (model,) = folder.glob("2-*/model.onnx")
    if damage != "model":
        (folder / "last_good.json").write_text('{"version"')
    if damage != "pointer":
        model.write_bytes(b"damaged")
    with registry.down():
        service = start_service().wait_ready()
        assert predicted(service) == (("2", 3) if damage == "pointer" else ("1", 2))
        wait_failure(service, "registry_unreachable")
        wait_until(lambda: "MLFLOW" in str(service.model()["last_error"]), 10, "both faults")
        shown = service.model()["last_error"]
        assert ("last_good.json is damaged" in shown) == (damage != "model")
        assert ("model.onnx has the sha256" in shown) == (damage != "pointer")
    service.wait_for("2")
    wait_until(lambda: service.model()["last_error"] is None, 10, "all to be mended")
    assert json.loads((folder / "last_good.json").read_text())["version"] == "2"
    assert model.read_bytes() == packages[1].onnx


def test_damage_of_all_that_is_kept_is_told_beside_the_registrys_fault(
    registry: FakeRegistry, packages: list[Package], start_service: Start, tmp_path: Path
) -> None:
    registry.register("1", packages[0])
    first = start_service().wait_ready()
    wait_remembered(tmp_path)
    first.stop()
    (tmp_path / "models/CovertypeModel/last_good.json").write_text("")
    for model in tmp_path.glob("models/CovertypeModel/1-*/model.onnx"):
        model.write_bytes(b"damaged")
    with registry.down():
        service = start_service()
        wait_failure(service, "registry_unreachable")
        wait_until(lambda: "MLFLOW" in str(service.model()["last_error"]), 10, "both faults")
        detail = service.client.get("/health/ready").json()["detail"]
        assert "last_good.json is damaged" in detail
        assert "model.onnx has the sha256" in detail


def test_models_folder_that_cannot_be_written_is_reported(
    registry: FakeRegistry, packages: list[Package], start_service: Start, tmp_path: Path
) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    registry.register("1", packages[0])
    service = start_service()
    wait_failure(service, "store")
    assert "permissions" in service.model()["last_error"]
    assert service.client.get("/health/live").status_code == 200


def test_old_versions_are_pruned(
    registry: FakeRegistry, packages: list[Package], start_service: Start, tmp_path: Path
) -> None:
    service = start_service(models_kept=2)
    for version in ("9", "10", "11", "12"):
        registry.register(version, packages[int(version) % 3])
        service.wait_for(version)
    wait_until(lambda: installed(tmp_path) == ["11", "12"], 10, "the old versions to go")
    registry.register("3", packages[0])
    service.wait_for("3")
    wait_until(lambda: installed(tmp_path) == ["11", "12", "3"], 10, "the serving one to stay")
