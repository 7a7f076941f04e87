"""What happens inside the forked process: cells are compiled and executed, and each one is reported.

Nothing here imports jupyter. The process may be killed at any line; `tito._runner_supervisor` watches it.
"""

from __future__ import annotations
import __future__

import contextlib
import linecache
import os
import random
import resource
import signal
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["CellTimeoutError", "Notebook", "enter_sandbox", "limit_cpu"]

MESSAGE_LIMIT = 4000
"""Characters kept of an exception's message."""

FRAMES_KEPT = 8
"""Innermost frames kept of a traceback; a runaway recursion has a thousand equal ones."""

_FUTURE_FLAGS = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})

Json = dict[str, Any]


class CellTimeoutError(BaseException):
    """Raised inside a cell whose time is up. No Exception, so that `except Exception` lets it through."""


def enter_sandbox(options: Json) -> None:
    """Make this process what a fresh kernel would be: import path, environment, limits, random state."""
    _set_import_path(options["library"])
    os.environ.update(options["env"])
    _limit_memory(options["memory"])
    _seed(options["random_seed"])
    sys.setrecursionlimit(3000)  # ipykernel's own limit
    if options["warnings_as_errors"]:
        warnings.simplefilter("error")


def _set_import_path(library: str | None) -> None:
    """Only `library` may provide tinytorch_lib, whatever else stands on the path."""
    sys.path[:] = [entry for entry in sys.path if not Path(entry or ".", "tinytorch_lib").exists()]
    os.environ.pop("PYTHONPATH", None)
    if library is not None:
        sys.path.insert(0, library)
        os.environ["PYTHONPATH"] = library
    sys.path_importer_cache.clear()


