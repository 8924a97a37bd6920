"""``secrets``: random values in place of the public passwords and keys of .env."""

import base64
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from console.envfile import read_values
from console.errors import CommandError, NotReady, NotUp, ProcessFailed, SettingsError
from console.settings import Credentials
from stack.context import Stack
from stack.defaults import are_public
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
        NotUp: Docker cannot say whether it has been.
        SettingsError: .env lacks a key.
    """
    path = (stack.repo / ".env").resolve()
    _check_unused(stack, path)
    values = random_values()
    replace_values(path, values)
    stack.say(f"Wrote {len(values)} random passwords and keys into {path}.")
    stack.say("Its owner alone may read it now (mode 600).")
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


def _check_unused(stack: Stack, path: Path) -> None:
    """No volume may need the passwords that .env has now."""
    try:
        volumes = project_volumes(stack.docker)
    except FileNotFoundError:
        stack.say("There is no Docker here, so there are no volumes to look for.")
        return
    except (ProcessFailed, NotReady) as error:
        if not are_public(read_values(path, {})):
            raise NotUp(
                "no Docker Engine answers, so it cannot be seen whether volumes need the "
                "passwords that .env has now, and nothing could bring those back: start Docker, "
                f"then run `make secrets` again ({error})"
            ) from error
        stack.say(f"No Docker Engine answers, so volumes cannot be looked for ({error}).")
        stack.say("Those of an earlier start would need the public values of .env again.")
        return
    if volumes:
        raise InUse(
            f"the volumes of the stack were made with the passwords that .env has now: "
            f"{', '.join(volumes)}. `make down VOLUMES=1` deletes them and all data; then "
            "run `make secrets` again"
        )


def random_values() -> dict[str, str]:
    """A random value for each password and key."""
    names = [name.upper() for name in Credentials.model_fields]
    values = {name: secrets.token_hex(16) for name in names if name not in _KEPT}
    values[_LONG] = secrets.token_hex(32)
    values[_FERNET] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return values


def replace_values(path: Path, values: Mapping[str, str]) -> None:
    """Give keys of an env file new values, in one step; all other bytes stay, and its owner.

    Nobody else may read it afterwards. A reader sees the old file or the new one, never half of it.

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
            os.fchmod(file.fileno(), 0o600)  # also where an earlier attempt left the file
            before = path.stat()
            with suppress(PermissionError):  # root must leave it to its owner, others cannot
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
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
