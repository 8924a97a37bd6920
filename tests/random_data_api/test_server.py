"""Real uvicorn processes, started as a user starts them."""

import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from randomdata.settings import REPO_DATA_DIR

Starter = Callable[..., Any]
GROUP_1 = {"group_number": 1}


def test_the_same_bytes_after_a_kill(start_server: Starter, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "covertype.parquet").symlink_to(REPO_DATA_DIR / "covertype.parquet")
    environment = {"DATA_DIR": str(tmp_path / "real"), "MIN_UPDATE_TIME": "3600"}
    first = start_server(**environment)
    with first.client() as client:
        body = client.get("/data", params=GROUP_1).content
        assert client.get("/data", params=GROUP_1).content == body
    first.process.kill()
    first.process.wait()

    second = start_server(**environment)
    with second.client() as client:
        assert client.get("/health").json()["batches_opened"] == {"1": 1}
        assert client.get("/data", params=GROUP_1).content == body
        assert client.get("/data", params={**GROUP_1, "batch_number": 1}).content == body
    second.process.send_signal(signal.SIGTERM)
    second.process.wait(timeout=60)
    assert "Application shutdown complete" in second.text()


def test_two_servers_share_one_clock_under_load(start_server: Starter) -> None:
    servers = [start_server(MIN_UPDATE_TIME="0", LOG_LEVEL="warning") for _ in range(2)]
    with servers[0].client() as one, servers[1].client() as other:

        def read(i: int) -> tuple[int, Any]:
            client: httpx.Client = (one, other)[i % 2]
            answer = client.get("/data", params=GROUP_1)
            body = answer.json()
            if answer.status_code == 200:
                return 200, body["batch_number"]
            return answer.status_code, body["detail"]["code"]

        with ThreadPoolExecutor(8) as pool:
            answers = Counter(pool.map(read, range(40)))
    assert answers == {(400, "all_collected"): 30} | {(200, batch): 1 for batch in range(1, 11)}


def test_a_wrong_setting_stops_the_start_with_a_plain_message(start_server: Starter) -> None:
    server = start_server(DATA_SEED="x")
    assert server.process.wait(timeout=60) == 1
    assert "DATA_SEED='x'" in server.text()
    assert "Traceback" not in server.text()


def test_a_corrupt_state_file_stops_the_start(start_server: Starter, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"format":1,"groups"', encoding="utf-8")
    server = start_server(STATE_FILE=str(state))
    assert server.process.wait(timeout=60) == 1
    assert "Traceback" not in server.text()
    assert f"The state file {state} is corrupt" in server.text()
    assert "or remove it to start every group from batch 1 again" in server.text()
