"""A ``docker`` on PATH that notes how it was called and answers what a test wrote down."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PROGRAM = """#!{python} -IS
import json, os, sys, time
from pathlib import Path

here = Path(__file__).parent
arguments = sys.argv[1:]
names = ("BUILD_SETTINGS", "LOCUST_OWNER", "LOCUST_HEADLESS", "LOCUST_EXPECT_WORKERS")
names += ("LOCUST_HOST", "LOCUST_USERS", "LOCUST_WARMUP")
settings = Path(os.environ.get("BUILD_SETTINGS") or here / "none")
call = {{
    "arguments": arguments,
    "environment": {{name: os.environ[name] for name in names if name in os.environ}},
    "build_settings": sorted(file.name for file in settings.glob("*")),
}}
rules = json.loads((here / "rules.json").read_text())
rule = next((rule for rule in rules if all(word in arguments for word in rule["words"])), None)
before = [json.loads(line) for line in (here / "calls").read_text().splitlines()]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(call | {{"rule": rule and rule["words"]}}) + "\\n")
if rule is None:
    sys.exit(f"no answer is written down for {{arguments}}")
count = sum(earlier["rule"] == rule["words"] for earlier in before)
reply = rule["replies"][min(count, len(rule["replies"]) - 1)]
if reply["writes"]:
    Path(reply["writes"][0]).write_text(reply["writes"][1])
sys.stdout.write(reply["out"])
sys.stdout.flush()
sys.stderr.write(reply["err"])
sys.stderr.flush()
while reply["hangs"] and not (here / "go on").exists():
    time.sleep(0.02)
sys.exit(reply["code"])
"""


@dataclass(frozen=True)
class Reply:
    """What one call prints, its exit code, and a file that it writes: path and text.

    One that hangs ends with `FakeDocker.go_on`.
    """

    out: str = ""
    err: str = ""
    code: int = 0
    hangs: bool = False
    writes: tuple[str, str] | None = None


@dataclass(frozen=True)
class Call:
    """How it was called; ``build_settings`` are the files that a build could read."""

    arguments: list[str]
    environment: dict[str, str]
    build_settings: list[str]


class FakeDocker:
    """Lives in a folder that a test puts on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rules: list[dict[str, object]] = []
        program = folder / "docker"
        program.write_text(PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        (folder / "calls").write_text("")
        self.answer("version", out="28.0")
        self.answer("compose version", out="2.40.3")

    def answer(self, words: str, *replies: Reply, out: str = "") -> None:
        """Answer calls that hold all of these words; the last reply holds for all further calls.

        What was written down last is looked at first.
        """
        sequence: Sequence[Reply] = replies or (Reply(out),)
        rule = {"words": words.split(), "replies": [asdict(reply) for reply in sequence]}
        kept = [old for old in self._rules if old["words"] != rule["words"]]
        self._rules = [rule, *kept]
        (self.folder / "rules.json").write_text(json.dumps(self._rules))

    def go_on(self) -> None:
        (self.folder / "go on").touch()

    @property
    def calls(self) -> list[Call]:
        lines = (self.folder / "calls").read_text().splitlines()
        names = Call.__annotations__
        return [Call(**{name: json.loads(line)[name] for name in names}) for line in lines]

    def calls_with(self, *words: str) -> list[Call]:
        return [call for call in self.calls if set(words) <= set(call.arguments)]

    def containers(self, *looks: Sequence[dict[str, object]], of: str = "compose") -> None:
        """What each look at the containers finds; the last look stays."""
        listed = [
            Reply("".join(json.dumps({"ID": one["Id"]}) + "\n" for one in look)) for look in looks
        ]
        self.answer(f"{of} ps", *listed)
        self.answer("inspect", *(Reply(json.dumps(list(look))) for look in looks if look))


def container(
    service: str,
    state: str = "running",
    *,
    health: str = "healthy",
    code: int = 0,
    restarts: int = 0,
    ended: str = "0001-01-01T00:00:00Z",
    number: int = 1,
) -> dict[str, object]:
    """What ``docker inspect`` says of a container; a job is named ``...-init``."""
    is_job = service.endswith("-init")
    details = {"Status": state, "ExitCode": code, "FinishedAt": ended}
    if not is_job and health:
        details["Health"] = {"Status": health}
    return {
        "Id": f"id-{service}-{number}",
        "Name": f"/taller_locust-{service}-{number}",
        "RestartCount": restarts,
        "State": details,
        "Config": {"Labels": {"com.docker.compose.service": service}},
        "HostConfig": {
            "NanoCpus": 1_500_000_000 if service == "fastapi" else 0,
            "Memory": 1000 * 2**20,
            "RestartPolicy": {"Name": "no" if is_job else "unless-stopped"},
        },
    }
