"""The examiner's end of the link to an exam room. Believes nothing that comes from there."""

from __future__ import annotations

import importlib.util
import select
import time
import types
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tito.examiner.handles import Handle, number_of, received
from tito.examiner.output import Output
from tito.room.peer import Peer
from tito.room.wire import TYPES, WireError, type_token
from tito.sandbox import Ending, Room

__all__ = ["Link", "Raised", "RoomEndedError", "TimeUpError", "raised_by"]

_CALL_DEPTH = 100
"""How deep tests and a student's code may call each other."""

_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.BuiltinMethodType, np.ufunc)
_OFTEN, _WATCHED = 2, 12
"""How often an attribute was asked for before it is sent along, and how many such names there are at most."""

_RAISED = "raised_in_room"
_DEFAULT_ERRSTATE = np.geterr()


class RoomEndedError(BaseException):
    """The exam room is gone: it broke the rules, ended itself or used too much. No Exception: no test catches it."""


class TimeUpError(BaseException):
    """The cell's time is up and the room has stopped what it did. No Exception: no test catches it."""


class Raised:
    """What a student's code raised, as plain data for a report."""

    def __init__(self, found: list[Any]) -> None:
        _, _, name, message, frames = found
        self.name = _text(name, 200)
        self.message = _text(message, 5000)
        self.frames = _text(frames, 20000)