def _limit_memory(memory: int | None) -> None:
    """Allow `memory` bytes beside what the warm process holds already."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory is not None:
        with contextlib.suppress(OSError, ValueError):  # macOS refuses RLIMIT_AS
            limit = _virtual_memory() + memory
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def limit_cpu(seconds: int | None) -> None:
    """Allow `seconds` of processor time from now on, in a process that has used none yet."""
    if seconds is not None:
        # the soft limit's signal ends the process; the hard one is for a cell that ignores it
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _virtual_memory() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _seed(seed: int | None) -> None:
    """Global random states: as fresh as a new kernel's, or fixed. A fork would repeat its parent's."""
    random.seed(seed)
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed(seed)


class Notebook:
    """One fresh namespace and the cells executed in it."""

    def __init__(self, options: Json, send: Callable[[Json], None]) -> None:
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace = module.__dict__
        self.options = options
        self.send = send
        self.owner = os.getpid()
        self._flags = 0
        self._codes: dict[tuple[str, str, int], types.CodeType] = {}
        self._names: dict[str, str] = {}
        self._inside = False
        self._timed_out = False
        self._tame_pyplot()

    def adopt(self, send: Callable[[Json], None]) -> None:
        """Go on in a forked copy of the process, reporting to somebody else."""
        self.owner = os.getpid()
        self.send = send

    def prepare(self, cells: list[Json]) -> None:
        """Compile cells that several forks will run. A cell that does not compile fails when it is run."""
        for cell in cells:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                self._compile(cell)

    def run(self, cells: list[Json], first: int = 0) -> None:
        """Execute `cells` in order, numbered from `first` in the reports; a failing one stops nothing."""
        for index, cell in enumerate(cells, first):
            self.send({"event": "start", "cell": index})
            outcome = self._execute(cell)
            if os.getpid() != self.owner:
                os._exit(0)  # a copy that the cell forked and forgot: only the original reports
            _flush()
            self.send({"event": "end", "cell": index, **outcome})
            if self.options["stop_at_loss"] and cell["graded"] and outcome["status"] != "passed":
                break

    def _execute(self, cell: Json) -> Json:
        error: Json | None = None
        lines: dict[str, set[int]] = {}
        started = time.perf_counter()
        try:
            code = self._compile(cell)
            with self._alarm(), self._trace(lines):
                exec(code, self.namespace)
                self._show()
        except BaseException as raised:  # SystemExit and KeyboardInterrupt fail a cell too
            error = self._describe(raised, cell)
        seconds = time.perf_counter() - started
        _close_figures()
        self._tame_pyplot()
        status = "timeout" if self._timed_out else "failed" if error else "passed"
        reached = {self._names[name]: sorted(found) for name, found in lines.items()}
        return {"status": status, "error": error, "seconds": seconds, "lines": reached}

    def _compile(self, cell: Json) -> types.CodeType:
        key = (cell["id"], cell["source"], self._flags)
        filename = f"cell {cell['id']}"
        self._names[filename] = cell["id"]
        source = cell["source"]
        # no modification time: linecache keeps such an entry though no file is there
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        if key not in self._codes:
            self._codes[key] = compile(source, filename, "exec", flags=self._flags, dont_inherit=True)
        code = self._codes[key]
        self._flags |= code.co_flags & _FUTURE_FLAGS  # `from __future__` holds for later cells, as in IPython
        return code

    @contextlib.contextmanager
    def _alarm(self) -> Iterator[None]:
        """Interrupt the cell when its time is up, so that later cells still run."""
        self._timed_out = False

        def ring(_signal: int, _frame: object) -> None:
            self._timed_out = True
            if self._inside:
                raise CellTimeoutError(f"the cell ran longer than {self.options['cell_timeout']:g} s")

        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self.options["cell_timeout"])
        try:
            self._inside = True
            yield
        finally:
            self._inside = False
            signal.setitimer(signal.ITIMER_REAL, 0)

    @contextlib.contextmanager
    def _trace(self, lines: dict[str, set[int]]) -> Iterator[None]:
        """Collect which lines of which cells are executed, when the caller asked for it."""
        if not self.options["trace"]:
            yield
            return

        def on_call(frame: types.FrameType, _event: str, _argument: object) -> Any:
            return on_line if frame.f_code.co_filename in self._names else None

        def on_line(frame: types.FrameType, event: str, _argument: object) -> Any:
            if event == "line":
                lines.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
            return on_line

        sys.settrace(on_call)
        try:
            yield
        finally:
            sys.settrace(None)

    def _tame_pyplot(self) -> None:
        """Agg's own `show` only warns that it shows nothing."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            vars(pyplot)["show"] = lambda *_arguments, **_options: self._show()

    def _show(self) -> None:
        """Draw and close what is open, as a notebook does at `show` and below each cell."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if self.options["draw"] and pyplot is not None:
            for number in pyplot.get_fignums():
                pyplot.figure(number).canvas.draw()
        _close_figures()

    def _describe(self, raised: BaseException, cell: Json) -> Json:
        frames = self._frames(raised)
        here = [line for name, line, _ in frames if name == cell["id"]]
        line = here[-1] if here else None
        text: list[str] = []
        for name, number, function in frames[-FRAMES_KEPT:]:
            source = linecache.getline(f"cell {name}", number).strip()
            text.append(f"{name}, line {number}, in {function}\n    {source}")
        if isinstance(raised, SyntaxError) and raised.filename in self._names:
            line = raised.lineno
            text.append(f"{self._names[raised.filename]}, line {line}\n    {(raised.text or '').strip()}")
        return {
            "type": type(raised).__name__,
            "message": _message(raised),
            "line": line,
            "traceback": "\n".join(text),
        }

    def _frames(self, raised: BaseException) -> list[tuple[str, int, str]]:
        """(cell id, line, function) of the traceback's frames that lie in cells, outermost first."""
        found = []
        trace = raised.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename in self._names:
                found.append((self._names[code.co_filename], trace.tb_lineno, code.co_name))
            trace = trace.tb_next
        return found


def _message(raised: BaseException) -> str:
    try:
        text = str(raised)
    except BaseException as error:  # a student's __str__ may raise anything
        text = f"(its message cannot be shown: {type(error).__name__})"
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MESSAGE_LIMIT else f"{text[:MESSAGE_LIMIT]}… ({len(text)} characters)"


def _flush() -> None:
    for stream in (
        sys.stdout,
        sys.stderr,
        sys.__stdout__,
        sys.__stderr__,
    ):  # a cell may have put its own in place
        with contextlib.suppress(Exception):
            stream.flush()  # type: ignore[union-attr]


def _close_figures() -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with contextlib.suppress(Exception):
            pyplot.close("all")
