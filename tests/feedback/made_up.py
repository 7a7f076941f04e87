"""Made-up results, the notebook that a grader would have left with them, and its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import nbformat

from tito.feedback.build import build_page
from tito.feedback.page import render
from tito.grading.result import METADATA_KEY, CellReport, GradedSubmission, TestReport

LABEL = "06_optimizers"

NUMPY = """
Not equal to tolerance rtol=1e-06, atol=0
After three equal gradients the velocity should have been g, 1.5 g, 1.75 g (6.2).
Mismatched elements: 2 / 2 (100%)
Mismatch at indices:
 [0]: 0.6 (ACTUAL), 0.15 (DESIRED)
 [1]: -2.8 (ACTUAL), -3.7 (DESIRED)
Max absolute difference among violations: 0.9
Max relative difference among violations: 3.
 ACTUAL: array([ 0.6, -2.8])
 DESIRED: array([ 0.15, -3.7])"""
"""What numpy 2.4 makes of `assert_allclose` with a message."""


def report(name: str = "test-sgd", status: str = "failed", **values: Any) -> TestReport:
    """A test worth 25 points."""
    earned = 25.0 if status == "passed" else 0.0
    return TestReport(
        **{"id": name, "title": f"title of {name}", "points": 25.0, "earned": earned} | values, status=status
    )


def submission(*tests: TestReport, cells: Sequence[CellReport] = (), **values: Any) -> GradedSubmission:
    plain: dict[str, Any] = {
        "module": LABEL,
        "student": "ada",
        "attempt": "2027-02-03 17:26:15.123456 UTC",
        "key": "0123456789abcdef" * 4,
        "reference": "fedcba9876543210" * 4,
        "backend": "bubblewrap",
        "policy": "own-first",
    }
    return GradedSubmission(**plain | values, tests=tests, cells=tuple(cells))


def code_cell(name: str, source: str, **flags: Any) -> nbformat.NotebookNode:
    """A code cell with nbgrader's metadata."""
    cell = nbformat.v4.new_code_cell(source)
    plain = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3, "solution": False, "task": False}
    cell.metadata["nbgrader"] = nbformat.from_dict(plain | flags)
    return cell


def notebook(result: GradedSubmission, source: str = "class SGD:\n    pass\n") -> nbformat.NotebookNode:
    """A graded notebook: for each test a heading, a hole filled with `source`, and the test itself."""
    cells = []
    for test in result.tests:
        cells.append(nbformat.v4.new_markdown_cell("## 6.2 Momentum — yours (25 points)\nIn a narrow valley …"))
        cells.append(code_cell(f"hole-of-{test.id}", source, solution=True))
        cells.append(
            code_cell(test.id, "SECRET = 'hidden test'", grade=True, locked=True, points=test.points, score=test.earned)
        )
    graded = nbformat.v4.new_notebook(cells=cells)
    graded.metadata[METADATA_KEY] = nbformat.from_dict(result.as_json())
    return graded


def page(result: GradedSubmission, graded: nbformat.NotebookNode | None = None, **names: Any) -> str:
    """The page of `result` with the gradebook's numbers in `names`."""
    plain = {"assignment": LABEL, "student": "ada", "score": result.earned, "max_score": result.points}
    return render(build_page(graded or notebook(result), plain | {"late_penalty": 0} | names))


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""
    """All text within."""


@dataclass
class Reader(HTMLParser):
    """Every element of a page with its text."""

    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in {"meta", "base", "br", "img", "hr"}:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def elements(html: str) -> list[Element]:
    """The elements of a page, which closes all that it opens."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader._open
    return reader.elements


def texts(html: str, tag: str) -> list[str]:
    """The text of each `tag`, spaces squeezed."""
    return [" ".join(one.text.split()) for one in elements(html) if one.tag == tag]


def body(html: str) -> str:
    return texts(html, "body")[0]


def addresses(found: Iterable[Element]) -> Iterator[str]:
    """Everything that an element could load or lead to."""
    for element in found:
        for name in ("href", "src", "srcset", "action", "formaction", "data", "poster", "background", "xlink:href"):
            if name in element.attributes:
                yield element.attributes[name]
