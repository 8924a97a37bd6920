"""Whatever is wrong with a plan is named with its line, its field, and what was expected."""

import re
from pathlib import Path

import pytest

from capacity.errors import BadPlan
from capacity.plan.reading import read_plan
from tests.capacity.plan.texts import GOOD, changed

CASES = {
    "a text for a number": (
        changed("users: 1000", "users: many"),
        'line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found "many"',
    ),
    "a number in quotes": (
        changed("users: 1000", 'users: "1000"'),
        'line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found "1000"',
    ),
    "true for a number": (
        changed("users: 1000", "users: yes"),
        "line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found yes",
    ),
    "nothing for a number": (
        changed("users: 1000", "users:"),
        "line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found nothing",
    ),
    "a fraction": (
        changed("samples: 1", "samples: 1.5"),
        "line 8, load.limit.samples: expected a whole number from 1 to 20, found 1.5",
    ),
    "out of range": (
        changed("cpus: 0.5", "cpus: 0"),
        "line 3, configurations[0].cpus: expected a number above 0 and up to 256, found 0",
    ),
    "infinite": (
        changed("p95_ms: 100", "p95_ms: .inf"),
        'line 10, objective.p95_ms: expected a number above 0, found ".inf"',
    ),
    "too large to be finite": (
        changed("p95_ms: 100", "p95_ms: 1e999"),
        "line 10, objective.p95_ms: expected a number above 0, found 1e999",
    ),
    "an exponent alone": (
        changed("users: 1000", "users: e5"),
        'line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found "e5"',
    ),
    "octal": (
        changed("users: 1000", "users: 0100"),
        'line 6, load.closed.users: expected a whole number from 1 to 1,000,000, found "0100"',
    ),
    "no size": (
        changed("400M", "lots"),
        "line 3, configurations[0].memory: expected a size from 32M to 1024G, such as 400M or "
        '1.5G, found "lots"',
    ),
    "too small a size": (
        changed("400M", "8M"),
        "line 3, configurations[0].memory: expected a size from 32M to 1024G, such as 400M or "
        '1.5G, found "8M"',
    ),
    "no duration": (
        changed("samples: 1", "duration: 1:30"),
        "line 8, load.limit.duration: expected a duration of at most 24h, such as 30s or 1m30s, "
        'found "1:30"',
    ),
    "a bad name": (
        changed("name: mine", "name: My plan"),
        "line 1, name: expected a name of at most 41 small letters, digits and hyphens, found "
        '"My plan"',
    ),
    "an unknown choice": (
        GOOD + "kind: cloud\n",
        'line 11, kind: expected one of compose, embedded, found "cloud"',
    ),
    "a text for a switch": (
        GOOD + "service: {pause_training: 1}\n",
        "line 11, service.pause_training: expected true or false, found 1",
    ),
    "a list for fields": (
        changed("  p95_ms: 100", "  - 100"),
        "line 9, objective: expected fields, such as p95_ms, p99_ms, failed, refused, goodput, "
        "found a list of 1",
    ),
    "fields for a list": (
        changed("  - {cpus: 0.5, memory: 400M}", "  cpus: 0.5"),
        "line 2, configurations: expected a list, found fields",
    ),
    "an empty list": (
        GOOD + "grid: {cpus: [1], memory: [], replicas: [1]}\n",
        "line 11, grid.memory: expected a list of at least one, found an empty list",
    ),
    "a list of another length": (
        changed("spawn_rate: 50", "spawn_rate: 50\n    wait: [1]"),
        "line 8, load.closed.wait: expected a list of 2, found a list of 1",
    ),
    "too long a list": (
        changed("spawn_rate: 50", "spawn_rate: 50\n    wait: [1, 2, 3]"),
        "line 8, load.closed.wait: expected a list of 2, found a list of 3",
    ),
    "waits in the wrong order": (
        changed("spawn_rate: 50", "spawn_rate: 50\n    wait: [3, 1]"),
        "line 5, load.closed: expected the shorter wait first, found [3.0, 1.0]",
    ),
    "an item of a list": (
        GOOD + "grid: {cpus: [1, x], memory: [1G], replicas: [1]}\n",
        'line 11, grid.cpus[1]: expected a number above 0 and up to 256, found "x"',
    ),
    "a missing field": (
        changed("    spawn_rate: 50\n", ""),
        "line 5, load.closed.spawn_rate: is missing; expected a number above 0 and up to 1,000,000",
    ),
    "a missing part": (
        changed("objective:\n  p95_ms: 100\n", ""),
        "line 1, objective: is missing; expected fields, such as p95_ms, p99_ms, failed, refused, "
        "goodput",
    ),
    "no load": (
        changed("\n  closed:\n    users: 1000\n    spawn_rate: 50\n  limit: {samples: 1}", " {}"),
        "line 4, load: expected at least one of closed, open, limit",
    ),
    "no latency": (
        changed("p95_ms: 100", "failed: 0"),
        "line 9, objective: expected at least one of p95_ms and p99_ms",
    ),
    "no configurations": (
        changed("configurations:\n  - {cpus: 0.5, memory: 400M}\n", ""),
        "line 1: expected configurations, grid or both",
    ),
    "a misspelt field": (
        changed("spawn_rate: 50", "spawn_rate: 50\n    duraton: 30s"),
        'line 8, load.closed.duraton: unknown field; did you mean "duration"?',
    ),
    "an unknown field": (
        GOOD + "target: {rate: 5, zzz: 1}\n",
        "line 11, target.zzz: unknown field; the fields here are rate, headroom, failures",
    ),
    "a field with a name over two lines": (
        GOOD + '"no\\nname": 1\n',
        'line 11, no name: unknown field; did you mean "name"?',
    ),
    "a field twice": (
        GOOD + "name: other\n",
        "line 11, name: is there twice; the first is in line 1",
    ),
    "a list as a name": (
        GOOD + "? [a]\n: 1\n",
        "line 11: expected the name of a field, found a list or fields",
    ),
    "a fault of the short form": (
        GOOD + "short:\n  load:\n    closed: {users: many}\n",
        "line 13, short.load.closed.users: expected a whole number from 1 to 1,000,000, "
        'found "many"',
    ),
    "something missing in the short form": (
        GOOD + "short:\n  load:\n    open: {duration: 3s}\n",
        "line 13, short.load.open.rates: is missing; expected a list of at least one",
    ),
    "a short form that is no form": (
        GOOD + "short: [1]\n",
        "line 11, short: expected fields of a plan, found a list of 1",
    ),
    "a short form that leaves nothing": (
        GOOD + "short: {load: {closed: null, limit: null}}\n",
        "line 4, load: in short: expected at least one of closed, open, limit",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("short", [False, True])
def test_a_fault_is_named(tmp_path: Path, text: str, expected: str, *, short: bool) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(BadPlan) as caught:
        read_plan(str(path), short=short)
    assert str(caught.value).splitlines()[0] == f"{path}, {expected}"


def test_all_faults_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    text = GOOD.replace("mine", "Mine").replace("1000", "many").replace("p95_ms", "p59_ms")
    path.write_text(text + "short: {repeats: 0}\n")
    with pytest.raises(BadPlan) as caught:
        read_plan(str(path))
    found = [re.findall(r"line (\d+), (\S+):", line) for line in str(caught.value).splitlines()]
    assert found == [
        [("1", "name")],
        [("6", "load.closed.users")],
        [("10", "objective.p59_ms")],
        [("11", "short.repeats")],
    ]


def test_a_missing_file_comes_with_the_shipped_plans(tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match=r"there is no such file \(shipped plans: embedded, search"):
        read_plan(str(tmp_path / "none.yaml"))


def test_a_misspelt_name_comes_with_a_hint() -> None:
    with pytest.raises(
        BadPlan, match=r"there is no plan 'sede'; did you mean \"seed\"\? \(shipped"
    ):
        read_plan("sede")
