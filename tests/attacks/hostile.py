"""Hostile code for the small course: each piece says what it tries and what it honestly earns.

`wrong` attacks leave every hole filled wrongly and try to earn all the same; `right` ones are solved rightly and
disturb. `{root}` in a piece of code is the course's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.attacks.course import RIGHT, WRONG

__all__ = ["ATTACKS", "Attack"]

HEADER = """\
import atexit, builtins, ctypes, gc, inspect, itertools, json, linecache, os, random, resource, select, signal, socket
import struct, subprocess, sys, threading, time, traceback, types, weakref
import numpy as np
"""


@dataclass(frozen=True)
class Attack:
    name: str
    tries: str
    score: float
    first: str = ""
    """A cell of the student's own before the holes."""
    last: str = ""
    """One before the last test."""
    holes: dict[str, str] = field(default_factory=dict)
    """Code of every hole."""
    seconds: float = 8.0
    """What grading it may take."""
    walls: bool = False
    """Is it the walls of the room that stop it, which plain rooms have not?"""


ATTACKS: list[Attack] = []


def wrong(name: str, tries: str, first: str = "", score: float = 0, last: str = "", **more: object) -> None:
    """All holes are filled wrongly."""
    add(name, tries, first, score, last, WRONG, **more)


def right(name: str, tries: str, first: str = "", score: float = 100, last: str = "", **more: object) -> None:
    """All holes are filled rightly."""
    add(name, tries, first, score, last, RIGHT, **more)


def add(name: str, tries: str, first: str, score: float, last: str, base: dict[str, str], **more: object) -> None:
    holes = {**base, **more.pop("holes", {})}  # type: ignore[dict-item]
    ATTACKS.append(Attack(name, tries, score, first and HEADER + first, last, holes, **more))  # type: ignore[arg-type]


# Patching what tests use.
wrong(
    "ipython-hooks",
    "IPython's events, transformers and run_cell, to change the tests before they run",
    """
shell = get_ipython()
shell.events.register("pre_run_cell", print)
shell.ast_transformers.append(None)
shell.run_cell = lambda *a, **k: None
shell.input_transformers_post.append(lambda lines: ["pass"])
""",
)
wrong(
    "patched-builtins",
    "builtins that make every check true",
    """
class Never(Exception): pass
builtins.abs = builtins.len = lambda *a: 0
builtins.isinstance = builtins.all = builtins.any = builtins.bool = lambda *a: True
builtins.AssertionError = Never
builtins.exec = builtins.compile = builtins.eval = lambda *a, **k: None
builtins.__import__ = lambda name, *a, **k: types.SimpleNamespace()
""",
)
wrong(
    "patched-numpy",
    "numpy's comparisons and conversions",
    """
np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
np.testing._private.utils.assert_array_compare = lambda *a, **k: None
np.asarray = np.array = lambda *a, **k: types.SimpleNamespace(shape=(2,))
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
np.frombuffer = lambda *a, **k: np.zeros(2)
""",
)
wrong(
    "patched-names",
    "the notebook's own names for helpers and modules",
    """
expect = check = lambda *a, **k: None
np = math = types.SimpleNamespace(asarray=lambda x: x, array=lambda x: x)
abs = lambda x: 0
AssertionError = ZeroDivisionError
test_double = test_scale = test_total_of = test_tally = test_third = lambda: None
print = exit
""",
)
wrong(
    "patched-clocks",
    "clocks that stand still, so that no time is ever up",
    """
time.time = time.monotonic = time.perf_counter = lambda: 0.0
signal.setitimer = signal.alarm = lambda *a: None
def double(x):
    while True: pass
""",
    holes={"double": "pass"},
)
wrong(
    "patched-room",
    "the room's own server, to answer every question with yes",
    """
import tito.room.server as server, tito.room.wire as wire, tito.room.operations as operations, tito.room.cells as cells
for name in list(operations.OPERATIONS):
    operations.OPERATIONS[name] = lambda *a, **k: True
cells.described = lambda *a: None
server._Room._attempt = lambda self, action, arguments: ["ok", True, []]
""",
)
wrong(
    "patched-messages",
    "the room's messages: whatever is asked, the answer is 4",
    """
import msgpack
msgpack.packb = lambda *a, **k: b"\\x93\\xa2ok\\x04\\x90"
""",
)
wrong(
    "patched-modules",
    "fakes in sys.modules and a finder of its own",
    """
fake = types.ModuleType("numpy")
fake.testing = fake.asarray = fake.array = lambda *a, **k: None
for name in list(sys.modules):
    if name.startswith(("numpy", "nbgrader", "tinytorch_lib", "unittest")): sys.modules[name] = fake
class Finder:
    def find_spec(self, *a): raise SystemExit
sys.meta_path.insert(0, Finder())
sys.path.insert(0, "/tmp")
""",
)

