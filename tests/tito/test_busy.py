"""Grading on a machine that does much else: what is not the student's time does not count."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import make_course, submit_reference
from tito import gradebook
from tito.examiner.link import Link
from tito.grading.batch import prepare_submission
from tito.grading.grade import grade
from tito.modules import find_module
from tito.sandbox.choose import choose

MODULE = find_module("01")


def test_a_room_that_opens_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = make_course(tmp_path)
    submit_reference(course, "ada")
    with gradebook.inside(course.root):
        job = prepare_submission(course, MODULE, "ada").job
    job = replace(job, policy={**job.policy, "cell_seconds": 2.0})
    setup = Link.setup

    def late(link: Link, *arguments: Any) -> None:
        time.sleep(2.5)  # more than a cell may take
        setup(link, *arguments)

    monkeypatch.setattr(Link, "setup", late)
    backend = choose(None, allow_plain=True)
    try:
        assert grade(job, backend).earned == 100
    finally:
        backend.close()
