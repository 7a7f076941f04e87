"""The names that a test sees: its own and the helpers' here, everything else in the student's notebook."""

from __future__ import annotations

import ast
import builtins
import random
from typing import Any

import numpy as np

from tito.examiner.handles import Handle, type_of
from tito.examiner.link import Link

__all__ = ["Namespace", "imports_of"]

_LIBRARY = "tinytorch_lib"
_SEED_NUMPY, _SEED_PYTHON = np.random.seed, random.seed
"""The real ones: each examination puts its own before these, never before an earlier examination's."""


class Namespace(dict[str, Any]):
    """Globals for locked tests. Names that they do not define come from the exam room, anew for every cell."""

    def __init__(self) -> None:
        super().__init__(__name__="__main__", __builtins__=self._builtins())
        self._link: Link | None = None
        self._found: dict[str, Handle] = {}

    def close(self) -> None:
        """Forget everything: a test's names hold handles, those their room, and that its descriptors."""
        self.clear()
        self.connect(None)
        vars(np.random)["seed"], vars(random)["seed"] = _SEED_NUMPY, _SEED_PYTHON

    def connect(self, link: Link | None) -> None:
        """Look names up in this room from now on."""
        self._link = link
        self._found = {}

    def __missing__(self, name: str) -> Any:
        if name in self._found:
            return self._found[name]
        if self._link is None or name.startswith("__") or hasattr(builtins, name):
            raise KeyError(name)
        there, value = self._link.look_up(name)
        if not there:
            raise KeyError(name)
        if type(value) is Handle:
            self._found[name] = value
        return value

    def forget(self) -> None:
        """The student's cells have run on: the same name may mean something else now."""
        self._found = {}

    def follow_seeds(self) -> None:
        """Let a test's `np.random.seed` and `random.seed` reach the student's code too. For a process of its own."""

        def seed_numpy(seed: Any = None) -> None:
            _SEED_NUMPY(seed)
            self._seed("numpy", seed)

        def seed_python(seed: Any = None, version: int = 2) -> None:
            _SEED_PYTHON(seed, version)
            self._seed("python", seed)

        vars(np.random)["seed"] = seed_numpy
        vars(random)["seed"] = seed_python

    def _seed(self, which: str, seed: Any) -> None:
        if self._link is not None:
            self._link.seed(which, seed)

    def _builtins(self) -> dict[str, Any]:
        ours = {"type": _type, "callable": self._callable, "__import__": self._import}
        return vars(builtins) | ours

    def _callable(self, value: Any) -> bool:
        if type(value) is Handle and self._link is not None:
            return self._link.ask("callable", value) is True
        return callable(value)

    def _import(
        self, name: str, globals_: Any = None, locals_: Any = None, fromlist: tuple[str, ...] = (), level: int = 0
    ) -> Any:
        if name.partition(".")[0] != _LIBRARY or self._link is None:
            return __import__(name, globals_, locals_, fromlist, level)
        module = self._link.import_module(name)
        return module if fromlist else self._link.import_module(_LIBRARY)


def _type(*arguments: Any) -> Any:
    return type_of(*arguments) if len(arguments) == 1 else type(*arguments)


def imports_of(source: str) -> str:
    """The lines of a cell that import from Python or numpy: what its names mean is not the student's to say."""
    kept: list[ast.stmt] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            names = [alias for alias in node.names if alias.name.partition(".")[0] != _LIBRARY]
            kept += [ast.Import(names)] if names else []
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] != _LIBRARY:
            kept.append(node)
    return ast.unparse(ast.Module(kept, []))