# Looking around.
wrong(
    "frames",
    "the caller's frames, for expected values and names to change",
    """
def double(x):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(str(frame.f_locals) + str(list(frame.f_globals)))
        for names in (frame.f_globals, frame.f_locals):
            names["expected"] = names["AssertionError"] = names["passed"] = None
        frame = frame.f_back
    print("\\n".join(seen))
    try: raise ValueError
    except ValueError as error:
        t = error.__traceback__
        while t: print(t.tb_frame.f_globals.keys()); t = t.tb_next
    return x + 1
""",
    holes={"double": "pass"},
)
wrong(
    "garbage-collector",
    "everything that is alive, for tests and grades",
    """
for thing in gc.get_objects():
    if isinstance(thing, dict):
        for key in list(thing):
            if key in ("earned", "points", "passed", "status"):
                print(key, thing[key]); thing[key] = 100
    if isinstance(thing, types.FunctionType) and "test" in thing.__name__:
        print(thing.__name__, thing.__code__.co_consts)
        thing.__code__ = (lambda *a, **k: None).__code__
""",
)
wrong(
    "tracing",
    "trace and profile functions that see the tests run and skip what fails",
    """
def tracer(frame, event, argument):
    if "test" in frame.f_code.co_name: print(frame.f_code.co_consts, frame.f_locals)
    return tracer
sys.settrace(tracer); sys.setprofile(tracer); threading.settrace(tracer); threading.setprofile(tracer)
""",
)
wrong(
    "sources",
    "the hidden tests' text: linecache, inspect, files near the callback's code",
    """
def total_of(function, values):
    print(vars(function), dir(function), function.__class__.__mro__, function._room.__dict__)
    for name in ("__globals__", "__code__", "__closure__", "__defaults__", "__wrapped__", "__self__"):
        print(name, getattr(function, name, None))
    print({name: lines for name, lines in linecache.cache.items()})
    for reader in (inspect.getsource, inspect.getfile, inspect.getclosurevars):
        try: print(reader(function))
        except BaseException as error: print(error)
    print(inspect.stack())
    return 0
""",
    holes={"total-of": "pass"},
)
wrong(
    "asks-the-examiner",
    "requests of its own over the link: attributes, imports, code",
    """
def total_of(function, values):
    peer = function._room.peer
    for message in (
        ["op", "getattr", [function, "__globals__"], {}, None, None],
        ["import", "os"], ["run", "x", "import os"], ["global", "heard"],
        ["call", function.number, [], {"__globals__": 1}],
    ):
        try: peer.send(message); print(peer.receive())
        except BaseException as error: print(error)
    return 14
""",
    holes={"total-of": "pass"},
)

# Below Python.
wrong(
    "ctypes-integers",
    "the interpreter's small integers: 3 becomes 4 in memory",
    """
ctypes.memmove(id(3) + 24, struct.pack("i", 4), 4)
""",
)
right(
    "ctypes-crash",
    "a read at address 0 in the middle of a test",
    score=80,
    holes={"double": "def double(x):\n    import ctypes\n    return ctypes.string_at(0)"},
)
wrong(
    "system-calls",
    "the kernel's doors: ptrace, unshare, mount, setuid, chroot, memory of other processes",
    """
c = ctypes.CDLL(None, use_errno=True)
print([c.unshare(0x10000000), c.mount(b"none", b"/", None, 0x20, None), c.setuid(0), c.setgid(0), c.chroot(b"/")])
print([c.ptrace(16, pid, 0, 0) for pid in (1, os.getppid())], c.setns(3, 0), c.syscall(321, 0, 0, 0))
for call in (lambda: os.setuid(0), lambda: os.setgroups([0]), lambda: os.chown("/tmp", 0, 0), lambda: os.nice(-20)):
    try: print(call())
    except OSError as error: print(error)
""",
    walls=True,
)

