"""Read a file of KEY=value lines; the process environment overrides it."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from console.errors import SettingsError


def read_values(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys of an env file, each with the value of ``environment`` where that has one.

    Raises:
        SettingsError: there is no such file, or a line of it is no ``KEY=value``.
    """
    if not path.is_file():
        raise SettingsError(f"{path} is missing: restore it with `git checkout {path.name}`")
    values: dict[str, str] = {}
    with path.open(encoding="utf-8") as lines:
        for binding in parse_stream(lines):
            if binding.error or (binding.key is not None and binding.value is None):
                line, text = binding.original.line, binding.original.string.strip()
                raise SettingsError(f"{path.name}, line {line}: expected KEY=value, found {text!r}")
            if binding.key is not None and binding.value is not None:
                values[binding.key] = environment.get(binding.key, binding.value)
    return values
