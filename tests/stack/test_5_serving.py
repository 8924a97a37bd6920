"""Every replica serves the champion, and answers what the champion's file answers."""

import json
import re
from typing import Any

import httpx
import numpy as np
import onnxruntime
import pytest

from covertype.schema import COVER_TYPES, FEATURE_NAMES, MODEL_NAME
from tests.images.containers import ROOT
from tests.stack.containers import container, containers
from tests.stack.stack import SHARED_NETWORK, Champion, Stack

pytestmark = pytest.mark.stack

GOLDEN_ROWS = 200


@pytest.fixture(scope="module")
def champion(stack: Stack) -> Champion:
    return stack.champion()


def readme_body() -> str:
    """The row of README's example."""
    text = (ROOT / "README.md").read_text()
    found = re.search(r"curl -X POST localhost:8081/predict/.*?-d '(.*?)'", text, re.DOTALL)
    assert found
    return found[1]


def assert_is_prediction(answer: Any, champion: Champion) -> None:
    assert (answer["model"], answer["version"]) == (MODEL_NAME, champion.version)
    assert answer["cover_type"] == COVER_TYPES[answer["prediction"]]


def test_every_process_of_every_replica_serves_the_champion(
    stack: Stack, champion: Champion
) -> None:
    settings = stack.settings
    workers = settings.fastapi_workers or max(1, int(settings.fastapi_cpus))
    for replica in containers("fastapi"):
        ((_, model),) = replica.inside("ask", "localhost", "8081", "/model").items()
        assert model["version"] == champion.version
        assert model["sha256"] == champion.tags["onnx_sha256"]
        assert list(model["processes"].values()) == [champion.version] * workers


def test_the_readme_request_works_from_this_machine(stack: Stack, champion: Champion) -> None:
    answer = stack.web.post(
        f"{stack.gateway}/predict/",
        content=readme_body(),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == httpx.codes.OK
    assert_is_prediction(answer.json(), champion)


@pytest.mark.parametrize("name", ["gateway", "fastapi"])
def test_a_neighbour_on_the_network_gets_predictions(champion: Champion, name: str) -> None:
    answers = container("random-data-api").inside("ask", name, "8081", "/predict/", readme_body())

    assert answers.keys() == {each.addresses[SHARED_NETWORK] for each in containers(name)}
    for answer in answers.values():
        assert_is_prediction(answer, champion)


def test_predictions_are_those_of_the_champions_file(stack: Stack, champion: Champion) -> None:
    batch = stack.json(f"{stack.random_data}/data", group_number=5, batch_number=1)["data"]
    rows = [list(map(float, row[: len(FEATURE_NAMES)])) for row in batch[:GOLDEN_ROWS]]
    session = onnxruntime.InferenceSession(
        stack.artifact(f"{champion.folder}/model.onnx"), providers=["CPUExecutionProvider"]
    )
    (name,) = (each.name for each in session.get_inputs())
    labels, *_ = session.run(None, {name: np.array(rows, dtype=np.float32)})

    answers = [
        stack.web.post(f"{stack.gateway}/predict/", json=dict(zip(FEATURE_NAMES, row, strict=True)))
        for row in rows
    ]

    assert len(rows) == GOLDEN_ROWS
    assert [answer.json()["prediction"] for answer in answers] == labels.tolist()
    # Rows that all have the same class would show little.
    assert len(set(labels.tolist())) > 1


def test_one_replica_of_many_cannot_be_reloaded_through_the_gateway(stack: Stack) -> None:
    answer = stack.web.post(f"{stack.gateway}/reload_models/")

    assert answer.status_code == httpx.codes.FORBIDDEN
    assert json.loads(answer.content)["detail"]
