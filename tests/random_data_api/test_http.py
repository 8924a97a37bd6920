"""The HTTP contract, with a clock that the test turns."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from covertype import schema
from randomdata.models import ErrorBody
from randomdata.settings import REPO_DATA_DIR

ApiMaker = Callable[..., Any]
INTERVAL = 300.0


def _read(api: Any, group: int = 1, batch: int | None = None) -> tuple[int, Any, str]:
    """Return the status, the batch number or error code, and the sha256 of the body."""
    parameters = {"group_number": group} | ({} if batch is None else {"batch_number": batch})
    answer = api.get("/data", params=parameters)
    body = answer.json()
    if answer.status_code != 200:
        return answer.status_code, ErrorBody.model_validate(body).detail.code, ""
    assert body["group_number"] == group
    return 200, body["batch_number"], hashlib.sha256(answer.content).hexdigest()


def test_answers_rows_of_13_strings(make_api: ApiMaker, small_rows: list[list[str]]) -> None:
    answer = make_api().get("/data", params={"group_number": 2})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["group_number", "batch_number", "data"]
    assert (body["group_number"], body["batch_number"]) == (2, 1)
    assert len(body["data"]) == 11
    assert all(row in small_rows[101:202] for row in body["data"])
    assert {len(row) for row in body["data"]} == {len(schema.COLUMNS)}


def test_a_group_from_its_first_batch_to_its_end(make_api: ApiMaker, clock: Any) -> None:
    api = make_api(min_update_time=INTERVAL)
    bodies = []
    for batch in range(1, 11):
        opened = _read(api)
        assert opened[:2] == (200, batch)
        clock.now += INTERVAL - 1
        assert _read(api) == opened
        bodies.append(opened)
        clock.now += 1
    assert len({digest for _, _, digest in bodies}) == 10
    for _ in range(2):
        assert _read(api)[:2] == (400, "all_collected")
        clock.now += 10 * INTERVAL
    assert [_read(api, batch=batch) for batch in range(1, 11)] == bodies


def test_the_clock_runs_for_each_group_alone(make_api: ApiMaker, clock: Any) -> None:
    api = make_api(min_update_time=INTERVAL)
    _read(api, group=1)
    clock.now += INTERVAL / 2
    _read(api, group=2)
    clock.now += INTERVAL / 2
    assert _read(api, group=1)[1] == 2
    assert _read(api, group=2)[1] == 1


def test_an_interval_of_nothing_opens_a_batch_with_each_request(make_api: ApiMaker) -> None:
    api = make_api(min_update_time=0)
    assert [_read(api)[1] for _ in range(11)] == [*range(1, 11), "all_collected"]


def test_all_rows_are_served_once(make_api: ApiMaker, small_rows: list[list[str]]) -> None:
    api = make_api(min_update_time=0)
    served = [
        row
        for group in schema.GROUPS
        for _ in range(10)
        for row in api.get("/data", params={"group_number": group}).json()["data"]
    ]
    assert sorted(served) == sorted(small_rows)


def test_reading_a_batch_again_leaves_the_clock_alone(make_api: ApiMaker, clock: Any) -> None:
    api = make_api(min_update_time=INTERVAL)
    assert _read(api, batch=1)[:2] == (400, "batch_not_opened")
    first = _read(api)
    clock.now += INTERVAL
    assert _read(api, batch=1) == first
    assert _read(api, batch=2)[:2] == (400, "batch_not_opened")
    assert _read(api)[1] == 2
    assert _read(api, batch=1) == first


def test_restart_replays_identical_rows(make_api: ApiMaker, clock: Any) -> None:
    api = make_api(min_update_time=0)
    before = [_read(api) for _ in range(11)]
    _read(api, group=2)
    answer = api.get("/restart_data_generation", params={"group_number": 1})
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert _read(api, batch=1)[1] == "batch_not_opened"
    clock.now += 5
    assert [_read(api) for _ in range(11)] == before
    assert _read(api, group=2)[1] == 2


def test_a_group_that_never_started_can_be_restarted(make_api: ApiMaker) -> None:
    answer = make_api().get("/restart_data_generation", params={"group_number": 10})
    assert answer.json() == {"ok": True}


def test_a_new_process_goes_on_where_the_last_one_was(make_api: ApiMaker, clock: Any) -> None:
    api = make_api(min_update_time=INTERVAL)
    first = _read(api)
    clock.now += INTERVAL
    second = _read(api)
    clock.now += INTERVAL - 1
    again = make_api(min_update_time=INTERVAL)
    assert _read(again) == second
    assert _read(again, batch=1) == first
    clock.now += 1
    assert _read(again)[1] == 3


def test_seed_and_source_change_the_rows(make_api: ApiMaker, tmp_path: Path) -> None:
    digests = set()
    for seed in (42, 43):
        for values in ({}, {"data_source": "simulated", "data_dir": REPO_DATA_DIR}):
            state = tmp_path / f"{seed}-{len(values)}.json"
            digests.add(_read(make_api(data_seed=seed, state_file=state, **values))[2])
    assert len(digests) == 4


@pytest.mark.parametrize("path", ["/data", "/restart_data_generation"])
@pytest.mark.parametrize(
    ("query", "status", "code", "words"),
    [
        ("group_number=0", 400, "unknown_group", "There is no group 0. Send a group_number from 1"),
        ("group_number=11", 400, "unknown_group", "There is no group 11."),
        ("group_number=-1", 400, "unknown_group", "There is no group -1."),
        ("group_number=" + "9" * 4000, 400, "unknown_group", "no group with that number"),
        ("group_number=" + "9" * 5000, 422, "invalid_parameter", "group_number"),
        ("group_number=one", 422, "invalid_parameter", "not a whole number: group_number"),
        ("group_number=1.5", 422, "invalid_parameter", "not a whole number: group_number"),
        ("group_number=", 422, "invalid_parameter", "not a whole number: group_number"),
        ("group_number=%ED%A0%80", 422, "invalid_parameter", "not a whole number: group_number"),
        ("", 422, "invalid_parameter", "Missing"),
    ],
)
def test_a_wrong_group_is_refused(
    path: str, query: str, status: int, code: str, words: str, make_api: ApiMaker
) -> None:
    answer = make_api().get(f"{path}?{query}")
    assert answer.status_code == status
    detail = ErrorBody.model_validate(answer.json()).detail
    assert detail.code == code
    assert words in detail.message


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("batch_number=0", 400, "unknown_batch"),
        ("batch_number=11", 400, "unknown_batch"),
        ("batch_number=2", 400, "batch_not_opened"),
        ("batch_number=x", 422, "invalid_parameter"),
        ("batch_number=", 422, "invalid_parameter"),
    ],
)
def test_a_wrong_batch_is_refused(query: str, status: int, code: str, make_api: ApiMaker) -> None:
    api = make_api()
    _read(api)
    answer = api.get(f"/data?group_number=1&{query}")
    assert answer.status_code == status
    assert ErrorBody.model_validate(answer.json()).detail.code == code


def test_other_addresses_and_methods_answer_the_same_form(make_api: ApiMaker) -> None:
    api = make_api()
    missing = api.get("/nowhere")
    assert missing.status_code == 404
    assert ErrorBody.model_validate(missing.json()).detail.code == "not_found"
    wrong = api.post("/data")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET"
    assert ErrorBody.model_validate(wrong.json()).detail.code == "method_not_allowed"


def test_health_says_what_is_served(make_api: ApiMaker) -> None:
    api = make_api(min_update_time=0)
    expected = {
        "status": "ok",
        "source": "real",
        "file": "covertype.csv",
        "rows": 1_007,
        "groups": 10,
        "batches_opened": {},
    }
    assert api.get("/health").json() == expected
    _read(api, group=3)
    _read(api, group=3)
    assert api.get("/health").json() == {**expected, "batches_opened": {"3": 2}}


def test_health_of_simulated_rows(make_api: ApiMaker) -> None:
    health = make_api(data_source="simulated", data_dir=REPO_DATA_DIR).get("/health").json()
    assert (health["source"], health["file"], health["rows"]) == ("simulated", None, 581_012)


def test_a_state_that_breaks_later_is_a_503_that_says_what_to_do(
    make_api: ApiMaker, tmp_path: Path
) -> None:
    api = make_api()
    (tmp_path / "s/state.json").write_text("{", encoding="utf-8")
    for path in ("/data?group_number=1", "/data?group_number=1&batch_number=1", "/health"):
        answer = api.get(path)
        assert answer.status_code == 503
        detail = ErrorBody.model_validate(answer.json()).detail
        assert detail.code == "state_unavailable"
        assert "remove it to start every group from batch 1 again" in detail.message


def test_answers_are_not_cached(make_api: ApiMaker) -> None:
    api = make_api()
    for path in ("/data?group_number=1", "/data?group_number=0", "/data", "/health"):
        assert api.get(path).headers["cache-control"] == "no-store"


def test_root_leads_to_the_documentation(make_api: ApiMaker) -> None:
    answer = make_api().get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


def test_the_documentation_needs_no_other_server(make_api: ApiMaker) -> None:
    api = make_api()
    needed = re.findall(r'(?:src|href)="([^"]+)"', api.get("/docs").text)
    assert len(needed) == 3
    for file in needed:
        assert api.get(file).status_code == 200


def test_openapi_documents_every_answer(make_api: ApiMaker) -> None:
    paths = make_api().get("/openapi.json").json()["paths"]
    assert set(paths) == {"/data", "/restart_data_generation", "/health"}
    for name in ("/data", "/restart_data_generation"):
        assert set(paths[name]["get"]["responses"]) == {"200", "400", "422", "503"}
    assert "Batch" in json.dumps(paths["/data"]["get"]["responses"]["200"])
