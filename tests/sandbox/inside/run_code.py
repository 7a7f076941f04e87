"""The server of these tests' rooms: runs each piece of code that it is sent, and sends back its `answer`."""

from __future__ import annotations

import json
import socket
import traceback
from typing import Any


def serve(link: socket.socket) -> None:
    """One JSON line in, one JSON line out, until the other side closes."""
    names: dict[str, Any] = {"link": link}
    for line in link.makefile("rb"):
        names["answer"] = None
        try:
            exec(json.loads(line), names)
            reply = {"answer": names["answer"]}
        except BaseException as error:
            reply = {"raised": type(error).__name__, "text": traceback.format_exc()}
        link.sendall(json.dumps(reply).encode() + b"\n")
