"""The numbered sections of a notebook: what a student is sent back to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tito.cells import grade_id
from tito.feedback.text import shown
from tito.modules import MODULES

__all__ = ["Sections"]

_HEADING = re.compile(r"^#{1,6}[ \t]+(\d{1,2}\.\d{1,2})[ \t]+(.+?)(?: — .*)?$", re.MULTILINE)
"""`## 6.2 Momentum — yours (25 points)`: the number and the name of a section."""

_NUMBER = re.compile(r"(\d{1,2})\.\d{1,2}")


class Sections:
    """The sections of one notebook, and which one each named cell stands in."""

    def __init__(self, cells: Iterable[Mapping[str, Any]]) -> None:
        self._titles: dict[str, str] = {}
        self._around: dict[str, str] = {}
        current = ""
        for cell in cells:
            if cell["cell_type"] == "markdown":
                for number, title in _HEADING.findall(cell["source"]):
                    current = number
                    self._titles[number] = f"{number} {shown(title.strip(), 120)}"
            if name := grade_id(cell):
                self._around[name] = current

    def find(self, number: str, name: str) -> tuple[str, str]:
        """The section `number` with its title, and the notebook it stands in.

        For a number that this notebook should have and has not, it is the section around the cell `name`.
        """
        if number not in self._titles and not self._elsewhere(number):
            number = self._around.get(name, "")
        return self._titles.get(number, number), _label(number)

    def _elsewhere(self, number: str) -> bool:
        """Is it a section of another module?"""
        label = _label(number)
        return bool(label) and label not in {_label(own) for own in self._titles}


def _label(number: str) -> str:
    match = _NUMBER.fullmatch(number)
    return next((module.label for module in MODULES if match and module.number == int(match[1])), "")
