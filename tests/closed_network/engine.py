"""The program behind a test's ``docker``: state.json beside it is what the engine holds.

It is copied next to that file and run from there; nothing imports it.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

RECIPE = "covertype.recipe"
FORMATS = {
    "{{ .Id }}": "id",
    "{{ .Size }}": "size",
    f'{{{{ index .Config.Labels "{RECIPE}" }}}}': "label",
}
HERE = Path(__file__).resolve().parent
PLUGIN = HERE.parent / "root/usr/local/lib/docker/cli-plugins/docker-compose"


def say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


class Engine:
    """Answers one call."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.images: list[dict[str, str | None]] = state["images"]

    def named(self, name: str) -> dict[str, str | None]:
        for one in self.images:
            if name in (one["name"], one["id"]):
                return one
        sys.exit(f"Error: No such image: {name}")

    def make(self, name: str, label: str | None) -> None:
        """A new image takes the name of the one that had it."""
        for one in self.images:
            if one["name"] == name:
                one["name"] = None
        self.state["made"] += 1
        identity = f"sha256:{self.state['made']:064x}"
        self.images.append({"id": identity, "name": name, "label": label})

    def pull(self, name: str) -> None:
        registries = self.state["registries"]
        registry = registries.get(name.split("/")[0], registries["docker.io"])
        say(registry["says"])
        while registry["hangs"]:
            time.sleep(0.02)  # until it is killed
        if registry["code"]:
            sys.exit(registry["code"])
        self.make(name, None)

    def version(self) -> None:
        if self.state["refuses"]:
            sys.exit("Got permission denied while trying to connect to the Docker daemon socket")
        if (HERE / "silent").exists():
            sys.exit("Cannot connect to the Docker daemon. Is the docker daemon running?")
        say("28.0.1")

    def compose(self) -> None:
        version = PLUGIN.read_text().strip() if PLUGIN.exists() else self.state["compose"]
        if not version:
            sys.exit("docker: 'compose' is not a docker command.")
        say(version)

    def answer(self, arguments: list[str]) -> None:
        def after(option: str) -> str:
            return arguments[arguments.index(option) + 1]

        match arguments:
            case ["version", *_]:
                self.version()
            case ["compose", "version", "--short"]:
                self.compose()
            case ["buildx", "version"]:
                say("github.com/docker/buildx 0.29.1 1")
            case ["info", *_]:
                say("overlay2")
            case ["context", "show"]:
                say("default")
            case ["volume", "ls", "--quiet", "--filter", wanted]:
                volumes = self.state["volumes"].items()
                say(*(name for name, label in volumes if f"label={label}" == wanted))
            case ["image", "ls", "--quiet", "--no-trunc", "--filter", "dangling=true"]:
                say(*(str(one["id"]) for one in self.images if one["name"] is None))
            case ["image", "inspect", "--format", template, name]:
                found = {**self.named(name), "size": "87000000"}
                say(found[FORMATS[template]] or "")
            case ["image", "inspect", name]:
                label = self.named(name)["label"]
                say(json.dumps([{"Config": {"Labels": {RECIPE: label} if label else None}}]))
            case ["image", "rm", "--no-prune", identity]:
                image = self.named(identity)
                assert image["name"] is None, "docker takes the name away, too"
                self.images.remove(image)
            case ["pull", name]:
                self.pull(name)
            case ["import", *_, name]:
                self.make(name, after("--change").partition("=")[2].strip('"'))
            case ["buildx", "build", *_]:
                self.make(after("--tag"), after("--label").partition("=")[2])
            case ["run" | "network" | "volume" | "rm", *_]:
                pass  # that it was called is all that a test asks
            case _:
                sys.exit(f"this fake does not know {arguments}")


if __name__ == "__main__":
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps(sys.argv[1:]) + "\n")
    file = HERE / "state.json"
    before = file.read_text()
    engine = Engine(json.loads(before))
    engine.answer(sys.argv[1:])
    after_it = json.dumps(engine.state)
    if after_it != before:
        file.write_text(after_it)
