"""The grading function: one job in, one graded submission out. Everything of a student's runs in exam rooms."""

from __future__ import annotations

import marshal
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from tito.errors import ToolError
from tito.examiner.examination import ExamCell, Examination
from tito.examiner.link import Link, RoomEndedError, TimeUpError
from tito.examiner.outcome import CellOutcome
from tito.grading.job import GradingJob
from tito.grading.policy import GradingPolicy
from tito.grading.result import Blame, CellReport, GradedSubmission, TestReport
from tito.grading.reuse import needed_tests
from tito.room.library import PACKAGE
from tito.sandbox import Backend

__all__ = ["grade", "with_failing_tests"]

_OPENING_SECONDS = 60.0
"""For a room to take the library. That is our own code, which a busy machine may keep waiting: no cell's time."""

_TITLE = re.compile(r"🔬 Unit Test: (.+?)(?:\.\.\.)?[\"']")


def grade(job: GradingJob, backend: Backend) -> GradedSubmission:
    """Examine the submission; see `GradingPolicy` for whose earlier modules run.

    Where a room was killed, perhaps by something that the submission has no part in, it is examined once more and that
    holds: code that kills its own room does so again.
    """
    first = _Grading(job, backend)
    result = first.result()
    return _Grading(job, backend).result() if first.disturbed else result


class _Grading:
    def __init__(self, job: GradingJob, backend: Backend) -> None:
        self.job = job
        self.policy = GradingPolicy(**job.policy)
        self.backend = backend
        self.seconds: dict[str, float] = {}
        self.peak = 0
        self.disturbed = False

    def result(self) -> GradedSubmission:
        kept = self._kept()
        wanted = [cell.id for cell in self.job.cells if cell.id in self.job.points and cell.id not in kept]
        outcomes, blames = self._outcomes(wanted)
        reports = kept | {
            cell.id: _test_report(cell, outcomes[cell.id], self.job, blames.get(cell.id))
            for cell in self.job.cells
            if cell.id in outcomes and cell.id in self.job.points
        }
        tests = tuple(reports[cell.id] for cell in self.job.cells if cell.id in reports)
        ran = tuple(_cell_report(found) for found in outcomes.values() if found.id not in self.job.points)
        return GradedSubmission(
            module=self.job.module,
            student=self.job.student,
            attempt=self.job.attempt,
            key=self.job.key,
            reference=self.job.reference_key if self._stands_on_reference(tests) else "",
            backend=self.backend.name,
            policy=self.policy.earlier_modules,
            tests=tests,
            cells=ran if self.job.kept.cells is None else self.job.kept.cells,
            findings=self.job.findings,
            library=self.job.library,
            timings=self.seconds,
            peak_memory=self.peak,
            cells_key=self.job.keys.cells,
            kept=tuple(kept),
        )

    def _kept(self) -> dict[str, TestReport]:
        """The reports that hold, with the points that their tests have now."""
        points = self.job.points
        return {
            test.id: replace(test, points=points[test.id], earned=points[test.id] if test.passed else 0.0)
            for test in self.job.kept.tests
        }

    def _outcomes(self, wanted: Sequence[str]) -> tuple[dict[str, CellOutcome], dict[str, Blame]]:
        """Run the tests in `wanted` and what comes before them; nothing where all is known."""
        if not wanted and self.job.kept.cells is not None:
            return {}, {}
        first = self.job.reference if self.policy.earlier_modules == "reference" else self.job.own
        outcomes = self._examine("cells", first, wanted)
        failed = [name for name in wanted if name in outcomes and not outcomes[name].passed]
        blames: dict[str, Blame] = {}
        if failed and self._has_second_run() and self.job.own != self.job.reference:
            again = self._examine("second", self.job.reference, failed)
            passed = [name for name in failed if name in again and again[name].passed]
            outcomes |= {name: _credited(outcomes[name], again[name]) for name in passed}
            blames = self._blame(passed)
        return outcomes, blames

    def _examine(self, phase: str, library: dict[str, str], tests: Sequence[str]) -> dict[str, CellOutcome]:
        """Run the cells, and of the tests only `tests`. Cells behind the last of them only where reports are due."""
        due = phase == "cells" and self.job.kept.cells is None
        started = time.perf_counter()
        links: list[Link] = []
        opening = 0.0
        given = self.job.reference
        code = {path: _compiled(text, path) for path, text in library.items() if given.get(path) == text}

        def open_room() -> Link:
            nonlocal opening
            begun = time.perf_counter()
            link = Link(self.backend.room(self.policy.limits))
            links.append(link)
            link.deadline = time.monotonic() + _OPENING_SECONDS
            try:
                link.setup(library, code)
            except (RoomEndedError, TimeUpError) as error:  # no student's code has run yet
                raise ToolError(f"an exam room did not answer: {error or 'its time was up'}") from None
            opening += time.perf_counter() - begun
            return link

        try:
            outcomes = Examination(
                self.job.cells if due else _until(self.job.cells, tests),
                open_room,
                cell_seconds=self.policy.cell_seconds,
                seconds=self.policy.notebook_seconds,
            ).run(needed_tests(self.job.cells, tests))
        finally:
            for link in links:
                ending = link.end()
                self.peak = max(self.peak, ending.peak_memory)
                self.disturbed = self.disturbed or ending.outside
        self._count("room", opening)
        self._count(phase, time.perf_counter() - started - opening)
        return {found.id: found for found in outcomes}

    def _count(self, phase: str, seconds: float) -> None:
        self.seconds[phase] = self.seconds.get(phase, 0.0) + seconds

    def _has_second_run(self) -> bool:
        """Not where no cell names the library."""
        return self.policy.earlier_modules == "own-first" and any(PACKAGE in cell.source for cell in self.job.cells)

    def _stands_on_reference(self, tests: Sequence[TestReport]) -> bool:
        """Did a test fail with the student's own modules? Then the reference's decide."""
        return self._has_second_run() and any(not test.passed or test.blame is not None for test in tests)

    def _blame(self, tests: Sequence[str]) -> dict[str, Blame]:
        """Find the earlier module that makes each of `tests` pass when it alone comes from the reference."""
        blames: dict[str, Blame] = {}
        suspects = [
            label for label, path in self.job.modules.items() if self.job.own.get(path) != self.job.reference.get(path)
        ]
        left = list(tests)
        for label in suspects if len(suspects) > 1 else ():
            if not left:
                break
            path = self.job.modules[label]
            mixed = {**self.job.own, path: self.job.reference[path], "__init__.py": self.job.reference["__init__.py"]}
            passed = {found.id for found in self._examine("blame", mixed, left).values() if found.passed}
            blames |= {name: Blame(label) for name in left if name in passed}
            left = [name for name in left if name not in passed]
        alone = suspects[0] if len(suspects) == 1 else "several earlier modules together"
        return blames | {name: Blame(alone) for name in left}


