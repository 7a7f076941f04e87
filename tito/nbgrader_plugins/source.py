"""Generating an assignment: read the authored .py, whatever the .ipynb beside it says, and record the due date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from tito.cells import is_graded
from tito.course import Course
from tito.errors import SourceError
from tito.gradebook import write_people
from tito.modules import find_module
from tito.new_gradebook import make_gradebook
from tito.percent import read_source, source_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["RecordDueDate", "UseSource"]

Result = tuple["NotebookNode", dict[str, Any]]


class UseSource(NbGraderPreprocessor):
    """Replaces the notebook by what `source/NN_name.py` says now.

    A preprocessor and not a hook: nbgrader logs a failing hook and releases the stale notebook all the same.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        converter = getattr(self.parent, "parent", None)
        if (
            converter is not None
        ):  # it is about to open the gradebook, which may be a new one, also without naming the course
            make_gradebook(converter.coursedir.db_url, converter.coursedir.course_id)

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:  # noqa: ARG002
        module = find_module(resources["nbgrader"]["assignment"])
        path = source_path(Course.find().root, module.label)
        notebook = read_source(path)
        if not any(map(is_graded, notebook.cells)):
            raise SourceError(f"{path} has no graded cell; is it a percent-format notebook? (nothing was released)")
        return notebook, resources


class RecordDueDate(NbGraderPreprocessor):
    """Writes course.toml's due date into the gradebook, where nbgrader looks for lateness, and the roster's names."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> Result:
        course = Course.find()
        assignment = resources["nbgrader"]["assignment"]
        due = course.schedule.due(find_module(assignment))
        with Gradebook(resources["nbgrader"]["db_url"], course.id) as gradebook:
            gradebook.update_or_create_assignment(assignment, duedate=due and due.replace(tzinfo=None))
            write_people(gradebook, course)
        return nb, resources
