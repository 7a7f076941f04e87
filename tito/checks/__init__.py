"""`tito check`: is everything that is made from source/ up to date and by the rules? Reads only, writes nothing."""

from __future__ import annotations

from pathlib import Path

from tito.checks.generated import stale_library, stale_release
from tito.checks.layering import forbidden_imports
from tito.checks.names import clashing_names
from tito.checks.release import leaks
from tito.checks.source import source_problems

__all__ = [
    "all_problems",
    "clashing_names",
    "forbidden_imports",
    "leaks",
    "source_problems",
    "stale_library",
    "stale_release",
]


def all_problems(root: Path) -> list[str]:
    """One line for each thing that is not as it should be, empty when all is well."""
    problems = [*source_problems(root), *forbidden_imports(root)]
    problems += [] if problems else clashing_names(root)
    if problems:  # what is made from a faulty source says nothing new
        return problems
    return [*stale_library(root), *stale_release(root), *leaks(root)]
