"""YAML as a tree whose every value knows its line and its path.

Of YAML, plans use mappings, lists, texts, numbers, true, false and null. Tags and aliases are
refused: a plan needs neither, and a few nested aliases can expand to gigabytes. Numbers are
decimal alone, so that 010 is not eight and 1:30 is not ninety.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from capacity.plan.faults import Fault, Malformed

_DEEPEST: Final = 20
_WHOLE: Final = r"(?:0|[1-9][0-9_]{0,20})"
_PART: Final = r"\.[0-9]{1,20}"
_NUMBER: Final = re.compile(rf"[-+]?(?:{_WHOLE}(?:{_PART})?|{_PART})(?:[eE][-+]?[0-9]{{1,3}})?")
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_NULL: Final = "tag:yaml.org,2002:null"
# What PyYAML says, and what it means to someone who wrote the file.
_SYNTAX: Final = {
    "cannot start any token": "a character that no value can begin with; quote the text, and "
    "indent with spaces instead of tabs",
    "mapping values are not allowed": "a colon that does not fit here: quote a text that holds "
    "one, and check the indentation",
    "expected <block end>": "the indentation does not fit the lines above",
    "could not find expected ':'": "a name without a colon and a value",
    "expected ',' or ']'": "a comma or ] is missing",
    "expected ',' or '}'": "a comma or } is missing",
    "unexpected end of stream": "a quoted text does not end",
    "but found another document": "a second document begins; a plan is one",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file. ``shown`` is how a message names it."""

    value: "str | int | float | bool | dict[str, Node] | list[Node] | None"
    line: int
    path: str
    shown: str

    @property
    def plain(self) -> Any:
        """The value without lines and paths."""
        if isinstance(self.value, dict):
            return {name: node.plain for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value

    def merged(self, over: "Node") -> "Node":
        """This node with the values of another; mappings are merged, anything else replaced."""
        if not isinstance(self.value, dict) or not isinstance(over.value, dict):
            return over
        values = self.value | {
            name: self.value[name].merged(node) if name in self.value else node
            for name, node in over.value.items()
        }
        return Node(values, self.line, self.path, self.shown)


def read_tree(text: str) -> tuple[Node, list[Fault]]:
    """The tree of a YAML text, and what is wrong with its keys.

    Raises:
        Malformed: it is no YAML, has tags, aliases or several documents, is empty or too deep.
    """
    try:
        _refuse_the_unusual(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _malformed(error) from error
    except (ValueError, OverflowError) as error:  # PyYAML lets them pass from chr()
        raise Malformed(1, "an escape such as \\U0011FFFF that is no character") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"a character that YAML does not allow: {error.character:#x}"
        raise Malformed(line, message) from error
    if root is None:
        raise Malformed(1, "the file is empty; expected the fields of a plan")
    faults: list[Fault] = []
    return _node(root, root.start_mark.line + 1, "", faults), faults


def _malformed(error: yaml.MarkedYAMLError) -> Malformed:
    said = error.problem or error.context or "no YAML"
    meant = next((words for part, words in _SYNTAX.items() if part in said), said)
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Malformed(1, meant)
    return Malformed(mark.line + 1, f"column {mark.column + 1}: {meant}")


def _refuse_the_unusual(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            message = f"the alias *{event.anchor}: plans have none; write the value again"
            raise Malformed(line, message)
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
            raise Malformed(line, f"the tag {event.tag}: plans have none; write the plain value")
        if isinstance(event, yaml.ScalarEvent) and any(map(_is_surrogate, event.value)):
            raise Malformed(line, "an escape such as \\uD800 that is no character")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Malformed(line, f"values are nested more than {_DEEPEST} deep")


def _is_surrogate(character: str) -> bool:
    return "\ud800" <= character <= "\udfff"


def _node(found: yaml.Node, line: int, path: str, faults: list[Fault]) -> Node:
    if isinstance(found, yaml.MappingNode):
        return Node(_fields(found, path, faults), line, path, "fields")
    if isinstance(found, yaml.SequenceNode):
        items = [
            _node(item, item.start_mark.line + 1, f"{path}[{place}]", faults)
            for place, item in enumerate(found.value)
        ]
        return Node(items, line, path, f"a list of {len(items)}" if items else "an empty list")
    assert isinstance(found, yaml.ScalarNode)  # noqa: S101 - YAML has no fourth kind
    return _scalar(found, path)


def _fields(found: yaml.MappingNode, path: str, faults: list[Fault]) -> dict[str, Node]:
    fields: dict[str, Node] = {}
    for key, value in found.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            faults.append(Fault(line, path, "expected the name of a field, found a list or fields"))
            continue
        name = key.value
        shown = _shortened(" ".join(name.split())) or '""'
        here = f"{path}.{shown}" if path else shown
        if name in fields:
            first = fields[name].line
            faults.append(Fault(line, here, f"is there twice; the first is in line {first}"))
            continue
        fields[name] = _node(value, line, here, faults)
    return fields


def _scalar(found: yaml.ScalarNode, path: str) -> Node:
    text, line = found.value, found.start_mark.line + 1
    if found.style is not None:
        return Node(text, line, path, _quoted(text))
    if found.tag == _NULL:
        return Node(None, line, path, "nothing")
    if found.tag == _BOOLEAN:
        return Node(yaml.SafeLoader.bool_values[text.lower()], line, path, text)
    if _NUMBER.fullmatch(text):
        digits = text.replace("_", "")
        is_whole = digits.lstrip("+-").isdigit()
        return Node(int(digits) if is_whole else float(digits), line, path, _shortened(text))
    return Node(text, line, path, _quoted(text))


def _quoted(text: str) -> str:
    return f'"{_shortened(" ".join(text.split()))}"'


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
