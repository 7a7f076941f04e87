"""The student's `tinytorch_lib`, imported from memory: no file of it needs to be in the room."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType

__all__ = ["PACKAGE", "install_library"]

PACKAGE = "tinytorch_lib"


class _Library(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads the package's modules; `files` maps paths such as `core/tensor.py` to their text."""

    def __init__(self, files: dict[str, str]) -> None:
        self._modules: dict[str, tuple[str, bool]] = {}
        for path, text in files.items():
            parts = [PACKAGE, *path.removesuffix(".py").split("/")]
            package = parts[-1] == "__init__"
            self._modules[".".join(parts[:-1] if package else parts)] = (text, package)

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The library's modules, and nothing else."""
        del path, target
        if fullname not in self._modules:
            return None
        package = self._modules[fullname][1]
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=self._origin(fullname), is_package=package)
        spec.has_location = True
        return spec

    def get_source(self, fullname: str) -> str:
        """The module's text, for tracebacks."""
        return self._modules[fullname][0]

    def is_package(self, fullname: str) -> bool:
        """Does it hold other modules?"""
        return self._modules[fullname][1]

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's text in `module`."""
        name = module.__name__
        exec(compile(self.get_source(name), self._origin(name), "exec", dont_inherit=True), module.__dict__)

    def _origin(self, fullname: str) -> str:
        text = fullname.replace(".", "/")
        return f"{text}/__init__.py" if self._modules[fullname][1] else f"{text}.py"


def install_library(files: dict[str, str]) -> None:
    """Let `import tinytorch_lib` find `files` and nothing else; no files, no library."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != _Library.__name__]
    sys.meta_path.insert(0, _Library(files))
