"""The examiner against rooms that say anything: it ends them or goes on, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.attacks.protocol import CASES, Case, Evil
from tests.examiner.fork_room import ForkRoom
from tito.examiner.handles import Handle
from tito.examiner.link import Link, RoomEndedError, TimeUpError

SECONDS = 0.5
GRACE = 0.5
MEMORY = 700 * 2**20
"""What a message of 64 MB may take: itself twice, and what it is taken apart into."""


def highest_memory() -> int:
    """The most memory that this process has used since the mark was set."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) * 1024


def open_link(case: Case) -> Link:
    def work(link: Any) -> None:
        evil = Evil(link)
        evil.listen()
        case.room(evil)

    link = Link(ForkRoom(work), grace=GRACE)
    link.deadline = time.monotonic() + (SECONDS if case.outcome == "late" else 30.0)
    return link


def outcome_of(link: Link, case: Case) -> tuple[str, Any]:
    def callback(value: Any) -> Any:
        return value.go_on() if type(value) is Handle else value

    try:
        return "passes", link.ask("call", callback) if case.hands_over else link.ask("len", [1])
    except RoomEndedError as ended:
        return "ends", str(ended)
    except TimeUpError:
        return "late", None
    except BaseException as error:
        assert hasattr(error, "raised_in_room"), f"an exception of the examiner's own: {error!r}"
        return "raises", error


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_an_odd_room_ends_or_is_just_wrong(case: Case) -> None:
    Path("/proc/self/clear_refs").write_text("5")
    before, started = highest_memory(), time.monotonic()
    processor = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    link = open_link(case)
    try:
        outcome, found = outcome_of(link, case)
        if case.outcome == "late":
            assert outcome == "late" or (outcome == "ends" and time.monotonic() - started >= SECONDS)
        else:
            assert outcome == case.outcome, found
    finally:
        link.end()
    assert highest_memory() - before < MEMORY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - processor < 5
    assert time.monotonic() - started < SECONDS + 2 * GRACE + 20, "it took far longer than it may"
    if outcome == "passes":
        assert (
            found is None
            or type(found) in (int, str, float, dict, range, np.ndarray, Handle)
            or "Timestamp" in repr(type(found))
        )
    with pytest.raises(RoomEndedError):
        link.ask("len", [1])


def change(evil: Evil, number: int, content: bytes) -> None:
    evil.listen()
    evil.say("ok", 1, [], changes=([[number, content]], []))


@pytest.mark.parametrize("content", [b"", bytes(8), bytes(24), "text", None, 7, [1]])
def test_an_array_changed_to_another_size_ends_the_room(content: Any) -> None:
    case = Case("", lambda evil: evil.say("ok", 1, [], changes=([[-1, content]], [])), "ends")
    link = open_link(case)
    given = np.ones(2)
    with pytest.raises(RoomEndedError):
        link.ask("len", given)
    assert given.tolist() == [1, 1]


def test_a_read_only_array_cannot_be_changed_from_there() -> None:
    case = Case("", lambda evil: evil.say("ok", 1, [], changes=([[-1, bytes(16)]], [])), "passes")
    link = open_link(case)
    given = np.ones(2)
    given.flags.writeable = False
    assert link.ask("len", given) == 1
    assert given.tolist() == [1, 1]
    link.end()


def test_only_what_was_handed_over_can_be_called_and_nothing_of_it_is_seen() -> None:
    """A function crosses as a number and a name: no attribute of it can be asked for."""
    heard: list[bytes] = []
    read, write = os.pipe()

    def room(evil: Evil) -> None:
        evil.answer(1)

    def work(link: Any) -> None:
        data = link.recv(1 << 16)
        os.write(write, data)
        room(Evil(link))

    secret = "expected-value"

    def callback(value: Any) -> str:
        """Docstring."""
        return secret

    callback.__defaults__ = (secret,)
    link = Link(ForkRoom(work), grace=GRACE)
    assert link.ask("call", callback) == 1
    link.end()
    heard.append(os.read(read, 1 << 16))
    for descriptor in (read, write):
        os.close(descriptor)
    assert b"callback" in heard[0]
    assert secret.encode() not in heard[0]
    assert b"Docstring" not in heard[0]