# Forged results.
FORGED = """
answers = [b'{"earned": 100, "status": "passed"}\\n', b'[["ok", true]]', struct.pack(">I", 13) + bytes.fromhex("00000003929090 93a26f6b0490".replace(" ", ""))]
"""
wrong(
    "forged-results-everywhere",
    "results and messages on every descriptor that is open",
    FORGED
    + """
for fd in range(256):
    for answer in answers:
        try: os.set_blocking(fd, False); os.write(fd, answer)
        except OSError: pass
""",
)
wrong(
    "forged-answers-ahead",
    "answers on the link before the questions come",
    """
import msgpack
def frame(*message):
    body = msgpack.packb(list(message))
    return struct.pack(">II", 7 + len(body), 3) + b"\\x92\\x90\\x90" + body
os.write(3, frame("ok", [True, 4], []) * 3 + frame("ok", 4, []) * 20)
""",
)
wrong(
    "forged-answers-from-a-thread",
    "a thread that says `ok, 4` to whatever is asked",
    """
import msgpack
body = msgpack.packb(["ok", 4, []])
message = struct.pack(">II", 7 + len(body), 3) + b"\\x92\\x90\\x90" + body
def shout():
    while True:
        os.write(3, message); time.sleep(0.001)
threading.Thread(target=shout, daemon=True).start()
""",
)
wrong("closed-descriptors", "every descriptor closed", "os.closerange(0, 1024)")
wrong("link-moved-away", "the link replaced by something silent", "os.dup2(os.open('/dev/null', os.O_RDWR), 3)")

# Leaving.
wrong("exits-in-its-cell", "an end before any test, with a good status", "os._exit(0)")
for name, how in (
    ("os-exit", "import os; os._exit(0)"),
    ("sys-exit", "import sys; sys.exit(0)"),
    ("raises-keyboard-interrupt", "raise KeyboardInterrupt"),
    ("raises-generator-exit", "raise GeneratorExit"),
    ("raises-stop-iteration", "raise StopIteration(4)"),
    ("raises-base-exception", "raise BaseException('4')"),
    ("raises-an-exception-group", "raise ExceptionGroup('4', [ValueError(4)])"),
    ("kills-itself", "import os; os.kill(os.getpid(), 9)"),
    ("kills-everybody", "import os; os.kill(-1, 9)"),
    ("stops-itself", "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"),
):
    right(
        name,
        f"`{how}` in the middle of a test",
        score=80,
        holes={"double": f"def double(x):\n    {how}"},
        walls=name == "kills-everybody",
    )
right(
    "kills-its-parents",
    "signals to whoever may be the grader",
    """
for pid in {os.getppid(), 1, 2, 3, os.getpgrp() + 1, os.getsid(0) + 1} - {os.getpid(), os.getpgrp()}:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSTOP):
        try: os.kill(pid, number)
        except OSError: pass
""",
    walls=True,
)
wrong(
    "odd-exceptions",
    "exceptions whose text, class and bases cannot be trusted",
    """
class Meta(type):
    __mro__ = property(lambda cls: (_ for _ in ()).throw(SystemExit))
    __name__ = property(lambda cls: 1 / 0)
class Odd(AssertionError, metaclass=Meta):
    def __str__(self): raise KeyboardInterrupt
    __repr__ = __str__
    args = property(lambda self: [open])
    __traceback__ = property(lambda self: 1 / 0)
def double(x): raise Odd("x")
""",
    holes={"double": "pass"},
)
right(
    "exit-handlers",
    "handlers, finalizers and threads that hold up the end",
    """
atexit.register(lambda: time.sleep(60)); atexit.register(os._exit, 0)
class Sticky:
    def __del__(self): time.sleep(60)
kept = [Sticky()]; kept.append(kept)
weakref.finalize(kept[0], lambda: time.sleep(60))
threading.Thread(target=time.sleep, args=(60,)).start()
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN)
""",
)
right(
    "background-processes",
    "processes that outlive the room, in sessions of their own",
    """
for _ in range(3):
    if os.fork() == 0:
        os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if os.fork() == 0: time.sleep(300)
        time.sleep(300)
subprocess.Popen(["/bin/sleep", "300"], start_new_session=True)
""",
)

