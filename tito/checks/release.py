"""Does a released notebook hold what students must not see?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tito.notebooks import authored_modules
from tito.percent import read_source, source_path

__all__ = ["leaks", "secret_lines"]

_MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS")
_TELLING = 12
"""Characters from which a line says something; shorter ones (`return x`) stand everywhere."""


def leaks(root: Path) -> list[str]:
    """Lines of solutions and hidden tests that the released notebooks hold, one problem each."""
    problems: list[str] = []
    for module in authored_modules(root):
        path = root / "release" / module.label / f"{module.label}.ipynb"
        if not path.is_file():
            continue  # stale_release names it
        released = [line for cell in json.loads(path.read_bytes())["cells"] for line in _lines("".join(cell["source"]))]
        sources = [cell["source"] for cell in read_source(source_path(root, module.label)).cells]
        secrets = secret_lines(sources)
        for line in released:
            if line in secrets or any(marker in line for marker in _MARKERS):
                problems.append(f"{path.relative_to(root)}: gives away {line!r}")
    return problems


def secret_lines(sources: Iterable[str]) -> set[str]:
    """The lines that stand inside solution regions and hidden tests and nowhere else in the notebook."""
    secret: set[str] = set()
    public: set[str] = set()
    for source in sources:
        hidden = False
        for line in _lines(source):
            if any(f"BEGIN {kind}" in line for kind in ("SOLUTION", "HIDDEN TESTS")):
                hidden = True
            elif any(f"END {kind}" in line for kind in ("SOLUTION", "HIDDEN TESTS")):
                hidden = False
            else:
                (secret if hidden else public).add(line)
    return {line for line in secret - public if len(line) >= _TELLING}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
