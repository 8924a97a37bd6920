"""The model that every target serves: the champion that `make demo` registered.

A finished demo leaves its registry's files in out/demo/work. They are copied, so that another
demo cannot change them in the middle of a run. Where no demo was run yet, its own steps make a
champion here. The copy:

    models/             the folder of verified versions, as an inference process keeps it
    mlflow-model/       the registered MLflow model, with the same ONNX file
    champion.json       which version it is
"""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from console.envfile import read_values
from console.errors import AnswerError
from console.progress import Progress
from console.web import Web
from covertype.schema import MODEL_NAME
from demo.environment import Place, Ports
from demo.journey import Journey
from demo.ports import free_port
from demo.supervisor import Supervisor

_POINTER: Final = "last_good.json"
_NOTE: Final = "champion.json"
_MODEL_FILE: Final = "model.onnx"


@dataclass(frozen=True)
class Champion:
    """A version, the sha256 of its ONNX file, and the folder that holds the copy."""

    version: str
    sha256: str
    folder: Path

    @property
    def models(self) -> Path:
        """What an inference process takes as MODELS_DIR."""
        return self.folder / "models"

    @property
    def mlflow_model(self) -> Path:
        """The registered MLflow model."""
        return self.folder / "mlflow-model"

    @property
    def onnx(self) -> Path:
        """The ONNX file of the MLflow model."""
        return self.mlflow_model / _MODEL_FILE

    def is_whole(self) -> bool:
        """Do both copies hold the file that was registered?"""
        served = self.models / MODEL_NAME / f"{self.version}-{self.sha256[:12]}" / _MODEL_FILE
        return all(file.is_file() and _sha256(file) == self.sha256 for file in (self.onnx, served))


def provide(repo: Path, folder: Path, supervisor: Supervisor, progress: Progress) -> Champion:
    """The demo's champion; the one of an earlier benchmark; or one that is made now.

    Raises:
        CommandError: the demo's steps failed.
    """
    with progress.phase("champion", "Find the champion") as phase:
        champion = _of_demo(repo / "out" / "demo", folder) or _kept(folder)
        if champion is not None:
            phase.result = f"version {champion.version}, sha256 {champion.sha256[:12]}"
            return champion
        phase.result = "there is none yet: the demo's steps make one"
    work = folder.with_name("champion-work")
    _make(repo, work, supervisor, progress)
    champion = _copied(work, folder)
    shutil.rmtree(work)
    return champion


def _make(repo: Path, work: Path, supervisor: Supervisor, progress: Progress) -> None:
    shutil.rmtree(work, ignore_errors=True)
    ports = Ports(free_port(), free_port(), free_port())
    place = Place(repo, work, work / "logs")
    web = Web()
    try:
        journey = Journey(place, ports, read_values(repo / ".env"), supervisor, progress, web)
        journey.to_served_champion()
        supervisor.stop(*supervisor.children)
    finally:
        web.close()


def _of_demo(demo: Path, folder: Path) -> Champion | None:
    """The champion of a demo that was finished; the summary is the last thing that it writes."""
    try:
        summary = json.loads((demo / "summary.json").read_bytes())
        version = summary["champion"]["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        pointer = _read_pointer(demo / "work" / "models")
    except AnswerError:
        return None
    if pointer["version"] != version:
        return None
    kept = _kept(folder)
    if kept is not None and kept.sha256 == pointer["tags"]["onnx_sha256"]:
        return kept
    return _copied(demo / "work", folder)


def _kept(folder: Path) -> Champion | None:
    try:
        note = json.loads((folder / _NOTE).read_bytes())
        champion = Champion(str(note["version"]), str(note["sha256"]), folder)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return champion if champion.is_whole() else None


def _copied(work: Path, folder: Path) -> Champion:
    pointer = _read_pointer(work / "models")
    champion = Champion(pointer["version"], pointer["tags"]["onnx_sha256"], folder)
    for model in (work / "artifacts").rglob("MLmodel"):
        if _sha256(model.with_name(_MODEL_FILE)) == champion.sha256:
            break
    else:
        raise AnswerError(f"{work / 'artifacts'} lacks the champion's file: run `make demo` again")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(work / "models", champion.models)
    shutil.copytree(model.parent, champion.mlflow_model)
    if not champion.is_whole():
        raise AnswerError(f"the champion in {work} is damaged: run `make demo` again")
    note = asdict(champion) | {"folder": str(folder)}
    (folder / _NOTE).write_text(json.dumps(note) + "\n", encoding="utf-8")
    return champion


def _read_pointer(models: Path) -> dict[str, Any]:
    """The version that was verified last, with its tags."""
    try:
        pointer: dict[str, Any] = json.loads((models / MODEL_NAME / _POINTER).read_bytes())
        pointer["version"], pointer["tags"]["onnx_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnswerError(f"{models} holds no verified version: run `make demo` again") from error
    return pointer


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
