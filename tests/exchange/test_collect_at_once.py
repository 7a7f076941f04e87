"""Two who collect the same work at the same time: a TA's command and the grading service at the deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import make_checkout
from tito import gradebook
from tito.course import Course
from tito.exchange.staff import Collect

LABEL = "01_setup"


class Exchange:
    """Holds one student's submissions; `meanwhile` is done while somebody downloads."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def hand_in(self, number: str, minute: int) -> dict[str, Any]:
        received = f"2026-01-13T12:{minute:02d}:00.000000+00:00"
        self.rows.append({"student": "ada", "assignment": LABEL, "submission": number, "received": received})
        return self.rows[-1]

    def submissions(self, *_asked: str, **_more: bool) -> list[dict[str, Any]]:
        return list(self.rows)

    def submission(self, number: str) -> dict[str, bytes]:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return {f"{LABEL}.ipynb": number.encode()}


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    found = Exchange()
    monkeypatch.setattr(Collect, "client", found)
    return found


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    found = Course.load(make_checkout(tmp_path / "course"))
    with gradebook.inside(found.root):
        yield found


def collect(course: Course) -> None:
    """What `tito grade --collect` does."""
    command = gradebook.collector(course)
    command.coursedir.assignment_id = LABEL
    command.init_src()
    command.copy_files()


def collected(course: Course) -> str:
    return (course.root / "submitted" / "ada" / LABEL / f"{LABEL}.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("minute", [30, 5], ids=["the clock goes on", "the clock was put back"])
def test_an_old_row_never_replaces_what_somebody_collected_since(
    course: Course, exchange: Exchange, there: bool, minute: int
) -> None:
    """The TA's command has the list of the class and downloads; meanwhile a newer one comes in and is collected."""
    if there:
        exchange.hand_in("first", 10)
        collect(course)
    exchange.hand_in("second", 20)

    def meanwhile() -> None:
        gradebook.collector(course).collect("ada", exchange.hand_in("third", minute))

    exchange.meanwhile = meanwhile
    collect(course)
    assert collected(course) == "third"


def test_a_new_row_replaces_what_somebody_collected_late(course: Course, exchange: Exchange) -> None:
    old = exchange.hand_in("first", 10)
    exchange.hand_in("second", 20)
    exchange.meanwhile = lambda: gradebook.collector(course).collect("ada", old)
    collect(course)
    assert collected(course) == "second"
