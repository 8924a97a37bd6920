"""Whatever goes wrong with the next version, the serving one serves on and the cause is counted."""

import gc
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inference.errors import VersionRefusedError
from inference.model import ServedModel
from inference.verify import check_golden_rows
from tests.inference.conftest import Follower
from tests.inference.fake_registry import FakeRegistry, Fault
from tests.inference.models import Package, golden_rows, sample_rows, tree_model

LOW = [2000.0, *sample_rows(1)[0][1:]]
Make = Callable[..., Follower]


@pytest.mark.parametrize(
    ("endpoint", "fault", "reason"),
    [
        ("alias", "error", "registry_answer"),
        ("alias", "html", "registry_answer"),
        ("alias", "redirect", "registry_answer"),
        ("alias", "huge", "registry_answer"),
        ("alias", "array", "registry_answer"),
        ("alias", "odd", "registry_answer"),
        ("alias", "truncated", "registry_unreachable"),
        ("alias", "slow", "registry_unreachable"),
        ("uri", "error", "registry_answer"),
        ("uri", "array", "registry_answer"),
        ("uri", "odd", "registry_answer"),
        ("model.onnx", "error", "registry_answer"),
        ("model.onnx", "html", "checksum"),
        ("model.onnx", "missing", "artifact_missing"),
        ("model.onnx", "truncated", "registry_unreachable"),
        ("model.onnx", "huge", "artifact_too_large"),
        ("model.onnx", "slow", "registry_unreachable"),
        ("golden_rows.json", "html", "checksum"),
    ],
)
def test_faulty_registry_changes_nothing(
    registry: FakeRegistry,
    packages: list[Package],
    make_follower: Make,
    tmp_path: Path,
    endpoint: str,
    fault: Fault,
    reason: str,
) -> None:
    registry.register("1", packages[0])
    follower = make_follower(
        registry_timeout_seconds=0.3, download_timeout_seconds=0.3, max_model_bytes=2_000_000
    )
    assert follower.poll().changed
    registry.faults[endpoint] = fault
    registry.register("2", packages[1])
    poll = follower.poll()
    assert poll.failure is not None
    assert poll.failure.reason == reason
    assert not poll.changed
    assert follower.failures == [reason]
    assert follower.version == "1"
    assert follower.predict(LOW) == 2
    folders = {path.name[0] for path in (tmp_path / "models/CovertypeModel").iterdir()}
    assert folders == {"1", "l"}, "version 1 and last_good.json, nothing half done"
    registry.faults.clear()
    assert follower.poll(nudge=True).failure is None
    assert follower.predict(LOW) == 3


def altered(package: Package) -> Package:
    """Another model under the tags of this one."""
    other = tree_model(5, 6).SerializeToString()
    return Package(other, package.golden, package.tags)


def with_model(**changes: Any) -> Package:
    """A model that breaks the contract, beside golden rows of one that keeps it."""
    onnx = tree_model(**changes).SerializeToString()
    return Package(onnx, golden_rows(tree_model().SerializeToString()))


def with_golden(package: Package, **changes: Any) -> Package:
    return Package(package.onnx, json.dumps({**json.loads(package.golden), **changes}).encode())


BAD_PACKAGES: dict[str, tuple[str, Callable[[Package], Package]]] = {
    "altered model": ("checksum", altered),
    "no checksum": ("missing_tags", lambda good: good.tagged(onnx_sha256="")),
    "bad checksum": ("missing_tags", lambda good: good.tagged(golden_sha256="../../etc")),
    "not ONNX": ("invalid_model", lambda good: Package(b"no model", good.golden)),
    "half of it": ("invalid_model", lambda good: Package(good.onnx[:-40], good.golden)),
    "feature names": ("signature", lambda _: with_model(feature_names=["Slope"])),
    "feature order": (
        "signature",
        lambda _: with_model(feature_names=sorted(tree_model_features())),
    ),
    "input name": ("signature", lambda _: with_model(input_name="x")),
    "input width": ("signature", lambda _: with_model(width=11)),
    "unknown class": ("signature", lambda _: with_model(classes=[1, 2, 8])),
    "class twice": ("signature", lambda _: with_model(classes=[1, 2, 2])),
    "other model": ("golden_rows", lambda _: with_model(low=5)),
    "golden HTML": ("golden_rows", lambda good: Package(good.onnx, b"<html>")),
    "no golden rows": ("golden_rows", lambda good: with_golden(good, rows=[], predictions=[])),
    "golden names": ("golden_rows", lambda good: with_golden(good, features=["a"])),
    "golden labels": ("golden_rows", lambda good: with_golden(good, predictions=[1] * 20)),
    "golden shares": (
        "golden_rows",
        lambda good: with_golden(good, probabilities=[[0.5] * 7] * 20),
    ),
    "golden width": ("golden_rows", lambda good: with_golden(good, probabilities=[[1.0]] * 20)),
}


