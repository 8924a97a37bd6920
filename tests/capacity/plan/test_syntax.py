"""A text that is no YAML, or more YAML than a plan needs, is refused with its line."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capacity.errors import BadPlan
from capacity.plan.reading import read_plan
from tests.capacity.plan.texts import GOOD, changed

CASES = {
    "an empty file": ("# nothing\n", "line 1: the file is empty; expected the fields of a plan"),
    "a list": ("- a\n", "line 1: expected the fields of a plan, found a list of 1"),
    "a text": ("hello\n", 'line 1: expected the fields of a plan, found "hello"'),
    "a colon too many": (
        changed("name: mine", "name: mine: yours"),
        "line 1: column 11: a colon that does not fit here: quote a text that holds one, and "
        "check the indentation",
    ),
    "a tab": (
        changed("  p95_ms", "\tp95_ms"),
        "line 10: column 1: a character that no value can begin with; quote the text, and indent "
        "with spaces instead of tabs",
    ),
    "bad indentation": (
        changed("    spawn_rate: 50", "   spawn_rate: 50"),
        "line 7: column 4: the indentation does not fit the lines above",
    ),
    "an open bracket": (
        changed("{samples: 1}", "{samples: 1"),
        "line 9: column 10: a comma or } is missing",
    ),
    "an open quote": (
        changed("name: mine", 'name: "mine'),
        "line 11: column 1: a quoted text does not end",
    ),
    "two documents": (
        GOOD + "---\nname: other\n",
        "line 11: column 1: a second document begins; a plan is one",
    ),
    "an alias": (
        changed("name: mine", "name: &it mine") + "description: *it\n",
        "line 11: the alias *it: plans have none; write the value again",
    ),
    "a tag": (
        changed("name: mine", "name: !!python/name:os.system mine"),
        "line 1: the tag tag:yaml.org,2002:python/name:os.system: plans have none; write the "
        "plain value",
    ),
    "too deep": (
        changed("name: mine", "name: " + "[" * 10_000),
        "line 1: values are nested more than 20 deep",
    ),
    "a control character": (
        changed("mine", "mi\0ne"),
        "line 1: a character that YAML does not allow: 0x0",
    ),
    "half a character": (
        changed("mine", r'"\ud800"'),
        r"line 1: an escape such as \uD800 that is no character",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_the_first_thing_that_is_not_understood_is_named(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(text.encode())
    with pytest.raises(BadPlan) as caught:
        read_plan(str(path))
    assert str(caught.value).splitlines()[0] == f"{path}, {expected}"


def test_bytes_that_are_no_utf_8_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: mine\ndescription: caf\xe9\n")
    with pytest.raises(BadPlan, match="line 2: bytes that are no UTF-8; save the file as UTF-8"):
        read_plan(str(path))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("#" * 70_000)
    with pytest.raises(BadPlan, match="more than 65,536 bytes"):
        read_plan(str(path))


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadPlan, match="cannot be read"):
        read_plan(f"{tmp_path}/")


def _texts() -> st.SearchStrategy[str]:
    """Plans with a part cut out and something else put in."""
    part = st.tuples(st.integers(0, len(GOOD)), st.integers(0, 20))
    filling = st.text(max_size=12) | st.sampled_from(
        [
            "- ",
            ": ",
            "{",
            "]",
            "&a ",
            "*a",
            "!!int ",
            "\n",
            "\t",
            "? ",
            "|\n",
            '"\\uD800"',
            '"\\UFFFFFFFF"',
        ]
    )
    return st.tuples(part, filling).map(
        lambda it: GOOD[: it[0][0]] + it[1] + GOOD[it[0][0] + it[0][1] :]
    )


def _values() -> st.SearchStrategy[str]:
    """Plans with what may or may not be a number in the place of one."""
    value = st.text(alphabet="0123456789eE+-._:xo~ ", max_size=8)
    return value.map(lambda text: changed("1000", text))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=_texts() | _values() | st.text(max_size=80))
def test_any_text_is_a_plan_or_refused_with_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert _lines_without_place(path) == []


def _lines_without_place(path: Path) -> list[str]:
    """What a message says without naming file and line; nothing for a good plan."""
    try:
        read_plan(str(path))
    except BadPlan as error:
        place = re.compile(rf"{re.escape(str(path))}, line \d+")
        return [line for line in str(error).splitlines() if not place.match(line)]
    return []
