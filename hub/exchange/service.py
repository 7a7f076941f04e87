"""Everything that a request needs, put together once: settings, memory, key, due times, callers."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from hub.exchange.access import SERVICE
from hub.exchange.blobs import Blobs
from hub.exchange.deadlines import Deadlines
from hub.exchange.keys import signing_key
from hub.exchange.log import LOG
from hub.exchange.people import People
from hub.exchange.refusal import RefusedError
from hub.exchange.settings import Settings
from hub.exchange.store import Store, open_database
from tito.errors import HandInError, ToolError
from tito.exchange.archive import unpack
from tito.exchange.receipt import File, public_text
from tito.files import locked

__all__ = ["Service"]

LEAST_FREE = 50 * 1024 * 1024
"""Bytes that stay free on the disk beyond what an upload needs: the database must always be able to write."""

T = TypeVar("T")


class Service:
    """The exchange of one course.

    Raises:
        ToolError: its folder, key or database cannot be used.
        CourseFileError: course.toml cannot be used.
    """

    def __init__(self, settings: Settings, people: People | None = None) -> None:
        self.settings = settings
        self.deadlines = Deadlines(settings.course, LOG)
        self.course = self.deadlines.course.id
        self.incoming = settings.data / "incoming"
        try:
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.blobs = Blobs(settings.data / "contents", self.incoming)
        except OSError as error:
            raise ToolError(f"{settings.data} cannot be used: {error.strerror} (nothing was changed)") from None
        with locked(settings.data):  # one that is started twice makes one key and each table once
            key, engine = signing_key(settings.data), open_database(settings.database)
        self.public_key = public_text(key)
        self.store = Store(engine, self.course, key)
        self.people = people or People(SERVICE)
        self.threads = ThreadPoolExecutor(4, "exchange")
        self.under_way: Counter[str] = Counter()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the data folder while serving, and clear what uploads left there that a crash cut off.

        Raises:
            ToolError: another process serves it: each would clear the other's uploads.
        """
        with (self.settings.data / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ToolError(
                    f"another exchange serves {self.settings.data}; stop that one first (it was not disturbed)"
                ) from None
            except OSError as error:
                raise ToolError(f"{file.name} cannot be locked: {error.strerror}; take a local disk") from None
            for left in self.incoming.iterdir():
                left.unlink()
            self.watch_clock()
            yield

    def watch_clock(self) -> None:
        """Say so where the clock was put back. Submitting goes on: it may be the newest stamp that is wrong."""
        problem = self.store.clock_behind()
        if problem:
            LOG.error("clock is behind", extra={"reason": problem})

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run what waits for disk or database beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)

    def free(self) -> int:
        """Bytes free under the data folder."""
        return shutil.disk_usage(self.settings.data).free

    def keep(self, upload: Path) -> list[File]:
        """Take an uploaded tar apart and store its files' contents.

        Raises:
            HandInError: it is not as it must be.
        """
        with upload.open("rb") as stream:
            for _ in unpack(stream, self.settings.limits):
                pass  # all of it is looked at before any of it is stored: nothing removes contents that nobody names
            stream.seek(0)
            files = [self.blobs.put(name, content) for name, content in unpack(stream, self.settings.limits)]
        if not files:
            raise HandInError("there is no file in it; put the notebook there (nothing was kept)")
        return files

    def contents(self, files: Sequence[File]) -> dict[str, bytes]:
        """The stored files' contents, by name."""
        return {file.name: self.blobs.get(file) for file in files}

    def check_room(self, size: int) -> None:
        """Raises RefusedError where an upload of `size` bytes would fill the disk."""
        if self.free() < 2 * size + LEAST_FREE:
            LOG.error("disk full", extra={"free": self.free()})
            raise RefusedError(507, "the exchange's disk is full; tell your instructor (earlier submissions are kept)")

    @contextmanager
    def one_more_upload(self, name: str) -> Iterator[None]:
        """Count an upload of `name`'s while it is under way.

        Raises:
            RefusedError: they have too many already.
        """
        if self.under_way[name] >= self.settings.uploads_at_once:
            raise RefusedError(429, "you already send several at once; wait until they are there (nothing was kept)")
        self.under_way[name] += 1
        try:
            yield
        finally:
            self.under_way[name] -= 1
            if not self.under_way[name]:
                del self.under_way[name]
