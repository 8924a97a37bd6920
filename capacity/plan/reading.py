"""Read a plan from its file.

Besides the fields of `capacity.plan.model.Plan`, a file may have the field ``short``: the same
fields, all optional, whose values take the place of the others when a short run is asked for.
Lists are replaced as a whole, and null leaves out what is optional.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from capacity.errors import BadPlan
from capacity.plan.explaining import validated
from capacity.plan.faults import Fault, Malformed, bad_plan
from capacity.plan.model import Plan
from capacity.plan.tree import Node, read_tree

_FOLDER: Final = Path(__file__).parent.parent / "plans"
_SUFFIXES: Final = (".yaml", ".yml")
_MOST_BYTES: Final = 65_536
_SHORT: Final = "short"


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A plan, and where it is from.

    ``source`` is the name or path that was asked for; ``digest`` is the sha256 of what the plan
    says, after ``short`` and ``scale``, whatever its file looks like.
    """

    plan: Plan
    source: str
    digest: str


def read_plan(name_or_path: str, *, short: bool = False, scale: float | None = None) -> LoadedPlan:
    """Read a shipped plan by its name, such as ``seed``, or any plan by its path.

    Args:
        name_or_path: with a slash, or ending in .yaml or .yml, it is a path.
        short: take the values of the file's field ``short`` where it has them.
        scale: the share of the users of the closed load to generate, instead of the plan's.

    Raises:
        BadPlan: it cannot be read, or is wrong; the message names all lines and fields.
    """
    path = _path(name_or_path)
    shown = str(path) if path.parent != _FOLDER else f"capacity/plans/{path.name}"
    plan = _plan(_text(path, shown), shown, short=short)
    if scale is not None:
        plan = _scaled(plan, scale, shown)
    return loaded_plan(plan, name_or_path)


def loaded_plan(plan: Plan, source: str) -> LoadedPlan:
    """A plan that was changed after it was read, with the digest of what it says now."""
    canonical = json.dumps(plan.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return LoadedPlan(plan, source, hashlib.sha256(canonical.encode()).hexdigest())


def shipped() -> list[tuple[str, str]]:
    """Name and description of each plan that comes with the project, by name."""
    return [(name, read_plan(name).plan.description) for name in _names()]


def _names() -> list[str]:
    return sorted(file.stem for file in _FOLDER.glob("*.yaml"))


def _path(name_or_path: str) -> Path:
    if "/" in name_or_path or name_or_path.endswith(_SUFFIXES):
        return Path(name_or_path)
    if name_or_path in _names():
        return _FOLDER / f"{name_or_path}.yaml"
    near = get_close_matches(name_or_path, _names(), n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    raise BadPlan(f"there is no plan {name_or_path!r}{hint} {_alternatives()}")


def _alternatives() -> str:
    return f"(shipped plans: {', '.join(_names())}; a plan of your own: its path, ending in .yaml)"


def _text(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise BadPlan(f"{shown}: there is no such file {_alternatives()}") from error
    except (OSError, ValueError) as error:
        raise BadPlan(f"{shown} cannot be read: {error}") from error
    if len(content) > _MOST_BYTES:
        raise BadPlan(f"{shown} is no plan: it has more than {_MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault(line, "", "bytes that are no UTF-8; save the file as UTF-8")
        raise bad_plan(shown, [fault]) from error


def _plan(text: str, shown: str, *, short: bool) -> Plan:
    """The plan of a text; its short form is checked even when it is not asked for."""
    try:
        root, faults = read_tree(text)
    except Malformed as error:
        raise bad_plan(shown, [error.fault]) from error
    if not isinstance(root.value, dict):
        message = f"expected the fields of a plan, found {root.shown}"
        raise bad_plan(shown, [Fault(root.line, "", message)])
    fields = dict(root.value)
    other = fields.pop(_SHORT, None)
    whole = replace(root, value=fields)
    plan, wrong = validated(whole)
    shorter, wrong_too = _shorter(whole, other)
    faults += wrong
    # Values that are right by themselves can be wrong together.
    faults += [
        one if one.field.startswith(_SHORT) else replace(one, message=f"in short: {one.message}")
        for one in wrong_too
        if one not in wrong
    ]
    if faults or plan is None or shorter is None:
        raise bad_plan(shown, faults)
    return shorter if short else plan


def _shorter(whole: Node, other: Node | None) -> tuple[Plan | None, list[Fault]]:
    if other is None:
        return validated(whole)
    if not isinstance(other.value, dict):
        message = f"expected fields of a plan, found {other.shown}"
        return None, [Fault(other.line, other.path, message)]
    return validated(whole.merged(other))


def _scaled(plan: Plan, scale: float, shown: str) -> Plan:
    if plan.load.closed is None:
        raise BadPlan(f"{shown} has no closed load, so there are no users to scale: leave it out")
    if not 0 < scale <= 1:
        raise BadPlan(f"scale: expected a number above 0 and up to 1, found {scale:g}")
    closed = plan.load.closed.model_copy(update={"scale": scale})
    load = plan.load.model_copy(update={"closed": closed})
    return plan.model_copy(update={"load": load})