class Link:
    """Asks one exam room. Used by one thread.

    Args:
        room: the room, just made.
        grace: seconds that an interrupted room has to answer.
    """

    def __init__(self, room: Room, grace: float = 2.0) -> None:
        self.room = room
        self.output = {"stdout": Output(room.stdout), "stderr": Output(room.stderr)}
        self.deadline: float | None = None
        """On `time.monotonic`'s clock; the room is interrupted then."""
        self.asking = False
        """Is an answer awaited, rather than a test running?"""
        self._timed_out = False
        self._grace = grace
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()
        self._gone: dict[int, int] = {}
        self._functions: dict[int, tuple[Any, Callable[..., Any]]] = {}
        self._function_numbers: dict[int, int] = {}
        self._known: dict[tuple[int, str], Any] = {}  # attributes that came along, until the room runs code again
        self._known_before: dict[tuple[int, str], Any] = {}
        self._asked: dict[str, int] = {}
        self._depth = 0
        self._ended: str | None = None
        self._peer = Peer(room.link, True, self._export, self._function, self._handle, number_of)

    def setup(self, files: dict[str, str], code: dict[str, bytes] | None = None) -> None:
        """Give the room the library that the student's code imports, and byte code for some of its files."""
        self._request(["setup", files, code or {}, importlib.util.MAGIC_NUMBER])

    def run(self, cell: str, source: str) -> Raised | None:
        """Run a student's cell; gives what it raised, None when all went well."""
        try:
            self._request(["run", cell, source])
        except (RoomEndedError, TimeUpError):
            raise
        except BaseException as error:
            found = raised_by(error)
            if found is None:
                raise
            return found
        return None

    def look_up(self, name: str) -> tuple[bool, Any]:
        """Is there a global `name` in the student's notebook, and what is it?"""
        there, value = self._pair(self._request(["global", name]))
        return there is True, value

    def import_module(self, name: str) -> Any:
        """A handle on the module `name` of the student's library."""
        return self._request(["import", name])

    def seed(self, which: str, seed: Any) -> None:
        """Follow a test that seeds the global random state `which`, `numpy` or `python`."""
        self._request(["seed", which, seed])

    def ask(self, operation: str, *arguments: Any, **options: Any) -> Any:
        """Let the room do `operation`; raises what the student's code raised, as the built-in type it derives from."""
        gone, self._gone = self._gone, {}
        return self._request(["op", operation, list(arguments), options, _context(), gone])

    def attribute(self, handle: Handle, name: str) -> Any:
        """An attribute of the object behind a handle: it may have come along with an earlier answer."""
        key = (number_of(handle), name)
        if key in self._known:
            return self._known[key]
        self._asked[name] = times = self._asked.get(name, 0) + 1
        if times == _OFTEN:
            often = [name for name, times in self._asked.items() if times >= _OFTEN]
            self._request(["watch", often[-_WATCHED:]])
        return self.ask("getattr", handle, name)

    def let_go(self, number: int, received: int) -> None:
        """A handle is not used any more: the room is told with the next question."""
        self._gone[number] = self._gone.get(number, 0) + received

    def end(self) -> Ending:
        """End the room. What it printed last is read first."""
        ending = self.room.end()
        self._ended = self._ended or "it was ended"
        for output in self.output.values():
            output.read_rest()
        return ending

    def _request(self, message: list[Any]) -> Any:
        """Ask and wait, serving the room's calls of the functions that it was given."""
        self._alive()
        before, self.asking = self.asking, True
        try:
            return self._ask(message)
        finally:
            self.asking = before

    def _ask(self, message: list[Any]) -> Any:
        self._send(message)
        while True:
            answer = self._receive()
            kind = answer[0] if type(answer[0]) is str else ""
            if self._timed_out and kind != "call":
                self._timed_out = False
                raise TimeUpError
            if kind == "ok" and len(answer) == 3:
                self._warn(answer[2])
                return answer[1]
            if kind == "ok" and len(answer) == 4 and message[:2] == ["op", "getattr"]:
                self._known = self._known_before | self._known  # no code ran in the room
                try:
                    self._note(number_of(message[2][0]), answer[3])
                except WireError as error:
                    self._fail(str(error))
                return answer[1]
            if kind == "raise" and len(answer) == 6:
                self._raise(answer[1:])
            if kind != "call" or len(answer) != 4:
                self._fail("it sent a message that no room sends")
            self._serve(*answer[1:])

    def _serve(self, number: Any, arguments: Any, options: Any) -> None:
        """The one thing that a room may ask: a call of a function that a test handed over."""
        if type(arguments) is not list or type(options) is not dict or self._depth >= _CALL_DEPTH:
            self._fail("it called a function in a way that cannot be")
        if any(type(name) is not str for name in options):
            self._fail("it called a function in a way that cannot be")
        if type(number) is not int or number not in self._functions:
            self._fail("it called what is no function")
        function = self._functions[number][1]
        self._depth += 1
        self.asking = False
        try:
            result = function(*arguments, **options)
        except TimeUpError:
            self._timed_out = True  # the room still waits for this answer; then its own comes, and we go on from there
            self._send(["raise", BaseException, ["the time is up"]])
            return
        except Exception as error:
            self._send(["raise", TYPES[type_token(type(error))], [str(error)]])
            return
        finally:
            self._depth -= 1
            self.asking = True
        try:
            self._send(["ok", result])
        except (TypeError, ValueError) as error:
            self._send(["raise", TypeError, [str(error)]])

    def _send(self, message: list[Any]) -> None:
        end = max(self.deadline or 0.0, time.monotonic() + self._grace)
        self._known_before, self._known = self._known, {}

        def until_it_reads() -> None:
            self._wait(end - time.monotonic(), sending=True)
            if time.monotonic() >= end:
                self._fail("it did not read what it was asked")

        try:
            self._peer.send(message, until_it_reads)
        except WireError as error:
            self._fail(str(error))

    def _receive(self) -> list[Any]:
        while True:
            try:
                return self._peer.receive(self.deadline, self._wait)
            except TimeoutError:
                if self._timed_out:
                    self._fail("it did not stop when its time was up")
                self._timed_out = True
                self.room.interrupt()
                self.deadline = time.monotonic() + self._grace
            except WireError as error:
                self._fail(str(error))

    def _wait(self, seconds: float | None, sending: bool = False) -> None:
        """Read what the room prints until it answers, or listens: a full pipe would stop it for ever."""
        link = self.room.link
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            open_outputs = [output for output in self.output.values() if not output.ended]
            left = None if end is None else max(0.0, end - time.monotonic())
            watched: list[Any] = open_outputs if sending else [link, *open_outputs]
            ready, listening, _ = select.select(watched, [link] if sending else [], [], left)
            for output in open_outputs:
                if output in ready:
                    output.read()
            if link in ready or link in listening or (end is not None and time.monotonic() >= end):
                return

    def _raise(self, found: list[Any]) -> None:
        base, arguments = found[:2]
        described = Raised(found)
        # a handle can claim to be a type
        if type(base) is not type or not issubclass(base, BaseException) or type(arguments) is not list:
            self._fail("it raised what is no exception")
        try:
            error = base(*arguments)
        except Exception:  # UnicodeDecodeError and its like want more than a message
            error = ValueError(described.message)
        vars(error)[_RAISED] = described
        raise error

    def _warn(self, found: Any) -> None:
        """Warnings of the student's code are raised again here, where a test's filters decide what becomes of them."""
        if type(found) is not list or len(found) > 20:
            self._fail("it sent warnings that make no sense")
        for entry in found:
            category, message = self._pair(entry)
            if type(category) is not type or not issubclass(category, Warning):
                self._fail("it sent warnings that make no sense")
            warnings.warn(_text(message, 2000), category, stacklevel=4)

    def _export(self, value: Any) -> list[Any]:
        """Describe a function of a test's; nothing else of ours may be reached from the room."""
        if isinstance(value, _FUNCTIONS):
            return [self._number(value, value), "function", getattr(value, "__name__", "function")]
        if isinstance(value, Iterator):
            return [self._number(value, _stepper(value)), "iterator", "next"]
        raise TypeError(
            f"a test cannot hand a {type(value).__name__} to a student's code; make it in a cell without #| check"
        )

    def _number(self, value: Any, function: Callable[..., Any]) -> int:
        number = self._function_numbers.get(id(value))
        if number is None:
            number = len(self._functions) + 1
            self._functions[number] = (value, function)  # keeps `value`, so that its id stays its own
            self._function_numbers[id(value)] = number
        return number

    def _function(self, number: int) -> Callable[..., Any]:
        found = self._functions.get(number)
        if found is None:
            raise WireError(f"no function has the number {number}")
        return found[1]

    def _handle(self, description: list[Any]) -> Handle:
        number, base, is_class, kind, along = description
        if type(base) is not int or not 0 <= base < len(TYPES) or type(is_class) is not bool or type(kind) is not int:
            raise WireError("a reference that makes no sense")
        handle = self._handles.get(number)
        if handle is None:
            handle = self._handles[number] = Handle(self, description[:4])
        received(handle)
        self._note(number, along)
        return handle

    def _note(self, number: int | None, along: Any) -> None:
        """Keep what came along with an object."""
        if type(along) is not dict or number is None:
            raise WireError("attributes that make no sense")
        for name, value in along.items():
            if name not in self._asked:
                raise WireError("attributes that nobody asked for")
            self._known[number, name] = value

    def step(self, iterator: Handle) -> tuple[bool, Any]:
        """Is there a next item, and what is it?"""
        there, value = self._pair(self.ask("step", iterator))
        return there is True, value

    def _pair(self, found: Any) -> tuple[Any, Any]:
        if type(found) is not list or len(found) != 2:
            self._fail("it sent an answer that makes no sense")
        return found[0], found[1]

    def _alive(self) -> None:
        if self._ended is not None:
            raise RoomEndedError(self._ended)

    def _fail(self, reason: str) -> Any:
        """End the room for breaking the rules, or find out how it ended by itself."""
        ending = self.end()
        self._ended = ending.reason or reason
        raise RoomEndedError(self._ended) from None


def _stepper(iterator: Iterator[Any]) -> Callable[[], list[Any]]:
    def step() -> list[Any]:
        try:
            return [True, next(iterator)]
        except StopIteration:
            return [False, None]

    return step


def _context() -> dict[str, Any] | None:
    """The test's warning filter and numpy's error state, as far as they matter to the student's code."""
    context: dict[str, Any] = {}
    first = warnings.filters[0] if warnings.filters else None
    if first is not None and first[0] == "error" and first[1] is None:
        context["errors"] = True
    errstate = np.geterr()
    if errstate != _DEFAULT_ERRSTATE:
        context["errstate"] = errstate
    return context or None


def _text(value: Any, limit: int) -> str:
    text = value if type(value) is str else ""
    return text.encode("utf-8", "replace").decode("utf-8")[:limit]


def raised_by(error: BaseException) -> Raised | None:
    """What the student's code raised, when `error` came from there."""
    found = vars(error).get(_RAISED)
    return found if type(found) is Raised else None
