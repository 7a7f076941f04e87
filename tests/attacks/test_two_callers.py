"""The whole attack suite through nbgrader's converter and through `tito grade`: the same files, the same gradebook.

Each submission is graded once and the other caller, which must ask for the very same, gets that result again: two runs
of a fork bomb differ by themselves. tests/tito/ and tests/demo/ compare callers that both really grade.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import callers
from tests.attacks import course as small
from tests.attacks.grader import ATTACKS
from tests.attacks.honest import HABITS
from tito import gradebook
from tito.course import Course
from tito.grading.job import GradingJob
from tito.grading.result import GradedSubmission
from tito.grading.worker import GradingWorker

LABEL = "01_setup"


def hand_in_all(course: Course, walls: bool) -> None:
    def filled(code: str) -> str:
        return code.replace("{root}", "/the/course").replace("{port}", "9")

    for attack in ATTACKS:
        if walls or not attack.walls:
            notebook = small.notebook_with(course, attack.holes, filled(attack.first), filled(attack.last))
            small.hand_in(course, attack.name, LABEL, notebook)
    for habit in [*HABITS[::6], *(habit for habit in HABITS if habit.name == "much-output")]:
        notebook = small.notebook_with(course, habit.holes, habit.first, habit.last)
        small.hand_in(course, f"habit-{habit.name}", LABEL, notebook)
    small.hand_in(course, "no-notebook", LABEL, {"cells": "none"})


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Course]:
    folder = tmp_path_factory.mktemp("callers")
    first = small.make_hostile_course(folder)
    with GradingWorker(first.grading) as worker:
        worker.start()
        hand_in_all(first, worker.backend != "plain")
    second = Course.load(Path(shutil.copytree(first.root, folder / "second", symlinks=True)))
    answers: dict[str, GradedSubmission] = {}
    really_grade = GradingWorker.grade

    def grade(worker: GradingWorker, job: GradingJob) -> GradedSubmission:
        answers[json.dumps(job.as_json())] = graded = really_grade(worker, job)
        return graded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GradingWorker, "grade", grade)
        outcomes = callers.grade(second, LABEL)
        patch.setattr(GradingWorker, "grade", lambda _, job: answers[json.dumps(job.as_json())])
        with gradebook.inside(first.root):
            gradebook.nbgrader_api(first).autograde(LABEL, "*", force=True)
    assert [name for name, found in outcomes.items() if found.state == "ungraded"] == ["no-notebook"]
    return first, second


def test_the_same_rows(both: tuple[Course, Course]) -> None:
    first, second = (callers.rows(course, LABEL) for course in both)
    assert first == second
    wanted = {attack.name: attack.score for attack in ATTACKS if attack.name in first}
    assert {name: row["score"] for name, row in first.items() if name in wanted} == wanted
    assert len(first) > 60


def test_the_same_files(both: tuple[Course, Course]) -> None:
    first, second = map(callers.files, both)
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []
