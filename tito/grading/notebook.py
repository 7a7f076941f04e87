"""The graded notebook: outputs that nbgrader turns into points, and the whole result in its metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tito.cells import grade_id
from tito.grading.result import METADATA_KEY, CellReport, GradedSubmission, TestReport

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["write_result"]

_TIMES = {"seconds", "timings", "peak_memory", "backend", "kept"}
"""What differs between two gradings of the same submission: not in the notebook, so that it stays the same."""


def write_result(notebook: NotebookNode, graded: GradedSubmission) -> NotebookNode:
    """Put the outputs of every examined cell into `notebook`, in place, and the result into its metadata.

    Outputs are text: streams, and one error where a cell failed. Nothing else of a student's gets into the file.
    """
    tests = {test.id: test for test in graded.tests}
    reports = {cell.id: cell for cell in graded.cells}
    for cell in notebook.cells:
        if cell["cell_type"] != "code":
            continue
        name = grade_id(cell) or cell["id"]
        cell["execution_count"] = None
        cell["outputs"] = []
        if name in tests:
            cell["outputs"] = _test_outputs(tests[name])
        elif name in reports:
            cell["outputs"] = _cell_outputs(reports[name])
    notebook.metadata[METADATA_KEY] = _stable(graded.as_json())
    return notebook


def _test_outputs(test: TestReport) -> list[Any]:
    outputs = _streams(test.stdout, "")
    if test.status != "passed":
        return [*outputs, _error(test.error, test.message or test.status, test.traceback)]
    if test.blame is not None:
        note = (
            f"This test failed with your own earlier modules ({test.blame.module}) and passes with the reference's: "
            "the points are yours. Mend the earlier module, it is what the next one stands on.\n"
        )
        outputs += _streams(note, "")
    return outputs


def _cell_outputs(cell: CellReport) -> list[Any]:
    outputs = _streams(cell.stdout, cell.stderr)
    if cell.status != "passed":
        name, _, message = cell.error.partition(": ")
        outputs.append(_error(name or cell.status, message, cell.traceback))
    return outputs


def _streams(stdout: str, stderr: str) -> list[Any]:
    from nbformat.v4 import new_output

    found = (("stdout", stdout), ("stderr", stderr))
    return [new_output("stream", name=name, text=text) for name, text in found if text]


def _error(name: str, message: str, frames: str) -> Any:
    from nbformat.v4 import new_output

    lines = [*frames.splitlines(), f"{name}: {message}"]
    return new_output("error", ename=name, evalue=message, traceback=lines)


def _stable(value: Any) -> Any:
    """The result without what differs from run to run."""
    if isinstance(value, dict):
        return {key: _stable(found) for key, found in value.items() if key not in _TIMES}
    if isinstance(value, list | tuple):
        return [_stable(found) for found in value]
    return value
