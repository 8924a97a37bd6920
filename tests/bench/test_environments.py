"""Peers live in environments of their own, pinned; one that cannot be made is skipped."""

import re
from pathlib import Path

import pytest

from bench.environments import Environments, pinned_version
from bench.errors import CannotInstall
from bench.targets import TARGETS
from demo.supervisor import Supervisor
from tests.support.servers import REPO

PEERS = [target.environment for target in TARGETS if target.environment is not None]
FOLDER = REPO / "bench" / "environments"


@pytest.mark.parametrize("peer", PEERS)
def test_what_is_asked_for_is_what_is_pinned(peer: str) -> None:
    asked = re.findall(r"^([a-z]+)==(\S+)$", (FOLDER / f"{peer}.in").read_text(), re.MULTILINE)
    pinned = (FOLDER / f"{peer}.txt").read_text()
    assert (peer, pinned_version(peer)) in asked
    for name, version in asked:
        assert re.search(rf"^{name}=={re.escape(version)}\b", pinned, re.MULTILINE), name
    assert "://" not in pinned


@pytest.mark.parametrize("peer", PEERS)
def test_peers_run_the_model_with_the_projects_onnx_runtime(peer: str) -> None:
    pinned = re.search(r"^onnxruntime==(\S+)", (FOLDER / f"{peer}.txt").read_text(), re.MULTILINE)
    ours = re.search(r"^onnxruntime==(\S+)", (REPO / "requirements.lock").read_text(), re.MULTILINE)
    assert pinned is not None
    assert ours is not None
    assert pinned[1] == ours[1]


def test_a_peer_that_cannot_be_installed_is_named(
    tmp_path: Path, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    environments = Environments(tmp_path / "envs", tmp_path / "logs", supervisor)
    with pytest.raises(CannotInstall, match=r"litserve \S+ cannot be installed here") as caught:
        environments.provide("litserve")
    assert caught.value.excerpt  # what uv said
    assert supervisor.children == []
    with pytest.raises(CannotInstall):  # half an environment is none
        environments.provide("litserve")