def tree_model_features() -> list[str]:
    return list(json.loads(tree_model().metadata_props[0].value))


@pytest.mark.parametrize("kind", BAD_PACKAGES)
def test_bad_version_is_refused(
    registry: FakeRegistry, packages: list[Package], make_follower: Make, kind: str
) -> None:
    reason, make = BAD_PACKAGES[kind]
    registry.register("1", packages[0])
    follower = make_follower()
    follower.poll()
    registry.register("2", make(packages[1]))
    follower.poll()
    assert follower.failures == [reason]
    assert follower.manager.last_failure is not None
    assert follower.predict(LOW) == 2
    registry.register("3", packages[2])
    assert follower.poll().failure is None
    assert follower.predict(LOW) == 5


@pytest.mark.parametrize("seed", range(3))
def test_damaged_model_never_raises_anything_else(
    packages: list[Package], tmp_path: Path, seed: int
) -> None:
    """Even if it was damaged before its checksum was registered."""
    generator = random.Random(seed)
    path = tmp_path / "model.onnx"
    for _ in range(60):
        content = bytearray(packages[0].onnx)
        for _ in range(generator.choice([1, 2, 5])):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path.write_bytes(content)
        with suppress(VersionRefusedError):
            check_golden_rows(ServedModel.load(path), packages[0].golden)


def test_version_that_is_no_number_is_refused(
    registry: FakeRegistry, packages: list[Package], make_follower: Make, tmp_path: Path
) -> None:
    registry.register("../../x", packages[0])
    follower = make_follower()
    follower.poll()
    assert follower.failures == ["registry_answer"]
    assert not (tmp_path / "models").exists()


def test_artifacts_outside_the_proxy_are_refused_with_advice(
    registry: FakeRegistry, packages: list[Package], make_follower: Make
) -> None:
    registry.artifact_scheme = "s3"
    registry.register("1", packages[0])
    follower = make_follower()
    assert "--artifacts-destination" in str(follower.poll().failure)


def test_refused_version_is_left_alone_for_a_pause_that_doubles(
    registry: FakeRegistry, packages: list[Package], make_follower: Make
) -> None:
    registry.register("1", altered(packages[0]))
    follower = make_follower()
    for seconds, result in [(0, "failed"), (14, "paused"), (2, "failed"), (28, "paused")]:
        follower.now += seconds
        assert follower.poll().failure is not None
        assert follower.results[-1] == result
    follower.now += 3
    follower.poll()
    assert follower.results[-1] == "failed"
    assert registry.downloads() == 3
    follower.now += 1_000_000
    follower.poll()
    assert follower.results[-1] == "failed"


def test_nudge_and_new_tags_end_the_pause(
    registry: FakeRegistry, packages: list[Package], make_follower: Make
) -> None:
    registry.register("1", altered(packages[0]))
    follower = make_follower()
    follower.poll()
    assert follower.poll(nudge=True).failure is not None
    assert follower.results == ["failed", "failed"]
    registry.register("1", packages[0].tagged(note="mended"))
    assert follower.poll().changed


def test_registry_that_fails_is_asked_at_each_poll(
    registry: FakeRegistry, packages: list[Package], make_follower: Make
) -> None:
    registry.register("1", packages[0])
    registry.faults["model.onnx"] = "error"
    follower = make_follower()
    follower.poll()
    follower.poll()
    assert follower.results == ["failed", "failed"]
    registry.faults.clear()
    assert follower.poll().changed


def test_repeated_failure_is_logged_once(
    make_follower: Make, caplog: pytest.LogCaptureFixture
) -> None:
    follower = make_follower()
    for _ in range(5):
        follower.poll()
    assert follower.failures == ["no_champion"] * 5
    assert len(caplog.records) == 1


def _models_in_memory() -> list[ServedModel]:
    return [each for each in gc.get_objects() if isinstance(each, ServedModel)]


def test_only_the_serving_model_stays_in_memory(
    registry: FakeRegistry, packages: list[Package], make_follower: Make
) -> None:
    others = _models_in_memory()
    follower = make_follower()
    for version, bad in [("1", False), ("2", False), ("3", True), ("4", False), ("5", True)]:
        good = packages[int(version) % 3]
        registry.register(version, with_golden(good, predictions=[1] * 20) if bad else good)
        follower.poll()
        # Without a collection: a model of some hundred megabytes must not wait for one.
        assert len(_models_in_memory()) == len(others) + 1
    assert follower.versions == ["1", "2", "4"]
