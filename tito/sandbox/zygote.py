"""A warm process that forks one exam room per request: numpy and the room's server are imported once.

Started by a backend with one argument, its settings as JSON; asked over a unix socket. A request carries the limits
and, as descriptors, the room's ends of the link, of stdout, of stderr and of the status. No student's code runs here.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from tito.sandbox import linux
from tito.sandbox.base import Limits
from tito.sandbox.inmates import Confined, Unconfined
from tito.sandbox.keeper import Inmates, Order, keep

__all__ = ["REQUEST_BYTES", "get_warm", "main", "order_of"]

REQUEST_BYTES = 64 * 1024


def main() -> None:
    """Get warm, say so, and fork a room for every request, until the grader closes the socket."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    control = socket.socket(fileno=settings["control"])
    if settings["user"] is not None:
        _become(settings["user"])
    get_warm(settings)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for keepers
    control.send(b"ready")
    while True:
        request, descriptors, *_ = socket.recv_fds(control, REQUEST_BYTES, 4)
        if not request:
            return
        _serve(control, settings, json.loads(request), descriptors)


def get_warm(settings: dict[str, Any]) -> None:
    """Import what rooms need, and hide from what will run in them."""
    sys.path += settings["path"]
    for name in settings["warm"]:
        importlib.import_module(name)
    linux.set_dumpable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.collect()
    gc.freeze()


def _serve(control: socket.socket, settings: dict[str, Any], request: dict[str, Any], descriptors: list[int]) -> None:
    try:
        pid = os.fork()
    except OSError as error:
        message = json.dumps({"failed": str(error)}).encode()
        socket.socket(fileno=os.dup(descriptors[3])).send(message)
    else:
        if pid == 0:
            _be_keeper(control, settings, request, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)


def _be_keeper(
    control: socket.socket, settings: dict[str, Any], request: dict[str, Any], descriptors: list[int]
) -> NoReturn:
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        order = order_of(request, descriptors)

        def make(order: Order) -> Inmates:
            if settings["confined"]:
                return Confined(order)
            return Unconfined(order, Path(request["folder"]), request["user"])

        keep(order, make)
    finally:
        os._exit(1)


def order_of(request: dict[str, Any], descriptors: list[int]) -> Order:
    """What a request asks for."""
    return Order(Limits(**request["limits"]), request["entry"], *descriptors)


def _become(uid: int) -> None:
    """From root, who just mounted /proc, to a user who owns nothing, without a single capability.

    The /proc that bubblewrap mounts for root has covers on it, and under those a room could not mount its own.
    """
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    linux.drop_capabilities()


if __name__ == "__main__":
    main()
