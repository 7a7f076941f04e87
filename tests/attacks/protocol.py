"""Raw messages that no honest exam room sends, each as a function that plays the room."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack

from tito.room import wire
from tito.room.budget import MESSAGE_LIMIT

__all__ = ["CASES", "Case", "Evil"]


class Evil:
    """A room's end of the link, with the means to say anything."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link

    def listen(self) -> None:
        """Read one message, whatever it says."""
        (length,) = struct.unpack(">I", self._read(4))
        self._read(length)

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self.link.recv(size - len(data))
            if not chunk:
                os._exit(0)
            data += chunk
        return data

    def raw(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the examiner may have gone
            self.link.sendall(data)

    def frame(self, body: bytes, changes: bytes = b"\x92\x90\x90") -> None:
        self.raw(struct.pack(">II", 4 + len(changes) + len(body), len(changes)) + changes + body)

    def say(self, *message: Any, changes: Any = ((), ())) -> None:
        self.frame(msgpack.packb(list(message), unicode_errors="surrogatepass"), msgpack.packb(changes))

    def answer(self, value: Any) -> None:
        self.say("ok", value, [])


def ext(code: int, content: Any) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(content))


def array(dtype: Any = "<f8", shape: Any = (2,), layout: Any = None, content: Any = bytes(16), key: Any = 1) -> Any:
    order = [list(range(len(shape))), False, []] if layout is None else layout
    return ext(wire._ARRAY, [key, dtype, shape, order, True, content])


def handle(number: Any = 1, base: Any = 11, is_class: Any = False, kind: Any = 0, along: Any = None) -> Any:
    return ext(wire._THEIRS, [number, base, is_class, kind, {} if along is None else along])


def a_type(found: type) -> Any:
    return ext(wire._TYPE, wire.TYPES.index(found))


def a_class() -> Any:
    """A handle that says of itself that it is a type."""
    return handle(7, wire.TYPES.index(type), True)


@dataclass(frozen=True)
class Case:
    """One attack on the link."""

    name: str
    room: Callable[[Evil], None]
    """Plays the room once it was asked something."""
    outcome: str
    """`ends` the room, `raises` an ordinary exception in the test, `passes` a value that is no more than a value, or
    `late`: the time is up, and the room ended for not stopping or, if it answers, kept."""
    hands_over: bool = False
    """Does the test hand a function to the room?"""


CASES: list[Case] = []


def case(name: str, outcome: str = "ends", hands_over: bool = False) -> Callable[[Any], Any]:
    def register(room: Callable[[Evil], None]) -> Callable[[Evil], None]:
        CASES.append(Case(name, room, outcome, hands_over))
        return room

    return register


def answers(name: str, value: Any, outcome: str = "ends") -> None:
    case(name, outcome)(lambda evil: evil.answer(value))


def frames(name: str, body: bytes, outcome: str = "ends") -> None:
    case(name, outcome)(lambda evil: evil.frame(body))


# Frames.
case("a length of 4 GB")(lambda evil: evil.raw(b"\xff\xff\xff\xff"))
case("a length just over the limit")(lambda evil: evil.raw(struct.pack(">I", MESSAGE_LIMIT + 1)))
case("an empty message")(lambda evil: evil.raw(bytes(4)))
case("three bytes")(lambda evil: evil.raw(struct.pack(">I", 3) + b"abc"))
case("half a length, then gone")(lambda evil: evil.raw(b"\x00\x00"))
case("half a message, then gone")(lambda evil: evil.raw(struct.pack(">I", 1000) + b"x" * 10))
case("gone at once")(lambda _: None)
case("changes longer than the message")(lambda evil: evil.raw(struct.pack(">II", 8, 1000) + bytes(4)))
frames("garbage", bytes(range(256)) * 40)
frames("nothing", b"")
frames("cut off in a list", b"\x93\xa2ok")
frames("cut off in a text", b"\x93\xa2ok\xda\xff\xff")
frames("a second value behind the first", msgpack.packb(["ok", 1, []]) + b"\x01")
frames("a reserved byte", b"\xc1")
frames("an integer", b"\x07")
frames("an empty list", b"\x90")
frames("a mapping", b"\x81\xa2ok\x01")
frames("lists in lists without end", b"\x91" * 500_000)
frames("a list that announces 4 billion items", b"\xdd\xff\xff\xff\xff")
frames("a mapping that announces 4 billion items", b"\xdf\xff\xff\xff\xff")
frames("text that is not UTF-8", b"\x93\xa2ok\xa2\xff\xfe\x90")
frames("a timestamp", b"\x93\xa2ok\xd6\xff\x00\x00\x00\x00\x90", "passes")

