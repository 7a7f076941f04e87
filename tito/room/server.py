"""The exam room's side of the link: runs the student's cells and does what the examiner asks with their objects."""

from __future__ import annotations

import contextlib
import importlib
import random
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tito.room.attributes import MISSING, Attributes
from tito.room.cells import CellTimeoutError, Notebook, described
from tito.room.library import install_library
from tito.room.operations import OPERATIONS
from tito.room.peer import Peer
from tito.room.wire import WireError, type_token

__all__ = ["serve"]


def serve(link: socket.socket) -> None:
    """Answer the examiner until it hangs up."""
    room = _Room(link)
    signal.signal(signal.SIGINT, room.ring)
    with contextlib.suppress(WireError):
        while True:
            room.answer(room.peer.receive())


class RemoteFunction:
    """A function of the examiner's: calling it asks there."""

    def __init__(self, room: _Room, number: int, name: str) -> None:
        self._room = room
        self.number = number
        self.__name__ = self.__qualname__ = name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._room.call_back(self.number, arguments, options)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of the test>"


class _RemoteIterator:
    """An iterator of the examiner's."""

    def __init__(self, step: RemoteFunction) -> None:
        self._step = step

    def __iter__(self) -> _RemoteIterator:
        return self

    def __next__(self) -> Any:
        there, value = self._step()
        if not there:
            raise StopIteration
        return value


class _Room:
    def __init__(self, link: socket.socket) -> None:
        self._attributes = Attributes()
        self._objects = _Objects(self._attributes)
        self.peer = Peer(link, False, self._objects.export, self._objects.get, self._stand_in, _no_stand_in)
        self._notebook = Notebook()
        self._busy = 0
        self._talking = False
        self._late = False

    def ring(self, _signal: int, _frame: object) -> None:
        """The examiner's patience is over: interrupt the student's code, if any runs.

        Not in the middle of a message: then as soon as that is through.
        """
        if self._talking:
            self._late = True
        elif self._busy:
            raise CellTimeoutError("the time is up")

    def answer(self, message: list[Any]) -> None:
        """Do what one message asks and send what came of it."""
        kind, *arguments = message
        self._attributes.begin()
        reply = self._attempt(getattr(self, f"_do_{kind}"), arguments)
        _flush()
        try:
            self.peer.send(reply)
        except (TypeError, ValueError, RecursionError, MemoryError) as error:
            self.peer.send(["raise", *described(TypeError(f"the result cannot leave the exam room: {error}"), None)])

    def call_back(self, number: int, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call the examiner's function `number` and wait for its result."""
        message = self._talk(["call", number, list(arguments), options])
        while message[0] not in ("ok", "raise"):
            self.answer(message)  # the function asks something of us before it returns
            message = self._talk(None)
        if self._late:
            self._late = False
            raise CellTimeoutError("the time is up")
        if message[0] == "ok":
            return message[1]
        raise message[1](*message[2])

    def _talk(self, message: list[Any] | None) -> list[Any]:
        """Send, if there is something to send, and receive, undisturbed by `ring`."""
        self._talking = True
        try:
            if message is not None:
                self.peer.send(message)
            return self.peer.receive()
        finally:
            self._talking = False

    def _attempt(self, action: Callable[..., Any], arguments: list[Any]) -> list[Any]:
        self._busy += 1
        try:
            if self._late:
                raise CellTimeoutError("the time is up")
            result = action(*arguments)
            self._busy -= 1
        except WireError:
            raise
        except BaseException as error:
            self._busy = max(0, self._busy - 1)
            return ["raise", *described(error, self._notebook)]
        return ["ok", *result]

    def _do_setup(self, files: dict[str, str], code: dict[str, bytes], magic: bytes) -> list[Any]:
        install_library(files, code, magic)
        return [None, []]

    def _do_run(self, cell: str, source: str) -> list[Any]:
        self._notebook.run(cell, source)
        return [None, []]

    def _do_global(self, name: str) -> list[Any]:
        namespace = self._notebook.namespace
        return [[True, namespace[name]] if name in namespace else [False, None], []]

    def _do_import(self, name: str) -> list[Any]:
        return [importlib.import_module(name), []]

    def _do_seed(self, which: str, seed: Any) -> list[Any]:
        (np.random.seed if which == "numpy" else random.seed)(seed)
        return [None, []]

    def _do_release(self, counts: dict[int, int]) -> list[Any]:
        self._objects.release(counts)
        return [None, []]

    def _do_watch(self, names: list[str]) -> list[Any]:
        self._attributes.watch(names)
        return [None, []]

    def _do_op(
        self, name: str, arguments: list[Any], options: dict[str, Any], context: dict[str, Any] | None, gone: Any
    ) -> list[Any]:
        if gone:
            self._objects.release(gone)
        if name == "getattr":
            owner, attribute = arguments
            found = self._attributes.read(owner, attribute)
            if found is not MISSING:  # no code ran: what the examiner knows of other objects still holds
                return [found, [], self._attributes.along(owner)]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("error" if context and context.get("errors") else "always")
            if context and "errstate" in context:
                with np.errstate(**context["errstate"]):
                    result = OPERATIONS[name](*arguments, **options)
            else:
                result = OPERATIONS[name](*arguments, **options)
        return [result, [_warning(found) for found in caught[:20]]]

    def _stand_in(self, description: list[Any]) -> Any:
        number, kind, name = description
        function = RemoteFunction(self, number, name)
        return _RemoteIterator(function) if kind == "iterator" else function


class _Objects:
    """What the examiner holds by a number, until it has let go as often as it was told the number."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._objects: dict[int, list[Any]] = {}  # number -> [object, how often sent]
        self._numbers: dict[int, int] = {}
        self._next = 1

    def export(self, value: Any) -> list[Any]:
        number = self._numbers.get(id(value))
        if number is None:
            number, self._next = self._next, self._next + 1
            self._objects[number] = [value, 0]
            self._numbers[id(value)] = number
        self._objects[number][1] += 1
        kind = type(value)
        return [number, type_token(kind), kind is type, self._numbers.get(id(kind), 0), self._attributes.along(value)]

    def get(self, number: int) -> Any:
        try:
            return self._objects[number][0]
        except KeyError:
            raise WireError(f"no object has the number {number}") from None

    def release(self, counts: dict[int, int]) -> None:
        for number, count in counts.items():
            entry = self._objects.get(number)
            if entry is None:
                continue
            entry[1] -= count
            if entry[1] <= 0:
                del self._objects[number]
                del self._numbers[id(entry[0])]


def _no_stand_in(value: Any) -> int | None:
    """A test's function that comes back is the test's own."""
    return value.number if type(value) is RemoteFunction else None


def _flush() -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:  # a student's code may have put anything there
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()


def _warning(found: warnings.WarningMessage) -> list[Any]:
    category = found.category
    builtin = next((base for base in category.__mro__ if base.__module__ == "builtins"), Warning)
    return [builtin, str(found.message)]
