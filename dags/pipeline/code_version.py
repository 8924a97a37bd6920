"""Names the code that a model comes from: part of a version's key."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from covertype import schema

_LIBRARIES = ("numpy", "onnx", "onnxruntime", "scikit-learn", "skl2onnx")


@cache
def code_version() -> str:
    """Hex digest of the pipeline's sources, the schema and the libraries that shape a model."""
    digest = hashlib.sha256()
    for path in (*sorted(Path(__file__).parent.glob("*.py")), Path(schema.__file__)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library}=={version(library)}\n".encode())
    return digest.hexdigest()