# Messages.
for message in (
    ["ok"],
    ["ok", 1],
    ["ok", 1, [], 1],
    ["no"],
    [1, 2, 3],
    [None, None, None],
    [["ok"], 1, []],
    [handle(), 1, []],
    ["raise"],
    ["call"],
    ["getattr", 1, "x"],
    ["exec", "import os"],
    ["import", "os"],
    ["op", "getattr", [ext(wire._OWN, 1), "__globals__"], {}, None, None],
):
    case(f"the message {message!r:.70}")(lambda evil, message=message: evil.say(*message))
case("warnings that are no list")(lambda evil: evil.say("ok", 1, "warnings"))
case("a warning of three parts")(lambda evil: evil.say("ok", 1, [[1, 2, 3]]))
case("a warning that is none")(lambda evil: evil.say("ok", 1, [[a_type(int), "x"]]))
case("a warning of a class of its own")(lambda evil: evil.say("ok", 1, [[a_class(), "x"]]))
case("a thousand warnings")(lambda evil: evil.say("ok", 1, [[a_type(UserWarning), "x"]] * 1000))

# Exceptions.


def raises(name: str, base: Any, arguments: Any = ("x",), outcome: str = "raises") -> None:
    case(f"raises {name}", outcome)(lambda evil: evil.say("raise", base, arguments, "Odd", "odd", "frames"))


for found in (ValueError, KeyError, MemoryError, OSError, UnicodeDecodeError, BaseExceptionGroup, AttributeError):
    raises(found.__name__, a_type(found))
for found in (SystemExit, KeyboardInterrupt, GeneratorExit, BaseException, StopIteration):
    raises(found.__name__, a_type(found))
raises("an integer", 1, outcome="ends")
raises("int", a_type(int), outcome="ends")
raises("a class of its own", a_class(), outcome="ends")
raises("something with arguments that are no list", a_type(ValueError), "x", outcome="ends")
raises("something with odd arguments", a_type(OSError), [handle(), 2, None, [1]])
raises("something with far too long a message", a_type(ValueError), ["x" * 10_000_000])

# References and types.
answers("a reference to a function never handed over", ext(wire._OWN, 1))
answers("a reference to the function -1", ext(wire._OWN, -1))
answers("a reference to the function []", ext(wire._OWN, []))
answers("a reference to the function True", ext(wire._OWN, True))
answers("an object without a number", ext(wire._THEIRS, ["x", 11, False]))
answers("an object without a description", ext(wire._THEIRS, []))
answers("an object described by an object", msgpack.ExtType(wire._THEIRS, msgpack.packb(handle())))
answers("an object of the type 100000", handle(1, 100_000))
answers("an object of the type -1", handle(1, -1))
answers("an object of the type None", handle(1, None))
answers("an object that is perhaps a type", handle(1, 11, 1))
answers("an object with a negative number", handle(-5), "passes")
answers("an object of a class by name", handle(1, 11, False, "Tensor"))
answers("an object with attributes that nobody asked for", handle(along={"data": 1}))
answers("an object with attributes of no mapping", handle(along=[1]))
answers("an object with attributes of an object's choice", handle(along=handle(2)))
answers("an object described too shortly", ext(wire._THEIRS, [1, 11, False]))
case("attributes with the answer to a call")(lambda evil: evil.say("ok", 1, [], {}))
answers("the type 100000", ext(wire._TYPE, 100_000))
answers("the type -1", ext(wire._TYPE, -1))
answers("an unknown extension", ext(99, 1))
answers("a list as key", msgpack.ExtType(wire._MAPPING, b"\x81\x90\x01"))
answers("a list in a set", ext(wire._SET, [[1]]))
answers("an array as key", msgpack.ExtType(wire._MAPPING, b"\x81" + msgpack.packb(array()) + b"\x01"))
answers("a set of a number", ext(wire._SET, 5))
answers("a tuple made of an object", msgpack.ExtType(wire._TUPLE, msgpack.packb(handle())))
answers("a range of objects", ext(wire._RANGE, [handle(), handle(), handle()]))
answers("a range of texts", ext(wire._RANGE, ["1", "2", "3"]))
answers("a complex number of objects", ext(wire._COMPLEX, [handle(), handle()]))
answers("a slice of five", ext(wire._SLICE, [1, 2, 3, 4, 5]))
answers("an ellipsis of something", ext(wire._ELLIPSIS, 1))
answers("NaN as keys", {float("nan"): 1}, "passes")
answers("a huge integer", ext(wire._BIG, b"\x7f" * 1_000_000), "passes")
answers("a range without end", ext(wire._RANGE, [0, 10**18, 1]), "passes")
answers("half a character", "\ud800", "passes")

