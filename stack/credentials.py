"""``secrets``: random values in place of the public passwords and keys of .env."""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path

from console.errors import CommandError, NotReady, ProcessFailed, SettingsError
from console.settings import Credentials
from stack.context import Stack
from stack.updown import project_volumes

_FERNET = "AIRFLOW_FERNET_KEY"
_LONG = "AIRFLOW_JWT_SECRET"
# A name that a person types stays.
_KEPT = frozenset(["AIRFLOW_ADMIN_USER"])
# The line of a key: its value may be quoted, and a remark may follow.
_VALUE = rb"""^([ \t]*(?:export )?%b=)(?:"[^"\r\n]*"|'[^'\r\n]*'|[^\s#]*)"""
_GIT_SECONDS = 30.0


class InUse(CommandError):
    """The stack's volumes know the passwords that .env has now."""


def write_secrets(stack: Stack) -> None:
    """Write random passwords and keys into .env, and let git leave the file alone.

    Raises:
        InUse: the stack has been started before.
        SettingsError: .env lacks a key.
    """
    try:
        volumes = project_volumes(stack.docker)
    except (FileNotFoundError, ProcessFailed, NotReady) as error:
        stack.say(f"No Docker Engine answers, so there are no volumes to look for ({error}).")
    else:
        if volumes:
            raise InUse(
                f"the volumes of the stack were made with the passwords that .env has now: "
                f"{', '.join(volumes)}. `make down VOLUMES=1` deletes them and all data; then "
                "run `make secrets` again"
            )
    path = (stack.repo / ".env").resolve()
    values = random_values()
    replace_values(path, values)
    stack.say(f"Wrote {len(values)} random passwords and keys into {path}.")
    overridden = sorted(values.keys() & os.environ.keys())
    if overridden:
        stack.say(f"But variables of the environment override {', '.join(overridden)}.")
    if not _git(path, "ls-files", "--error-unmatch", "--"):
        return
    if _git(path, "update-index", "--skip-worktree"):
        stack.say("git leaves the file alone from now on. To have the public values again:")
        stack.say("  git update-index --no-skip-worktree .env && git checkout .env")
    else:
        stack.say("git still sees the change: run `git update-index --skip-worktree .env`.")


def random_values() -> dict[str, str]:
    """A random value for each password and key."""
    names = [name.upper() for name in Credentials.model_fields]
    values = {name: secrets.token_hex(16) for name in names if name not in _KEPT}
    values[_LONG] = secrets.token_hex(32)
    values[_FERNET] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return values


def replace_values(path: Path, values: Mapping[str, str]) -> None:
    """Give keys of an env file new values, in one step; all other bytes stay, and its mode.

    A reader sees the old file or the new one, never half of it.

    Raises:
        SettingsError: a key has no line.
    """
    after = path.read_bytes()
    for key, value in values.items():
        after = _with_value(after, key, value)
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), path.stat().st_mode & 0o7777)
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _with_value(text: bytes, key: str, value: str) -> bytes:
    def new_line(match: re.Match[bytes]) -> bytes:
        return match[1] + value.encode()

    changed, found = re.subn(_VALUE % key.encode(), new_line, text, flags=re.MULTILINE)
    if not found:
        raise SettingsError(f".env: expected a line that begins with {key}=")
    return changed


def _git(path: Path, *arguments: str) -> bool:
    """Run git on a file; whether it succeeded. Without git it does not."""
    try:
        result = subprocess.run(  # noqa: S603 - the arguments are ours
            ["git", *arguments, path.name],  # noqa: S607 - wherever the user has it
            cwd=path.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return False
    return result.returncode == 0