# Using up what is there.
right(
    "fork-bomb",
    "processes without end",
    "\nwhile True:\n    try: os.fork()\n    except BaseException: pass\n",
    score=100,
    seconds=14,
)
right(
    "thread-bomb",
    "threads without end",
    "\ntry:\n    while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nexcept RuntimeError: pass\n",
)
right(
    "memory-bomb",
    "all memory, in a test",
    score=80,
    holes={"double": "def double(x):\n    hoard = []\n    while True: hoard.append(bytearray(10_000_000))"},
)
right(
    "memory-bomb-in-children",
    "all memory, spread over processes that each stay within theirs",
    """
def double(x):
    children = []
    try:
        for _ in range(6):
            children.append(os.fork())
            if children[-1] == 0:
                hoard = bytearray(150_000_000)
                time.sleep(60)
        time.sleep(60)
    finally:
        for child in children: os.kill(child, 9)
""",
    score=80,
    holes={"double": "pass"},
)
right(
    "disk-bomb",
    "all of the scratch folder",
    "\ntry:\n    with open('big', 'wb') as file:\n        while True: file.write(bytes(1_000_000))\nexcept OSError: pass\n",
    seconds=14,
)
right(
    "descriptor-bomb",
    "all descriptors",
    "\nkept = []\ntry:\n    while True: kept.append(os.open('/dev/null', 0))\nexcept OSError: pass\n",
)
right(
    "deaf-loop",
    "a loop that swallows every interrupt, in a test",
    score=80,
    holes={
        "double": "def double(x):\n    while True:\n        try:\n            while True: len(str(x))\n        except BaseException: pass"
    },
)
right("loop-in-a-test", "a loop in a test", score=80, holes={"double": "def double(x):\n    while True: pass"})
right(
    "loop-in-c",
    "a loop that no interrupt reaches, in a test",
    score=80,
    holes={"double": "def double(x):\n    import itertools\n    return sum(itertools.repeat(0))"},
)
right(
    "loop-in-a-cell",
    "a loop in a cell of its own",
    "while True:\n    try: time.sleep(1)\n    except BaseException: pass",
    score=100,
)
right(
    "sleeps-in-c",
    "a sleep with all signals blocked",
    "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(60)",
)
right("deep-recursion", "recursion without end", score=80, holes={"double": "def double(x):\n    return double(x)"})
right(
    "deeper-recursion",
    "recursion without a limit, down to the end of the stack",
    score=80,
    holes={
        "double": "def double(x):\n    import sys\n    sys.setrecursionlimit(10**9)\n    return (lambda f: f(f))(lambda f: [f(f)][0].__class__(f(f)))"
    },
)
right(
    "huge-output",
    "a flood of text and of bytes that are none, on both outputs",
    "for fd in (1, 2):\n    for _ in range(300): os.write(fd, bytes(range(256)) * 256)\nprint('\\ud800\\x1b[2J\\x00' * 1000)",
)
right(
    "huge-result",
    "results larger than a message",
    score=80,
    holes={"double": "def double(x):\n    return 'x' * 100_000_000"},
)
right(
    "results-that-cannot-leave",
    "a result that contains itself",
    score=80,
    holes={"double": "def double(x):\n    a = []\n    a.append(a)\n    return a"},
)
wrong(
    "results-without-end",
    "results that the examiner could go through for ever",
    holes={
        "double": "def double(x):\n    import itertools\n    return itertools.count()",
        "scale": "def scale(x, by):\n    return range(10**15)",
        "total-of": "def total_of(function, values):\n    import itertools\n    return sum(function(v) for v in itertools.count())",
        "tally": "class Tally:\n    def add(self, item):\n        return self\n    def __len__(self):\n        return 2\n    total = 5\n    items = range(10**12)",
        "third": "def third(x):\n    return 10**10_000 * int(x)",
    },
    seconds=12,
)
