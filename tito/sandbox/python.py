"""Where this Python lies, and how another process runs it without anything from its surroundings."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import tito

__all__ = ["PACKAGE", "PIECES", "library_path", "python_command", "python_files"]

PACKAGE = Path(tito.__file__).resolve().parent

PIECES = ("__init__.py", "errors.py", "room", "sandbox")
"""What of this package a room sees: the server and its walls, nothing that grades."""

_PARTS = ("bin", "lib", "lib64", "pyvenv.cfg")


def python_command() -> list[str]:
    """The warm process's command; its settings come behind."""
    paths = [str(PACKAGE.parent), *map(str, _package_folders())]
    start = (
        f"import sys; sys.path += [path for path in {paths!r} if path not in sys.path]; "
        "from tito.sandbox.zygote import main; main()"
    )
    return [sys.executable, "-I", "-X", "utf8", "-c", start]


def python_files() -> list[Path]:
    """The folders and files of this Python and its packages that lie outside /usr.

    Not the prefix as a whole: a virtual environment can be made in a folder that holds anything else.
    """
    prefixes = {Path(prefix) for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)}
    found = [prefix / part for prefix in sorted(prefixes) for part in _PARTS]
    found += _package_folders()
    kept: list[Path] = []
    for path in found:
        if path.exists() and not any(path.is_relative_to(other) for other in (Path("/usr"), *kept)):
            kept.append(path)
    return kept


def _package_folders() -> list[Path]:
    return [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]


def library_path() -> dict[str, str]:
    """The one variable without which some Pythons do not start."""
    value = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": value} if value else {}
