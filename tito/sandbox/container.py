"""The first process of a container that is one exam room: gets warm, asks the grader for work, and keeps the room.

The student's code runs as its child, of the same user. It cannot end this process, which is number 1 of its pid
namespace, nor look into it.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

from tito.sandbox.inmates import Unconfined
from tito.sandbox.keeper import keep
from tito.sandbox.zygote import REQUEST_BYTES, get_warm, order_of

__all__ = ["main"]


def main() -> None:
    """Get warm, connect to the grader, and make the one room that it asks for."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    get_warm(settings)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
        control.connect(settings["socket"])
        control.send(b"ready")
        message, descriptors, *_ = socket.recv_fds(control, REQUEST_BYTES, 4)
    if message:
        order = order_of(json.loads(message), descriptors)
        keep(order, lambda order: Unconfined(order, Path(settings["scratch"], "room"), None, contained=True))


if __name__ == "__main__":
    main()
