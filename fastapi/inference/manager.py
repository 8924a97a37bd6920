"""The serving state machine: which version serves, and how the next one takes over.

    start --> restore the last verified version from the models folder, if there is one;
              when that is damaged, the one that was verified before it
          --> every MODEL_POLL_SECONDS: ask the registry which version has the alias
                same files      nothing to do
                other files     download, sha256, load, signature, golden rows --> swap
                any failure     the serving version stays; the failure is counted by its reason

A version that was refused is tried again after a pause that doubles, at once when its tags
change, and at once on a nudge. A registry that cannot be reached is asked at every poll.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from .download import download
from .errors import ArtifactMissingError, ChecksumError, LoadError, RegistryError
from .memory import release_unused
from .model import ServedModel
from .registry import MlflowRegistry
from .serving import Failure, Observer, Poll, Serving, Source
from .store import ModelStore
from .verify import load_verified
from .versions import ModelVersion

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS: Final = 15.0
LONGEST_PAUSE_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A version that failed, and until when (monotonic seconds) it is left alone."""

    version: ModelVersion
    failure: Failure
    pause: float
    until: float


class ModelManager:
    """Keeps ``serving`` equal to the version that the registry's alias points at."""

    def __init__(
        self,
        registry: MlflowRegistry,
        store: ModelStore,
        observer: Observer,
        *,
        alias: str,
        poll_seconds: float,
        max_model_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._store = store
        self._observer = observer
        self._alias = alias
        self._poll_seconds = poll_seconds
        self._max_model_bytes = max_model_bytes
        self._clock = clock
        self._lock = asyncio.Lock()
        self._refusal: _Refusal | None = None
        self._folder_failures: tuple[Failure, ...] = ()
        self.running = True
        self.serving: Serving | None = None
        self.last_failure: Failure | None = None
        self.registry_seen_at: datetime | None = None

    async def run(self) -> None:
        """Restore, then poll until cancelled."""
        try:
            await self.restore()
            while True:
                await self.poll()
                await asyncio.sleep(self._poll_seconds)
        finally:
            self.running = False

    async def restore(self) -> None:
        """Serve the last verified version, whether or not the registry answers.

        It serves until the first poll, which names the current version moments later. What is
        wrong with the models folder is kept in ``last_error`` until the next save mends it.
        """
        async with self._lock:
            failures: list[Failure] = []
            for version in await self._kept(failures):
                try:
                    model = await asyncio.to_thread(self._load_installed, version)
                except LoadError as error:
                    failures.append(self._note(error))
                    continue
                await self._swap(Serving.begin(model, version, "cache"))
                break
            else:
                logger.info("The models folder holds no version that can serve")
            self._folder_failures = tuple(failures)

    async def _kept(self, failures: list[Failure]) -> list[ModelVersion]:
        """What the models folder may serve, best first; adds its faults to ``failures``."""
        versions: list[ModelVersion] = []
        try:
            last_good = await asyncio.to_thread(self._store.last_good)
            if last_good is not None:
                versions.append(last_good)
        except LoadError as error:
            failures.append(self._note(error))
        try:
            verified = await asyncio.to_thread(self._store.verified)
        except LoadError as error:
            failures.append(self._note(error))
            return versions
        known = {version.identity for version in versions}
        return versions + [version for version in verified if version.identity not in known]

    @property
    def last_error(self) -> str | None:
        """All that is wrong now, in words: the last poll's failure and the models folder's."""
        failures = [self.last_failure] if self.last_failure else []
        details = dict.fromkeys(failure.detail for failure in (*failures, *self._folder_failures))
        return "; ".join(details) or None

    async def poll(self, *, nudge: bool = False) -> Poll:
        """Look at the registry once and follow it. Never raises a LoadError.

        With ``nudge`` a version that was refused is tried again at once.
        """
        async with self._lock:
            try:
                result, changed = await self._follow(nudge)
            except LoadError as error:
                self._observer.polled("failed")
                return Poll(changed=False, failure=self._note(error))
            self.last_failure = self._refusal.failure if self._refusal else self._folder_failure
            self._observer.polled(result)
            return Poll(changed, self.last_failure)

    async def _follow(self, nudge: bool) -> tuple[str, bool]:
        """Serve what the alias names now; say how it went and whether the version changed."""
        version = await self._registry.version_of(self._alias)
        self.registry_seen_at = datetime.now(UTC)
        if self._serves(version):
            self._refusal = None
            if self._folder_failures:
                await self._save(version)
            return "unchanged", False
        refusal = self._refusal if self._refusal and self._refusal.version == version else None
        if refusal is not None and not nudge and self._clock() < refusal.until:
            return "paused", False
        try:
            model, source = await self._obtain(version)
        except RegistryError:
            raise
        except LoadError as error:
            pause = (
                min(refusal.pause * 2, LONGEST_PAUSE_SECONDS) if refusal else FIRST_PAUSE_SECONDS
            )
            self._refusal = _Refusal(version, Failure.of(error), pause, self._clock() + pause)
            raise
        self._refusal = None
        await self._swap(Serving.begin(model, version, source))
        await self._save(version)
        return "swapped", True

    def _serves(self, version: ModelVersion) -> bool:
        """Whether the version's files serve already; somebody may have edited its tags."""
        serving = self.serving
        if serving is None or serving.version.identity != version.identity:
            return False
        if serving.version != version:
            self.serving = replace(serving, version=version)
        return True

    async def _obtain(self, version: ModelVersion) -> tuple[ServedModel, Source]:
        """Load the version from the models folder, else from the registry."""
        if await asyncio.to_thread(self._store.has, version):
            try:
                return await asyncio.to_thread(self._load_installed, version), "cache"
            except (ChecksumError, ArtifactMissingError) as error:
                self._note(error)
        await download(self._registry, self._store, version, self._max_model_bytes)
        return await asyncio.to_thread(self._load_installed, version), "registry"

    def _load_installed(self, version: ModelVersion) -> ServedModel:
        """Load from the models folder; drop a damaged copy, so that it is fetched again."""
        try:
            return load_verified(self._store.folder_of(version), version)
        except (ChecksumError, ArtifactMissingError):
            self._store.discard(version)
            raise

    async def _swap(self, serving: Serving) -> None:
        """The one assignment that makes a version serve; then free the one before it.

        No caller may hold on to the version before, or its memory is not there to release.
        """
        previous, self.serving = self.serving, serving
        self.last_failure = None
        logger.info(
            "Serving version %s of %s (from %s)",
            serving.version.version,
            serving.version.name,
            serving.source,
        )
        await asyncio.to_thread(self._observer.swapped, serving)
        del previous
        await asyncio.to_thread(release_unused)

    async def _save(self, version: ModelVersion) -> None:
        """Note the version as good and prune older ones.

        The version serves even if that fails; the next poll then tries again.
        """
        try:
            await asyncio.to_thread(self._store.remember, version)
            await asyncio.to_thread(self._store.prune, version)
            self._folder_failures = ()
        except LoadError as error:
            self._folder_failures = (self._note(error),)

    @property
    def _folder_failure(self) -> Failure | None:
        return self._folder_failures[0] if self._folder_failures else None

    def _note(self, error: LoadError) -> Failure:
        """Count a failure; log it only when it differs from the last one."""
        failure = Failure.of(error)
        self._observer.load_failed(failure.reason)
        if failure != self.last_failure:
            logger.warning("%s: %s", failure.reason, failure.detail)
        self.last_failure = failure
        return failure
