"""Brings one version's files from the registry into the models folder."""

import asyncio
import hashlib
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Final

from .errors import ChecksumError, RegistryUnreachableError, StoreError
from .files import sync_file
from .registry import MlflowRegistry
from .store import ModelStore
from .versions import GOLDEN_FILE, MODEL_FILE, ModelVersion

_MAX_GOLDEN_BYTES: Final = 8 * 1024 * 1024


async def download(
    registry: MlflowRegistry, store: ModelStore, version: ModelVersion, max_model_bytes: int
) -> None:
    """Download, check and install a version; nothing is installed unless all of it is right.

    Raises RegistryError, VersionRefusedError or StoreError.
    """
    staging = await asyncio.to_thread(store.stage, version)
    limits = {MODEL_FILE: max_model_bytes, GOLDEN_FILE: _MAX_GOLDEN_BYTES}
    try:
        async with asyncio.timeout(registry.download_timeout):
            root = await registry.artifact_root(version)
            for name, sha256 in version.checksums.items():
                found = await _save(registry, f"{root}/{name}", staging / name, limits[name])
                if found != sha256:
                    raise ChecksumError(
                        f"{name} of version {version.version} arrived with the sha256 "
                        f"{found[:12]}..., its tag says {sha256[:12]}...: register it again"
                    )
        await asyncio.to_thread(store.install, staging, version)
    except TimeoutError as error:
        raise RegistryUnreachableError(
            f"Version {version.version} did not arrive within {registry.download_timeout:g} "
            "seconds: check MLflow and the network to it; the next poll tries again"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{staging} cannot be written ({error}): check the folder's permissions and the free "
            "space"
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # installed, it has another name by now


async def _save(registry: MlflowRegistry, source: str, path: Path, max_bytes: int) -> str:
    """Stream one file to disk; return its sha256 in hex. Disk work leaves the event loop."""
    digest = hashlib.sha256()
    file = await asyncio.to_thread(path.open, "xb")

    def absorb(piece: bytes) -> None:
        digest.update(piece)
        file.write(piece)

    try:
        async with aclosing(registry.artifact(source, max_bytes)) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(absorb, piece)
        await asyncio.to_thread(sync_file, file)
    finally:
        file.close()
    return digest.hexdigest()
