"""Messages on a socket: looked for first, slept for when they do not come, and never lost in between."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from tito.room import stream as module
from tito.room.budget import WireError
from tito.room.stream import Stream


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def never(_: float | None) -> None:
    raise AssertionError("a message that lies there is not slept for")


def test_a_message_that_lies_there_is_taken_without_sleeping(ends: tuple[socket.socket, socket.socket]):
    here, there = ends
    there.sendall(framed(b"one") + framed(b""))
    stream = Stream(here)
    assert [stream.receive(meanwhile=never), stream.receive(meanwhile=never)] == [b"one", b""]


def test_after_a_miss_the_next_messages_are_waited_for_asleep_then_looked_for_again(
    ends: tuple[socket.socket, socket.socket],
):
    here, there = ends
    stream, slept = Stream(here), []

    def until_sent(_: float | None) -> None:
        slept.append(len(slept))
        if len(slept) == 1:
            there.sendall(framed(b"late"))

    assert stream.receive(meanwhile=until_sent) == b"late"
    there.sendall(b"".join(framed(b"x") for _ in range(3)))
    for _ in range(3):
        assert stream.receive(meanwhile=until_sent) == b"x"
    assert slept == [0, 1], "one for the late one, one for the three that lay there together"
    for _ in range(module._AFTER_A_MISS - 1):
        there.sendall(framed(b"y"))
        assert stream.receive(meanwhile=until_sent) == b"y"
    assert len(slept) == 1 + module._AFTER_A_MISS
    there.sendall(framed(b"z"))
    assert stream.receive(meanwhile=never) == b"z"


def test_a_message_in_pieces_and_a_partner_that_hangs_up(ends: tuple[socket.socket, socket.socket]):
    here, there = ends
    pieces = [framed(b"abcdef")[:2], framed(b"abcdef")[2:7], framed(b"abcdef")[7:]]
    stream = Stream(here)

    def one_more(_: float | None) -> None:
        there.sendall(pieces.pop(0))

    assert stream.receive(meanwhile=one_more) == b"abcdef"
    assert pieces == []
    there.close()
    with pytest.raises(WireError, match="hung up"):
        stream.receive(meanwhile=lambda _: None)