def _until(cells: Sequence[ExamCell], tests: Collection[str]) -> Sequence[ExamCell]:
    """The cells up to the last of `tests`."""
    return cells[: max(place for place, cell in enumerate(cells, 1) if cell.id in tests)]


@lru_cache(maxsize=256)
def _compiled(text: str, path: str) -> bytes:
    """Byte code of a file of the reference library, which a class shares. A student's own is compiled in their room."""
    return marshal.dumps(compile(text, f"{PACKAGE}/{path}", "exec", dont_inherit=True))


def _credited(own: CellOutcome, reference: CellOutcome) -> CellOutcome:
    """What passed with the reference's modules, with what went wrong with the student's own."""
    return replace(own, status=reference.status, stdout=reference.stdout, seconds=own.seconds + reference.seconds)


def _test_report(cell: ExamCell, found: CellOutcome, job: GradingJob, blame: Blame | None) -> TestReport:
    title = _TITLE.search(cell.source)
    lines = cell.source.splitlines()
    hidden = found.line is not None and _is_hidden(lines, found.line)
    number = int(job.module[:2])
    number_of_section = rf"\b{number}\.[1-9]\d?\b"
    section = re.search(number_of_section, found.message) or re.search(number_of_section, cell.source)
    line = "" if hidden or found.line is None else lines[found.line - 1].strip()
    return TestReport(
        id=found.id,
        title=title[1] if title else found.id,
        points=job.points[found.id],
        earned=job.points[found.id] if found.passed else 0.0,
        status=found.status,
        seconds=found.seconds,
        hidden=hidden,
        error=found.error,
        message=found.message,
        line=line,
        traceback=found.traceback,
        section=section[0] if section else "",
        stdout=found.stdout,
        stderr=found.stderr,
        blame=blame,
        key=job.keys.tests.get(found.id, ""),
    )


def _cell_report(found: CellOutcome) -> CellReport:
    error = f"{found.error}: {found.message}" if found.error and found.message else found.error or found.message
    return CellReport(found.id, found.status, found.seconds, found.stdout, found.stderr, error, found.traceback)


def _is_hidden(lines: Sequence[str], number: int) -> bool:
    hidden = False
    for line in lines[:number]:
        if "BEGIN HIDDEN TESTS" in line:
            hidden = True
        elif "END HIDDEN TESTS" in line:
            hidden = False
    return hidden


def with_failing_tests(graded: GradedSubmission, failing: Callable[[str], Sequence[str]]) -> GradedSubmission:
    """Complete the blames: `failing(label)` gives the tests that fail in the student's own earlier module."""
    tests = tuple(
        replace(test, blame=replace(test.blame, tests=tuple(failing(test.blame.module)))) if test.blame else test
        for test in graded.tests
    )
    return replace(graded, tests=tests)