# Arrays.
for dtype in (
    "|O",
    "O",
    "|V8",
    "V8",
    "<M8[s]",
    "i4,i4",
    "(1000000,)f8",
    "(1,",
    "f8",
    "",
    "<f8 ",
    "|O8",
    "<q99",
    5,
    None,
):
    answers(f"an array of {dtype!r}", array(dtype))
answers("an array of an object's choice", array(handle()))
answers("an array of records", array([["x", "<f8"]]))
for shape in ([-1], [3], [2**62, 2**62], ["2"], [2.0], [[2]], [True], "2", 2, None, [1] * 70):
    answers(f"an array of the shape {shape!r:.40}", array(shape=shape, layout=[[0], False, []]))
answers("an array of the shape of an object", array(shape=handle(), layout=[[0], False, []]))
for layout in ([[5], False, []], [[0, 0], False, []], [], None, 7, [[0], False], [["0"], False, []], [[0], False, 5]):
    answers(f"an array laid out as {layout!r}", array(layout=layout if layout is not None else 0))
answers("an array laid out as an object says", array(layout=handle()))
answers("an array that repeats an axis it has not", array(layout=[[0], False, [9]]), "passes")
answers("an array of text", array(content="x" * 16))
answers("an array too short", array(content=b"x"))
answers("an array with the number 0", array(key=0))
answers("an array with the number -1", array(key=-1))
answers("two arrays with one number", [array(), array()])
answers("an array never sent", ext(wire._KNOWN_ARRAY, 5))
answers("an array that is -1", ext(wire._KNOWN_ARRAY, -1))
answers("an array of objects of an impossible shape", ext(wire._OBJECT_ARRAY, [[3, 3], [1]]))
answers("an array of objects of no list", ext(wire._OBJECT_ARRAY, [[1], handle()]))
answers("a scalar of an object", ext(wire._SCALAR, ["|O", bytes(8)]))
answers("a scalar of too many bytes", ext(wire._SCALAR, ["<f8", bytes(16)]))
answers("the dtype of objects", ext(wire._DTYPE, "|O"))
answers("the dtype of records", ext(wire._DTYPE, "i4,i4"))
for changes in (5, [], [1], [1, 2], [[], [], []], [[[1]], []], [[["x", b""]], []], [[[[], b""]], []], [[], [[]]]):
    case(f"changes {changes!r}")(lambda evil, changes=changes: evil.say("ok", 1, [], changes=changes))
for changes in ([[[-5, b"x"]], []], [[[5, b"x"]], []], [[], [1, 2, 3]]):
    case(f"changes of arrays never shared: {changes!r}", "passes")(
        lambda evil, changes=changes: evil.say("ok", 1, [], changes=changes)
    )


# Small messages that describe large things.
frames("a million million empty texts", b"\x93\xa2ok" + msgpack.packb(array("<U0", [10**12], content=b"")) + b"\x90")
frames("text of no bytes", b"\x93\xa2ok" + msgpack.packb(array("|S0", [2**40], content=b"")) + b"\x90")
frames(
    "one number for a huge array",
    b"\x93\xa2ok" + msgpack.packb(array(shape=[10**9], layout=[[0], False, [0]])) + b"\x90",
)
frames("sixty million empty lists", b"\x93\xa2ok\xdd" + struct.pack(">I", 60_000_000) + b"\x90" * 60_000_000 + b"\x90")
frames("sixty million nothings", b"\x93\xa2ok\xdd" + struct.pack(">I", 60_000_000) + b"\xc0" * 60_000_000 + b"\x90")


@case("sixty million empty lists among the changes")
def _(evil: Evil) -> None:
    evil.frame(
        b"\x93\xa2ok\x01\x90", b"\x92" + b"\xdd" + struct.pack(">I", 50_000_000) + b"\x90" * 50_000_000 + b"\x90"
    )


@case("lists of lists, none of them long")
def _(evil: Evil) -> None:
    inner = b"\xdc\xff\xff" + b"\x90" * 65535
    evil.frame(b"\x93\xa2ok\xdc\x03\x00" + inner * 768 + b"\x90")


@case("a large value wrapped in itself forty times")
def _(evil: Evil) -> None:
    size, heads = 50_000_005, b""
    for _ in range(38):
        heads = struct.pack(">BIb", 0xC9, size, wire._TUPLE) + heads
        size += 6
    evil.frame(b"\x93\xa2ok" + heads + b"\xc6" + struct.pack(">I", 50_000_000) + bytes(50_000_000) + b"\x90")


