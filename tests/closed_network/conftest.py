"""The scripts of `make images` and `make engine` on a machine where nothing is real but them."""

from pathlib import Path

import pytest

from tests.closed_network.fake_docker import FakeDocker
from tests.closed_network.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def docker(machine: Machine) -> FakeDocker:
    return machine.docker
