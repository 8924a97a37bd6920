"""Whoever waits in a turn gets an answer, also when the model fails or there is none."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from inference.answers import Answer
from inference.model import ServedModel
from inference.turn import Turn
from tests.inference.conftest import Service
from tests.inference.raw_http import connected, request
from tests.inference.test_wire import HIGH, LOW, ask, body


def test_without_a_model_the_short_way_says_so(start_service: Callable[..., Service]) -> None:
    service = start_service()
    with connected(service.address) as connection:
        for _ in range(2):
            answer = ask(connection, request(body()))
            assert answer.status == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["detail"]


def test_a_prediction_that_fails_is_answered(
    ready_service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(ready_service.address) as connection:
        ask(connection, request(body()))

        def fail(*_: Any) -> None:
            raise RuntimeError("out of order")

        monkeypatch.setattr(ServedModel, "predict", fail)
        answer = ask(connection, request(body()))
        assert answer.status == 500
        assert answer.json() == {"detail": "The service failed: its log says why"}
        assert "out of order" in caplog.text
        by_the_long_way = ask(connection, request(body(), headers={"X-New": "1"}))
        assert by_the_long_way.without_date() == answer.without_date()
        monkeypatch.undo()
        assert ask(connection, request(body())).status == 200


def test_a_class_that_the_model_does_not_list_is_an_error(
    ready_service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(_: ServedModel, features: Any) -> tuple[Any, Any]:
        return np.full(len(features), 99), np.zeros((len(features), 7))

    with connected(ready_service.address) as connection:
        ask(connection, request(body()))
        monkeypatch.setattr(ServedModel, "predict", odd)
        answer = ask(connection, request(body()))
    assert answer.status == 500
    assert "class 99" in answer.json()["detail"]
    assert "class 99" in caplog.text


def test_a_row_that_fails_does_not_harm_the_others_of_its_turn() -> None:
    class Client:
        status = 0

        def answered(self, answer: Answer) -> bool:
            self.status = answer.status
            return True

    def predict(rows: list[list[float]]) -> list[Answer]:
        if any(row[0] == HIGH for row in rows):
            raise RuntimeError("no place is that high")
        return [Answer(200, b"")] * len(rows)

    clients = [Client() for _ in range(3)]
    counted: list[int] = []

    async def one_turn() -> None:
        turn = Turn(predict, lambda status, _: counted.append(status))
        for client, elevation in zip(clients, (LOW, HIGH, LOW), strict=True):
            turn.add(client, body(elevation), 0.0)
        await asyncio.sleep(0)

    asyncio.run(one_turn())
    assert [client.status for client in clients] == counted == [200, 500, 200]