@case("extensions nested too deeply")
def _(evil: Evil) -> None:
    value = b"\x90"
    for _ in range(2000):
        value = msgpack.packb(msgpack.ExtType(wire._TUPLE, b"\x91" + value))
    evil.frame(b"\x93\xa2ok" + value + b"\x90")


@case("a hundred thousand keys with one hash")
def _(evil: Evil) -> None:
    keys = (number * (2**61 - 1) for number in range(9, 100_009))
    packed = [msgpack.packb(msgpack.ExtType(wire._BIG, key.to_bytes(12, "big", signed=True))) for key in keys]
    evil.frame(b"\x93\xa2ok\xdf" + struct.pack(">I", len(packed)) + b"\x01".join([*packed, b""]) + b"\x90")


@case("a set of a hundred thousand members with one hash")
def _(evil: Evil) -> None:
    keys = (number * (2**61 - 1) for number in range(9, 100_009))
    packed = [msgpack.packb(msgpack.ExtType(wire._BIG, key.to_bytes(12, "big", signed=True))) for key in keys]
    content = b"\xdd" + struct.pack(">I", len(packed)) + b"".join(packed)
    evil.frame(b"\x93\xa2ok" + msgpack.packb(msgpack.ExtType(wire._SET, content)) + b"\x90")


# Calls of the test's functions.
CALL = ["call", 1, [1.0], {}]
for message in (
    ["call", 2, [], {}],
    ["call", 0, [], {}],
    ["call", -1, [], {}],
    ["call", "1", [], {}],
    ["call", True, [], {}],
    ["call", ext(wire._OWN, 1), [], {}],
    ["call", handle(), [], {}],
    ["call", [1], [], {}],
    ["call", 1],
    ["call", 1, []],
    ["call", 1, [], {}, 1],
    ["call", 1, "x", {}],
    ["call", 1, handle(), {}],
    ["call", 1, [], []],
    ["call", 1, [], {1: 2}],
    ["call", 1, [], handle()],
):
    case(f"{message!r:.70} though told of 1", hands_over=True)(lambda evil, message=message: evil.say(*message))


@case("a call with arguments that the function does not take", "passes", hands_over=True)
def _(evil: Evil) -> None:
    for arguments, options in (([], {}), ([1] * 9, {}), ([1], {"__globals__": 1}), ([1], {"self": 1, "\ud800": 2})):
        evil.say("call", 1, arguments, options)
        evil.listen()
    evil.answer(1)


@case("calls without end, answers read", "late", hands_over=True)
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        evil.say(*CALL)
        evil.listen()


@case("calls without end, no answer read", "late", hands_over=True)
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    message = msgpack.packb(CALL)
    flood = (struct.pack(">II", 7 + len(message), 3) + b"\x92\x90\x90" + message) * 10_000
    while True:
        evil.raw(flood)


@case("a call of a function that goes on to its room, and never an answer", "late", hands_over=True)
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for _ in range(50):
        evil.say("call", 1, [handle()], {})
        evil.listen()
    time.sleep(60)


@case("calls in calls without end", hands_over=True)
def _(evil: Evil) -> None:
    while True:
        evil.say("call", 1, [handle()], {})
        evil.listen()


# Time.
case("silence", "late")(lambda _: time.sleep(60))


@case("silence that no interrupt ends", "late")
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(60)


@case("an answer byte by byte", "late")
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for byte in struct.pack(">I", 5000) + bytes(5000):
        evil.raw(bytes([byte]))
        time.sleep(0.05)


@case("an answer as soon as the time is up", "late")
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, lambda *_: evil.answer(42))
    time.sleep(60)


@case("floods both outputs and never answers", "late")
def _(evil: Evil) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        os.write(1, b"\xff" * 65536)
        os.write(2, b"\x00" * 65536)


@case("floods both outputs, then answers", "passes")
def _(evil: Evil) -> None:
    for _ in range(100):
        os.write(1, b"\xff" * 65536)
        os.write(2, b"\x00" * 65536)
    evil.answer(1)


@case("closes its outputs", "passes")
def _(evil: Evil) -> None:
    os.close(1)
    os.close(2)
    evil.answer(1)


case("kills itself")(lambda _: os.kill(os.getpid(), signal.SIGKILL))


@case("a reply before any question", "passes")
def _(evil: Evil) -> None:
    evil.answer(1)
    evil.answer("not asked for")
