"""Runs a notebook's cells in one namespace, as a kernel would, and describes what they raise."""

from __future__ import annotations
import __future__

import builtins
import contextlib
import linecache
import sys
import types
from typing import Any

from tito.room.wire import TYPES, type_token

__all__ = ["CellTimeoutError", "Notebook", "described"]

_MESSAGE_LIMIT = 4000
_FRAMES_KEPT = 8
_FUTURE_FLAGS = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


class CellTimeoutError(BaseException):
    """Raised inside a student's code whose time is up. No Exception, so that `except Exception` lets it through."""


class _NoShell:
    """In place of IPython's shell: `%magic` and `!command` do nothing when a notebook is graded."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_arguments, **_options: None


class Notebook:
    """The namespace of `__main__` and the cells run in it."""

    def __init__(self) -> None:
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.namespace = module.__dict__
        self.namespace["get_ipython"] = _NoShell
        self.namespace["display"] = lambda *values, **_options: print(*values)
        self._flags = 0
        self.names: dict[str, str] = {}

    def run(self, cell: str, source: str) -> None:
        """Execute `source` as the cell called `cell`; raises what it raises."""
        filename = f"cell {cell}"
        self.names[filename] = cell
        # no modification time: linecache keeps such an entry though no file is there
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        code = compile(source, filename, "exec", flags=self._flags, dont_inherit=True)
        self._flags |= code.co_flags & _FUTURE_FLAGS  # `from __future__` holds for later cells, as in IPython
        try:
            exec(code, self.namespace)
        finally:
            _close_figures()

    def frames(self, raised: BaseException) -> str:
        """The frames of a traceback that lie in cells or in the student's library, innermost last."""
        found = []
        trace = raised.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name in self.names or name.startswith("tinytorch_lib/"):
                text = linecache.getline(name, trace.tb_lineno, trace.tb_frame.f_globals).strip()
                where = self.names.get(name, name)
                found.append(f"{where}, line {trace.tb_lineno}, in {trace.tb_frame.f_code.co_name}\n    {text}")
            trace = trace.tb_next
        if isinstance(raised, SyntaxError) and raised.filename in self.names:
            found.append(f"{self.names[raised.filename]}, line {raised.lineno}\n    {(raised.text or '').strip()}")
        return "\n".join(found[-_FRAMES_KEPT:])


def described(raised: BaseException, notebook: Notebook | None) -> list[Any]:
    """An exception as plain data: built-in type, arguments, its own name, message, frames."""
    kind = type(raised)
    base = TYPES[type_token(kind)]
    message = _message(raised)
    arguments: list[Any] = [message]
    plain = (bool, int, float, str, type(None))
    if kind is base and all(type(value) in plain and len(str(value)) <= _MESSAGE_LIMIT for value in raised.args):
        arguments = list(raised.args)
    frames = ""
    if notebook is not None:
        with contextlib.suppress(Exception):
            frames = notebook.frames(raised)
    return [base, arguments, str(kind.__name__), message, frames]


def _message(raised: BaseException) -> str:
    try:
        text = builtins.str(raised)
    except BaseException as error:  # a student's __str__ may raise anything
        text = f"(its message cannot be shown: {type(error).__name__})"
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _MESSAGE_LIMIT else f"{text[:_MESSAGE_LIMIT]}… ({len(text)} characters)"


def _close_figures() -> None:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        with contextlib.suppress(Exception):
            pyplot.close("all")
