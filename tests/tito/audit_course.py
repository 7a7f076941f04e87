"""A course of one small module, to audit. Its tests are as good or as bad as each test wants them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.tiny import metadata
from tito.audit import AuditResult, Limits, audit
from tito.runner import Runner

__all__ = ["GOOD_TEST", "MODULE", "SOLUTION", "SmallCourse", "code", "graded", "solution"]

MODULE = "01_setup"

SOLUTION = """\
#| export
def clipped_mean(values, limit):
    \"\"\"Mean of the values, none counted above `limit`.\"\"\"
    ### BEGIN SOLUTION
    total = 0.0
    for value in values:
        total += min(value, limit)
    return total / len(values)
    ### END SOLUTION"""

GOOD_TEST = """\
def test_clipped_mean():
    assert clipped_mean([1.0, 2.0, 9.0], 4.0) == 7.0 / 3
    assert clipped_mean([0.5, -3.0], 4.0) == -1.25


test_clipped_mean()"""

ALTERNATIVES = {
    "builtin": "def clipped_mean(values, limit):\n    return sum(min(v, limit) for v in values) / len(values)",
    "vectorized": (
        "import numpy as np\ndef clipped_mean(values, limit):\n    return float(np.minimum(values, limit).mean())"
    ),
    "recursive": (
        "def clipped_mean(values, limit):\n    def total(rest):\n"
        "        return min(rest[0], limit) + total(rest[1:]) if rest else 0\n    return total(values) / len(values)"
    ),
}


def code(source: str, grade_id: str | None = None, points: float | None = None, solution: bool = False) -> str:
    """A code cell of a percent-format file."""
    if grade_id is None:
        return f"# %%\n{source}\n"
    return f"{metadata(grade_id, solution=solution, points=points)}\n{source}\n"


def solution(source: str, grade_id: str = "mean") -> str:
    return code(source, grade_id, solution=True)


def graded(source: str, grade_id: str = "test-mean", points: float = 100) -> str:
    return code(source, grade_id, points)


@dataclass
class SmallCourse:
    """A course folder under `root`; by default one that grades rightly."""

    root: Path
    cells: list[str] = field(default_factory=lambda: [solution(SOLUTION), graded(GOOD_TEST)])
    alternatives: dict[str, str] = field(default_factory=lambda: dict(ALTERNATIVES))
    equivalents: str = ""
    runner: Runner | None = None
    limits: Limits = field(default_factory=lambda: Limits(seeds=1))

    def write(self) -> Path:
        folder = self.root / "tests" / "alternatives" / MODULE
        for path in (self.root / "source", folder, self.root / "tests" / "audit"):
            path.mkdir(parents=True, exist_ok=True)
        (self.root / "source" / f"{MODULE}.py").write_text("\n".join(self.cells), encoding="utf-8")
        for name, text in self.alternatives.items():
            section = text if text.startswith("# %%") else f"# %% mean\n#| export\n{text}"
            (folder / f"{name}.py").write_text(section + "\n", encoding="utf-8")
        listed = self.root / "tests" / "audit" / "equivalent_mutants.toml"
        listed.write_text(self.equivalents, encoding="utf-8")
        return self.root

    def audit(self) -> AuditResult:
        return audit(MODULE, root=self.write(), limits=self.limits, runner=self.runner)
