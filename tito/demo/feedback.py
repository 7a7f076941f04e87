"""Does the feedback that students fetched say what failed?"""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from tito.demo.expected import Expected
from tito.demo.students import STUDENTS
from tito.demo.term import Term
from tito.errors import NotebookError
from tito.feedback.result import read_result
from tito.grading.result import TestReport

__all__ = ["error_texts", "feedback_problems"]


def feedback_problems(term: Term, expected: Mapping[tuple[str, str], Expected]) -> list[str]:
    """A line for each student without exactly one page of feedback and each failed test whose message is not on it.

    Raises:
        NotebookError: a page or a graded notebook cannot be read.
    """
    found = []
    for student in STUDENTS:
        for module in term.modules:
            where = f"{student.name}, {module.label}"
            pages = term.feedback_pages(student, module)
            if len(pages) != 1:
                found.append(f"{where}: {len(pages)} pages of feedback were fetched, expected 1")
                continue
            shown = [_squeezed(text) for text in error_texts(_read(pages[0]))]
            reports = _reports(term.graded_notebook(student, module))
            wanted = expected[student.name, module.label]
            for test in wanted.failed:
                message = _squeezed(reports[test].message or reports[test].error) if test in reports else ""
                if not message or not any(message in text for text in shown):
                    found.append(f"{where}: the feedback does not show what {test} said: {message or 'nothing'}")
            for test in wanted.credited:
                if test not in reports or reports[test].blame is None:
                    found.append(f"{where}: {test} should fail with the student's own earlier modules, and did not")
    return found


def error_texts(page: str) -> list[str]:
    """What the tests said, as a page of feedback shows it, as plain text.

    The student's code is on the page too, and may hold any message.
    """
    reader = _Errors()
    reader.feed(page)
    return reader.found


def _reports(path: Path) -> dict[str, TestReport]:
    """What the grader says of each test in a graded notebook, by grade id."""
    import nbformat

    try:
        result, why = read_result(nbformat.read(path, as_version=4).metadata)
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror} (it was left alone)") from None
    if result is None:
        raise NotebookError(f"{path}: {why} Grade it again (it was left alone)")
    return {test.id: test for test in result.tests}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror} (it was left alone)") from None


def _squeezed(text: str) -> str:
    return " ".join(text.split())


class _Errors(HTMLParser):
    """Collects the text of `<p class="hint">` and `<pre class="said">`, which hold nothing but text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._inside = dict(attrs).get("class") in ("hint", "said")
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data
