"""What nbgrader's GenerateFeedback calls for each graded notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import FilenameExtension

from tito.feedback.build import build_page
from tito.feedback.page import render

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["FeedbackExporter"]


class FeedbackExporter(Exporter):
    """nbconvert's exporter with our page in place of nbgrader's copy of the whole notebook.

    The scores come from `ReadGrades`, which nbgrader's configuration runs first.
    """

    output_mimetype = "text/html"

    file_extension = FilenameExtension(".html").tag(config=True)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        graded, resources = super().from_notebook_node(nb, resources, **kw)
        return render(build_page(graded, resources["nbgrader"])), resources
