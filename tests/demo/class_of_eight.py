"""The demo's class without its exchange: what the eight hand in, put where it is collected."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat

from tito import gradebook
from tito.course import Course
from tito.demo.answers import read_alternative, read_answers
from tito.demo.expected import Expected, expect
from tito.demo.folders import course_file, snapshot
from tito.demo.students import STUDENTS, Assignment
from tito.modules import find_module
from tito.workspace import lay_out_course

__all__ = ["make_class"]

DUE = datetime(2026, 3, 2, 12, tzinfo=UTC)


def make_class(root: Path, folder: Path, labels: tuple[str, ...]) -> tuple[Course, Mapping[tuple[str, str], Expected]]:
    """A course in `folder` with a source of its own and everybody's submissions; and what each must get."""
    modules = [find_module(label) for label in labels]
    sources = snapshot(root, folder / "checkout", modules[-1])
    course = Course.load(lay_out_course(folder / "course", sources, course_file=course_file(modules, DUE)))
    expected = {}
    for module in modules:
        gradebook.generate(course, module.label)
        name = f"{module.label}.ipynb"
        released = nbformat.read(course.root / "release" / module.label / name, as_version=4)
        alternative = sorted((root / "tests" / "alternatives" / module.label).glob("*.py"))[0]
        assignment = Assignment(read_answers(sources, module), read_alternative(alternative))
        for student in STUDENTS:
            notebook = copy.deepcopy(released)
            outcome = student.work(notebook, assignment)
            expected[student.name, module.label] = expect(student, assignment.answers, outcome)
            handed_in = course.root / "submitted" / student.name / module.label
            handed_in.mkdir(parents=True)
            nbformat.write(notebook, handed_in / name)
            stamp = DUE + timedelta(hours=1 if student.late else -1)
            (handed_in / "timestamp.txt").write_text(f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
    return course, expected
