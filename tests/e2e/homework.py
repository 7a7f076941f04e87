"""What students are asked and what they make of it, read from the source so that nothing stands here twice."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator

from tito.cells import grade_id, is_graded, points
from tito.percent import read_source, source_path

MODULE = "02_tensor"
NEXT = "03_activations"
FIRST_CELLS = ("scope", "imports", "checks")  # 02 asks to run these first

HOLE = "raise NotImplementedError()"
"""What stands where a student writes."""

TYPED = "to-array"
"""The hole that Ada fills in by keyboard, at first with this:"""
WRONG = "return np.array(data)"

UNDONE = "matmul"
"""The hole that she leaves open: a score of less than everything says more."""


class Module:
    """The module's source, as far as the test needs it."""

    def __init__(self, course: Path, label: str = MODULE) -> None:
        self.label = label
        cells = read_source(source_path(course, label)).cells
        self.sources = {str(grade_id(cell)): str(cell.source) for cell in cells if grade_id(cell)}
        self.points = {str(grade_id(cell)): points(cell) for cell in cells if is_graded(cell)}

    def scores(self, *failed: str) -> dict[str, float]:
        """What each test should give somebody whose holes `failed` are wrong."""
        return self.points | {f"test-{hole}": 0.0 for hole in failed}

    def total(self, *failed: str) -> str:
        """The points of somebody whose holes `failed` are wrong, as pages show them."""
        return f"{sum(self.scores(*failed).values()):g}"

    def solved(self, hole: str) -> str:
        """The cell as a student would have it, without the marks around the solutions."""
        return re.sub(r"^ *### (BEGIN|END) SOLUTION\n?", "", self.sources[hole], flags=re.MULTILINE)

    def solution(self, hole: str) -> str:
        """The lines between the marks, their indentation taken off."""
        found = re.findall(r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", self.sources[hole], re.M | re.S)
        assert len(found) == 1, f"{hole} has {len(found)} solution regions: choose another hole to type"
        indent, lines = found[0]
        return "\n".join(line.removeprefix(indent) for line in lines.splitlines())

    def first_line(self, cell: str) -> str:
        return self.sources[cell].splitlines()[0]

    def failures(self, dialog: Locator) -> list[str]:
        """The tests that the validation's dialog shows as failed."""
        said = dialog.inner_text()
        found = [test for test in self.points if self.first_line(test) + "\n" in said]
        assert said.count("The following cell failed:") == len(found), said
        return found
