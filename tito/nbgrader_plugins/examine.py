"""nbgrader's converter as a caller of the grading function: no kernel runs in it."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING, Any

from nbgrader.preprocessors import NbGraderPreprocessor

from tito.course import Course
from tito.grading.grade import with_failing_tests
from tito.grading.notebook import write_result
from tito.grading.policy import GradingPolicy
from tito.grading.prepare import failing_tests, prepare_job
from tito.grading.result import METADATA_KEY
from tito.grading.worker import GradingWorker
from tito.modules import find_module

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Examine"]

_workers: dict[GradingPolicy, GradingWorker] = {}
_lock = threading.Lock()


class Examine(NbGraderPreprocessor):
    """Has the submission graded (`tito.grading`) and puts what came of it into the notebook's outputs.

    The grading process stays for the next submission of the same command or server.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        course = Course.find()
        findings = nb.metadata.get(METADATA_KEY, {}).get("findings", [])
        job = prepare_job(course, find_module(names["assignment"]), names["student"], nb, findings)
        with _lock:
            worker = _workers.setdefault(course.grading, GradingWorker(course.grading))
            graded = worker.grade(job)
        graded = with_failing_tests(graded, lambda label: failing_tests(course, names["student"], label))
        for test in graded.tests:
            if test.blame is not None:
                self.log.warning("%s passed with the reference's %s only", test.id, test.blame.module)
        self.log.info(
            "%s of %s: %g of %g points in a %s room",
            job.module,
            job.student,
            graded.earned,
            graded.points,
            graded.backend,
        )
        return write_result(nb, graded), resources


@atexit.register
def _close() -> None:
    for worker in _workers.values():
        worker.close()
