"""`tito doctor` tries what grading would use, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import COURSE_TOML, make_checkout
from tito.commands import doctor
from tito.course import Course
from tito.grading.policy import ROOM, GradingPolicy
from tito.sandbox.choose import Probe

WORKS = [Probe("docker", False, "docker: no daemon"), Probe("bubblewrap", True), Probe("plain", False, "plain: no")]


def findings(
    folder: Path, grading: str, monkeypatch: pytest.MonkeyPatch, probes: list[Probe]
) -> dict[str, doctor.Finding]:
    monkeypatch.delenv(ROOM)
    monkeypatch.setattr(doctor, "probe_all", lambda *_: probes)
    checkout = make_checkout(folder / "checkout")
    (checkout / "course.toml").write_text(f"{COURSE_TOML}\n[grading]\n{grading}\n", encoding="utf-8")
    return {found.what: found for found in doctor.findings(Course.load(checkout))}


def test_the_best_room_that_works_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(tmp_path, "cell_seconds = 7", monkeypatch, WORKS)
    assert found["room in force"] == doctor.Finding("room in force", True, "bubblewrap")
    assert found["room: docker"].detail == "docker: no daemon"
    assert "7 s a cell" in found["limits"].detail


def test_a_wanted_room_that_does_not_work_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(tmp_path, 'room = "docker"', monkeypatch, WORKS)
    assert found["room in force"].works is False
    assert "room = 'docker' does not work here" in found["room in force"].detail


def test_this_machine_may_choose_where_the_course_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = findings(tmp_path / "open", "", monkeypatch, WORKS)
    assert found["room in force"].detail == "bubblewrap"
    monkeypatch.setenv(ROOM, "docker")
    assert GradingPolicy().room_here == "docker"
    assert GradingPolicy(room="plain").room_here == "plain"


def test_a_room_is_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOM)
    course = Course.load(make_checkout(tmp_path / "checkout"))
    found = {one.what: one for one in doctor.findings(course)}
    assert found["room in force"].works, "the environment of the tests allows plain rooms at least"
    works = [name for name in ("docker", "bubblewrap", "plain") if found[f"room: {name}"].works]
    assert found["room in force"].detail == works[0]
    assert not (course.root / "gradebook.db").exists(), "looking made a database"
