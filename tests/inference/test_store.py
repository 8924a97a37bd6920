"""The models folder: whole versions or none, and safe for several processes."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inference.errors import StoreError
from inference.store import ModelStore
from inference.versions import ModelVersion, model_version

TAGS = {"onnx_sha256": "a" * 64, "golden_sha256": "b" * 64}


def version(number: str) -> ModelVersion:
    return model_version("Model", number, TAGS)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path, "Model", keep=2)


def install(store: ModelStore, number: str, content: str = "x") -> None:
    staging = store.stage(version(number))
    (staging / "model.onnx").write_text(content)
    store.install(staging, version(number))


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "Model").iterdir())


def test_version_appears_only_when_installed(store: ModelStore, tmp_path: Path) -> None:
    staging = store.stage(version("1"))
    assert not store.has(version("1"))
    store.install(staging, version("1"))
    assert store.has(version("1"))
    assert names(tmp_path) == [f"1-{'a' * 12}"]


def test_first_of_two_processes_wins(store: ModelStore, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(install, store, "1", str(number)) for number in range(8)]:
            done.result()
    assert names(tmp_path) == [f"1-{'a' * 12}"]
    assert (store.folder_of(version("1")) / "model.onnx").exists()


def test_discard_twice_is_harmless(store: ModelStore, tmp_path: Path) -> None:
    install(store, "1")
    store.discard(version("1"))
    store.discard(version("1"))
    assert names(tmp_path) == []


def test_last_good_is_what_was_remembered(store: ModelStore) -> None:
    assert store.last_good() is None
    store.remember(version("1"))
    store.remember(version("2"))
    assert store.last_good() == version("2")


def test_verified_versions_come_last_verified_first(store: ModelStore, tmp_path: Path) -> None:
    assert store.verified() == []
    for seconds, number in enumerate(("2", "10", "1")):
        install(store, number)
        store.remember(version(number))
        os.utime(store.folder_of(version(number)) / "verified.json", (seconds, seconds))
    install(store, "11")  # downloaded, never verified
    assert [each.version for each in store.verified()] == ["1", "10", "2"]
    assert store.verified()[0] == version("1")
    (store.folder_of(version("10")) / "verified.json").write_text('{"version": "10"')
    (store.folder_of(version("2")) / "verified.json").write_bytes(
        (tmp_path / "Model/last_good.json").read_bytes()  # it is about version 1
    )
    assert [each.version for each in store.verified()] == ["1"]


def test_version_whose_folder_is_gone_is_still_remembered(store: ModelStore) -> None:
    store.remember(version("1"))
    assert store.last_good() == version("1")
    assert store.verified() == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", "null", '{"version": "1", "tags": {}}', '{"version": "../1", "tags": {}}', "\x00"],
)
def test_damaged_pointer_says_what_to_do(store: ModelStore, tmp_path: Path, content: str) -> None:
    (tmp_path / "Model").mkdir()
    (tmp_path / "Model/last_good.json").write_text(content)
    with pytest.raises(StoreError, match="delete it"):
        store.last_good()


def test_prune_keeps_the_newest_the_serving_and_the_last_good(
    store: ModelStore, tmp_path: Path
) -> None:
    for number in ("1", "2", "3", "9", "10"):
        install(store, number)
    store.remember(version("2"))
    store.prune(serving=version("1"))
    kept = {name.partition("-")[0] for name in names(tmp_path) if "-" in name}
    assert kept == {"1", "2", "9", "10"}


def test_prune_clears_what_a_killed_process_left(store: ModelStore, tmp_path: Path) -> None:
    install(store, "1")
    old, new = store.stage(version("2")), store.stage(version("3"))
    os.utime(old, (1, 1))
    (tmp_path / "Model/unrelated").mkdir()
    store.prune(serving=version("1"))
    assert not old.exists()
    assert new.exists()
    assert (tmp_path / "Model/unrelated").exists()
