"""The champion is a finished demo's, in a copy that no later demo can change."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.champion import Champion, provide
from console.errors import AnswerError, SettingsError
from demo.supervisor import Supervisor
from tests.bench.conftest import Output, finished_demo
from tests.inference.models import package

Find = Callable[[], Champion]


@pytest.fixture
def find(tmp_path: Path, supervisor: Supervisor, output: Output) -> Find:
    folder = tmp_path / "bench" / "champion"
    return lambda: provide(tmp_path, folder, supervisor, output.progress)


def test_it_is_the_demos(tmp_path: Path, find: Find) -> None:
    model = package()
    finished_demo(tmp_path, "3", model)
    champion = find()
    assert (champion.version, champion.sha256) == ("3", model.tags["onnx_sha256"])
    assert champion.onnx.read_bytes() == model.onnx
    assert (champion.mlflow_model / "MLmodel").is_file()
    assert (champion.models / "CovertypeModel" / "last_good.json").is_file()


def test_the_copy_serves_while_another_demo_runs(tmp_path: Path, find: Find) -> None:
    demo = finished_demo(tmp_path, "1", package())
    first = find()
    shutil.rmtree(demo)  # a demo that begins clears its folder
    assert find() == first


def test_the_next_demos_champion_takes_its_place(tmp_path: Path, find: Find) -> None:
    demo = finished_demo(tmp_path, "1", package())
    find()
    shutil.rmtree(demo)
    another = package(low=3)
    finished_demo(tmp_path, "1", another)
    champion = find()
    assert champion.sha256 == another.tags["onnx_sha256"]
    assert champion.is_whole()


def test_a_damaged_copy_is_made_again(tmp_path: Path, find: Find) -> None:
    model = package()
    finished_demo(tmp_path, "1", model)
    find().onnx.write_bytes(b"damaged")
    assert find().onnx.read_bytes() == model.onnx


def test_a_demo_that_has_not_ended_gives_no_champion(tmp_path: Path, find: Find) -> None:
    demo = finished_demo(tmp_path, "1", package())
    (demo / "summary.json").unlink()
    # Then the demo's steps would make one; this repository has no .env for them.
    with pytest.raises(SettingsError):
        find()


def test_a_registry_without_the_champions_file_is_named(tmp_path: Path, find: Find) -> None:
    demo = finished_demo(tmp_path, "1", package())
    (model,) = demo.rglob("MLmodel")
    model.unlink()
    with pytest.raises(AnswerError, match=r"lacks the champion's file: run `make demo` again"):
        find()
