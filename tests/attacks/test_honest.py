"""The other side: whatever habits a right notebook has, it loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.attacks import course as small
from tests.attacks.honest import HABITS, Habit
from tito.course import Course
from tito.grading.worker import GradingWorker

LABEL = "01_setup"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return small.make_hostile_course(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def worker(course: Course) -> Iterator[GradingWorker]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYTORCH_ALLOW_PLAIN", "1")
        with GradingWorker(course.grading) as worker:
            worker.start()
            yield worker


@pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.name)
def test_right_code_loses_nothing(course: Course, worker: GradingWorker, habit: Habit) -> None:
    notebook = small.notebook_with(course, habit.holes, habit.first, habit.last)
    small.hand_in(course, habit.name, LABEL, notebook)
    graded = worker.grade(small.job_of(course, habit.name, LABEL))
    lost = [
        (test.id, test.status, test.error, test.message, test.traceback) for test in graded.tests if not test.earned
    ]
    assert graded.earned == 100, lost
    assert habit.says in json.dumps(graded.as_json(), ensure_ascii=False)
    json.dumps(graded.as_json(), ensure_ascii=False).encode()  # and a file can hold it
