"""A ``docker`` that keeps images in a file: what `images/build.sh` does to them can be looked at.

`tests.stack_commands.fake_docker` answers what a test wrote down; here one call changes what
the next one finds, as with an engine.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

PROGRAM = Path(__file__).with_name("engine.py")


@dataclass(frozen=True)
class Registry:
    """What a pull from it says, and how it ends."""

    says: str
    code: int = 1
    hangs: bool = False


GIVES = Registry("3.13: Pulling from library/python\nStatus: Downloaded newer image", code=0)
UNKNOWN = Registry("Error response from daemon: manifest unknown: manifest unknown")
NO_SUCH_HOST = Registry("Error response from daemon: dial tcp: lookup registry: no such host")
SILENT = Registry("", hangs=True)
BREAKS = Registry("3.13: Pulling from library/python\nunexpected EOF")
LIMITS = Registry("Error response from daemon: toomanyrequests: You have reached your limit")


@dataclass(frozen=True)
class Image:
    """An image of the engine; ``name`` is none once another image has taken it."""

    id: str
    name: str | None
    label: str | None


@dataclass
class FakeDocker:
    """The engine behind ``folder``/docker; all registries but those named answer as docker.io."""

    folder: Path
    registries: dict[str, Registry] = field(default_factory=lambda: {"docker.io": NO_SUCH_HOST})
    volumes: dict[str, str] = field(default_factory=dict)
    compose: str = "2.40.3"
    refuses: bool = False

    def __post_init__(self) -> None:
        program = self.folder / "docker"
        program.write_text(f"#!{sys.executable} -IS\n{PROGRAM.read_text()}")
        program.chmod(0o755)
        (self.folder / "calls").write_text("")
        (self.folder / "state.json").write_text(json.dumps({"images": [], "made": 0}))
        self.write()

    def write(self) -> None:
        """Let the engine know what a test has changed in here."""
        file = self.folder / "state.json"
        own = {
            "registries": {name: asdict(one) for name, one in self.registries.items()},
            "volumes": self.volumes,
            "compose": self.compose,
            "refuses": self.refuses,
        }
        file.write_text(json.dumps(json.loads(file.read_text()) | own))

    def docker_hub(self, registry: Registry) -> None:
        """From now on, this is what Docker's own registry answers."""
        self.registries["docker.io"] = registry
        self.write()

    def has(self, name: str | None, label: str | None = None) -> Image:
        """Put an image into the engine."""
        file = self.folder / "state.json"
        state = json.loads(file.read_text())
        state["made"] += 1
        image = Image(f"sha256:{state['made']:064x}", name, label)
        state["images"].append(asdict(image))
        file.write_text(json.dumps(state))
        return image

    def answers(self, does: bool) -> None:
        """Does the engine answer?"""
        silent = self.folder / "silent"
        if does:
            silent.unlink(missing_ok=True)
        else:
            silent.touch()

    @property
    def images(self) -> list[Image]:
        return [
            Image(**one) for one in json.loads((self.folder / "state.json").read_text())["images"]
        ]

    def image(self, name: str) -> Image:
        (image,) = [one for one in self.images if one.name == name]
        return image

    def calls_of(self, *words: str) -> list[list[str]]:
        """The calls that began with these words."""
        calls = map(json.loads, (self.folder / "calls").read_text().splitlines())
        return [call for call in calls if call[: len(words)] == list(words)]
