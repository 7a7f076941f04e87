"""The visible tests' job: what is never in it, and whose earlier modules run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tiny import make_checkout, metadata
from tito.course import Course
from tito.errors import NotebookError
from tito.grading.job import GradingJob
from tito.grading.visible import prepare_visible
from tito.modules import Module, find_module
from tito.notebooks import notebook_text
from tito.percent import HEADER, read_source, source_path

SETUP, TENSOR = find_module("01"), find_module("02")
SOLVED = "math.fsum"
"""What stands in the solutions of 01 and nowhere else."""

SECOND = "\n\n".join(
    [
        HEADER,
        f"{metadata('imports')}\n#| default_exp core.tensor\n#| export\nfrom tinytorch_lib.core.setup import double_1",
        f"{metadata('quadruple', solution=True)}\n#| export\ndef quadruple(x):\n    ### BEGIN SOLUTION\n"
        "    return double_1(double_1(x))\n    ### END SOLUTION",
        f"{metadata('test-quadruple', points=100)}\nassert quadruple(3) == 12\n### BEGIN HIDDEN TESTS\n"
        "assert quadruple(-0.75) == -3\n### END HIDDEN TESTS",
    ]
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    checkout = make_checkout(tmp_path)
    (checkout / "source" / "02_tensor.py").write_text(SECOND + "\n", encoding="utf-8")
    return Course.load(checkout)


def hand_in(course: Course, module: Module, old: str = "", new: str = "") -> None:
    folder = course.root / "submitted" / "ada" / module.label
    folder.mkdir(parents=True)
    text = notebook_text(read_source(source_path(course.root, module.label)))
    assert old in text
    (folder / f"{module.label}.ipynb").write_text(text.replace(old, new) if old else text, encoding="utf-8")


def job_of(course: Course, *lent: Module) -> GradingJob:
    return prepare_visible(course, TENSOR, "ada", lent).job


def test_no_part_of_a_hidden_test_is_in_the_job(course: Course) -> None:
    hand_in(course, TENSOR)
    text = json.dumps(job_of(course, SETUP).as_json())
    assert "quadruple(3)" in text
    assert "HIDDEN" not in text and "0.75" not in text


def test_a_reference_that_is_not_lent_is_nowhere_in_the_job(course: Course) -> None:
    hand_in(course, TENSOR)
    job = job_of(course)
    assert SOLVED not in json.dumps(job.as_json())
    assert job.library == ("01_setup: it was not handed in",)
    assert SOLVED in job_of(course, SETUP).own["core/setup.py"]


def test_the_own_module_stands_in_for_one_that_is_not_lent(course: Course) -> None:
    hand_in(course, SETUP, "return math.fsum([x, x])", "return x + x")
    hand_in(course, TENSOR)
    job = job_of(course)
    assert job.own == job.reference
    assert "return x + x" in job.own["core/setup.py"] and SOLVED not in json.dumps(job.as_json())
    assert SOLVED in job_of(course, SETUP).reference["core/setup.py"]


def test_nothing_handed_in_is_one_line(course: Course) -> None:
    with pytest.raises(NotebookError, match=r"no 02_tensor.ipynb was handed in"):
        job_of(course)
