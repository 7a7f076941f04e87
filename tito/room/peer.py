"""One end of the link: messages with their values, and the arrays that changed since the last one."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

import msgpack

from tito.room.arrays import SharedArrays
from tito.room.budget import Budget
from tito.room.stream import Stream
from tito.room.wire import Codec, WireError

__all__ = ["Peer"]


class Peer:
    """Sends and receives values. The arguments behind `weak` are those of `Codec`.

    Args:
        link: a connected stream socket.
        weak: forget arrays that nobody here uses (the examiner's side).
    """

    def __init__(
        self,
        link: socket.socket,
        weak: bool,
        export: Callable[[Any], list[Any]],
        ours: Callable[[int], Any],
        theirs: Callable[[list[Any]], Any],
        is_theirs: Callable[[Any], int | None],
    ) -> None:
        self._stream = Stream(link)
        self.arrays = SharedArrays(weak)
        self._codec = Codec(self.arrays, export, ours, theirs, is_theirs)

    def send(self, value: Any, until_ready: Callable[[], None] | None = None) -> None:
        """Send one message; `until_ready` as `Stream.send` has it.

        Raises:
            TypeError, ValueError: something in it may not cross; nothing was sent.
            WireError: it is too long, or the partner is gone.
        """
        body = self._codec.encode(value)
        changes = self.arrays.changes()
        described = b"" if changes is None else msgpack.packb(changes)
        self._stream.send(struct.pack(">I", len(described)) + described + body, until_ready)

    def receive(
        self, deadline: float | None = None, meanwhile: Callable[[float | None], None] | None = None
    ) -> list[Any]:
        """The next message, a list that is not empty.

        Raises:
            WireError: the partner is gone, or sends what makes no sense.
            TimeoutError: nothing came before `deadline`.
        """
        data = self._stream.receive(deadline, meanwhile)
        if len(data) < 4:
            raise WireError("a message that is too short")
        (length,) = struct.unpack_from(">I", data)
        if length:
            try:
                self.arrays.apply(Budget().unpack(data[4 : 4 + length]))
            except (ValueError, TypeError, LookupError) as error:
                raise WireError(f"changes of arrays that make no sense: {type(error).__name__}") from None
        message = self._codec.decode(data[4 + length :])
        if not isinstance(message, list) or not message:
            raise WireError("a message that is no list")
        return message
