"""Autograding reads submissions as data: whatever the file looks like, it leaves here in the released shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import NotebookExporter

from tito.course import Course
from tito.errors import TitoError
from tito.grading.result import METADATA_KEY
from tito.modules import find_module
from tito.nbgrader_plugins.guard import guard
from tito.nbgrader_plugins.skeleton import course_skeleton
from tito.new_gradebook import make_gradebook
from tito.submission import NOTES_ID, assemble, read_submission

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["SubmissionExporter", "with_notes"]


class SubmissionExporter(NotebookExporter):
    """nbconvert's exporter with a reader that survives hostile files.

    nbgrader converts twice: the submission into a sane notebook, then that notebook into a graded one. Only the first
    reads what a student wrote.
    """

    def __init__(self, config: Any = None, **kw: Any) -> None:
        super().__init__(config=config, **kw)
        if hasattr(self.parent, "init_assignment"):
            make_gradebook(self.parent.coursedir.db_url, self.parent.coursedir.course_id)
            guard(self.parent)

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        path = Path(filename)
        coursedir = self.parent.coursedir
        if not resources or not _is_submission(path, coursedir, resources["nbgrader"]):
            plain: tuple[str, dict[str, Any]] = super().from_filename(filename, resources=resources, **kw)
            return plain
        course = Course.find(Path(coursedir.root))
        label = find_module(resources["nbgrader"]["assignment"]).label
        try:
            assembled = assemble(course_skeleton(course, label), read_submission(path))
        except TitoError as error:
            self.log.error("%s", error)
            raise
        for finding in assembled.findings:
            self.log.warning("%s: %s", path, finding)
        notebook = with_notes(assembled.notebook, assembled.findings)
        exported: tuple[str, dict[str, Any]] = self.from_notebook_node(notebook, resources=resources, **kw)
        return exported


def _is_submission(path: Path, coursedir: Any, names: dict[str, str]) -> bool:
    folder = coursedir.format_path(coursedir.submitted_directory, names["student"], names["assignment"])
    return path.absolute().parent == Path(folder).absolute()


def with_notes(notebook: NotebookNode, findings: list[str]) -> NotebookNode:
    """The notebook with what was mended on top, where its author will read it."""
    import nbformat

    notebook.metadata[METADATA_KEY] = {"findings": list(findings)}
    if findings:
        text = "\n".join(["**What was mended before grading**", "", *(f"- {finding}" for finding in findings)])
        cell = {"cell_type": "markdown", "id": NOTES_ID, "metadata": {}, "source": text}
        notebook.cells.insert(0, nbformat.from_dict(cell))
    return notebook
