"""A short term of the demo course: release, fetch, work, submit, collect, grade, feedback, export."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tito.demo.commands import Command, run_all
from tito.demo.expected import Expected, expect
from tito.demo.folders import course_file, make_home
from tito.demo.students import STUDENTS, Assignment, Student
from tito.errors import NotebookError
from tito.grading.policy import ALLOW_PLAIN, ROOM
from tito.modules import Module
from tito.workspace import lay_out_course

__all__ = ["Got", "Term"]

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", ROOM)
"""What the commands inherit: nothing that could lead them to the user's own course or Jupyter configuration."""


@dataclass(frozen=True)
class Got:
    """One row of the exported grades."""

    score: float | None
    """After the penalty; None when the submission is not graded."""
    penalty: float


@dataclass
class Term:
    """The demo course in `folder`. Everything that it writes is in there."""

    folder: Path
    sources: Path
    """What the course shares: see `snapshot`."""
    assignments: Sequence[Assignment]
    side_by_side: int = field(default_factory=lambda: os.cpu_count() or 1)

    @property
    def course(self) -> Path:
        return self.folder / "course"

    @property
    def modules(self) -> tuple[Module, ...]:
        return tuple(assignment.answers.module for assignment in self.assignments)

    def home(self, student: Student) -> Path:
        return self.folder / "students" / student.name

    def steps(self) -> int:
        """How many pieces of work `run` reports."""
        modules, students = len(self.modules), len(STUDENTS)
        releasing, grading = 3 * modules, 3 * modules + students * modules
        return 1 + releasing + students * (1 + modules + 1) + grading + 1

    def run(
        self, advance: Callable[[int], object], tell: Callable[[str], object]
    ) -> Mapping[tuple[str, str], Expected]:
        """Go through the whole term; gives what each (student, module) must get.

        Raises:
            ToolError: an nbgrader command failed.
            SourceError: a source is not what the demo expects.
        """
        self._set_up()
        labels = [module.label for module in self.modules]

        def staff(*lines: tuple[str, ...], pieces: int = 1, marks: str = "") -> None:
            run_all([self._staff(line, pieces, marks) for line in lines], self.side_by_side, advance)

        tell("releasing")
        staff(("db", "student", "import", str(self._roster_file)))  # alone: it also makes the gradebook
        staff(*(("generate_assignment", label) for label in labels))
        for label in labels:  # one after the other: each makes the exchange's folders if they are not there
            staff(("release_assignment", label))
        tell("students at work")
        expected = self._submit([student for student in STUDENTS if not student.late], advance)
        # nbgrader stamps a submission when it comes in, and a demo cannot wait for a deadline. So the instructor sets
        # it to this very moment: everyone above is in time, whoever submits below is late, by nbgrader's own clock.
        self._write_course_file(due=datetime.now(UTC))
        staff(*(("generate_assignment", label, "--force") for label in labels))
        expected |= self._submit([student for student in STUDENTS if student.late], advance)
        tell("grading")
        staff(*(("collect", label) for label in labels))
        staff(*(("autograde", label) for label in labels), pieces=len(STUDENTS), marks="] Sanitizing ")
        tell("feedback and grades")
        staff(*(("generate_feedback", label) for label in labels))
        for label in labels:
            staff(("release_feedback", label))
        fetch = [self._student(one, "fetch_feedback", *labels) for one in STUDENTS]
        run_all(fetch, self.side_by_side, advance)
        staff(("export", "--to", str(self.grades_file)))
        return expected

    @property
    def grades_file(self) -> Path:
        return self.course / "grades.csv"

    def grades(self) -> dict[tuple[str, str], Got]:
        """The exported grades by (student, module label)."""
        with self.grades_file.open(encoding="utf-8", newline="") as file:
            return {
                (row["student_id"], row["assignment"]): Got(
                    float(row["score"]) if row["score"] else None, float(row["late_submission_penalty"] or 0)
                )
                for row in csv.DictReader(file)
            }

    def feedback_pages(self, student: Student, module: Module) -> list[Path]:
        """The feedback that the student fetched."""
        return sorted(self.home(student).glob(f"{module.label}/feedback/*/{module.label}.html"))

    def graded_notebook(self, student: Student, module: Module) -> Path:
        """The student's notebook as nbgrader graded it."""
        return self.course / "autograded" / student.name / module.label / f"{module.label}.ipynb"

    def _submit(self, students: Sequence[Student], advance: Callable[[int], object]) -> dict[tuple[str, str], Expected]:
        labels = [module.label for module in self.modules]
        run_all([self._student(one, "fetch_assignment", *labels) for one in students], self.side_by_side, advance)
        expected = {
            (one.name, label): self._work(one, assignment)
            for one in students
            for label, assignment in zip(labels, self.assignments, strict=True)
        }
        for label in labels:  # one module after the other, since submitting updates the student's library
            run_all([self._student(one, "submit", label) for one in students], self.side_by_side, advance)
        return expected

    def _work(self, student: Student, assignment: Assignment) -> Expected:
        """Open the fetched notebook, do what the student does, save it."""
        import nbformat

        answers = assignment.answers
        path = self.home(student) / answers.module.label / f"{answers.module.label}.ipynb"
        try:
            notebook = nbformat.read(path, as_version=4)
        except OSError as error:
            raise NotebookError(f"{path} was not fetched: {error.strerror} (the demo stopped)") from None
        outcome = student.work(notebook, assignment)
        nbformat.write(notebook, path)
        return expect(student, answers, outcome)

    def _set_up(self) -> None:
        self._write_course_file(due=datetime.now(UTC) + timedelta(days=7))
        self._logs.mkdir(parents=True)
        self._scratch.mkdir()
        self._roster_file.write_text("\n".join(["id", *(one.name for one in STUDENTS)]) + "\n", encoding="utf-8")
        for student in STUDENTS:
            make_home(self.home(student), student.name, self.course / "exchange")

    def _write_course_file(self, due: datetime) -> None:
        lay_out_course(self.course, self.sources, course_file=course_file(self.modules, due))

    @property
    def _roster_file(self) -> Path:
        return self.folder / "roster.csv"

    @property
    def _scratch(self) -> Path:
        return self.folder / "tmp"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    def _staff(self, arguments: tuple[str, ...], pieces: int = 1, marks: str = "") -> Command:
        environment = self._environment(self.folder / "instructor")
        environment |= {"TINYTORCH_COURSE": str(self.course), ALLOW_PLAIN: "1"}
        return Command(arguments, self.course, environment, self._log("instructor", arguments), marks, pieces)

    def _student(self, student: Student, *arguments: str) -> Command:
        home = self.home(student)
        environment = self._environment(home) | {"TINYTORCH_LIBRARY": str(home / "library")}
        return Command(arguments, home, environment, self._log(student.name, arguments))

    def _environment(self, home: Path) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        # nbgrader starts `alembic` by name: that is the one installed beside this Python.
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
        # An interrupted command leaves its temporary files: they go with the demo's folder.
        return kept | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / ".jupyter"), "TMPDIR": str(self._scratch)}

    def _log(self, who: str, arguments: Sequence[str]) -> Path:
        name = "-".join((who, *(part for part in arguments if not part.startswith(("-", "/")))))
        return self._logs / f"{name}.log"
