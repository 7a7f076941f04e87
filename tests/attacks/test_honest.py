"""The other side: whatever habits a right notebook has, it loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks import course as small
from tests.attacks.honest import HABITS, Habit, loses_nothing
from tito.course import Course
from tito.grading.worker import GradingWorker


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
    loses_nothing(course, worker, habit)
