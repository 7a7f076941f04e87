"""A warm worker: `python -m tito._runner_child` loads numpy and matplotlib once, then forks for each request.

A request asks for cells to be run in a fresh namespace, or for several continuations ("branches") of one
common beginning: the beginning runs once, and every branch starts from a fork of that state. Requests and
replies are length-prefixed JSON on standard input and output; nothing is ever unpickled. The worker itself
runs no cell.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from tito._runner_cells import Notebook, enter_sandbox, limit_cpu
from tito._runner_supervisor import GRACE, CallerGoneError, Supervisor

__all__ = ["main", "read_frame", "write_frame"]

Json = dict[str, Any]


def write_frame(fd: int, message: Json) -> None:
    """Send one message: eight bytes of length, then JSON."""
    body = json.dumps(message).encode()
    data = struct.pack(">Q", len(body)) + body
    while data:
        data = data[os.write(fd, data) :]


def read_frame(fd: int, deadline: float | None = None) -> Json | None:
    """The next message, or None at the end of the stream.

    Raises:
        TimeoutError: `deadline` (on `time.monotonic`'s clock) passed first.
    """
    header = _read_exactly(fd, 8, deadline)
    if header is None:
        return None
    body = _read_exactly(fd, struct.unpack(">Q", header)[0], deadline)
    if body is None:
        return None
    message: Json = json.loads(body)
    return message


def _read_exactly(fd: int, size: int, deadline: float | None) -> bytes | None:
    chunks, missing = [], size
    while missing:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise TimeoutError
        chunk = os.read(fd, min(missing, 1 << 20))
        if not chunk:
            return None
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _serve(request: Json, caller: int, replies: int) -> None:
    """Answer one request, in a working folder of its own that is gone afterwards."""
    options, cells, branches = request["options"], request["cells"], request["branches"]

    def reply(message: Json) -> None:
        write_frame(replies, message)

    folder = tempfile.mkdtemp(prefix="tito-run-")
    supervisor = Supervisor(options, cells, caller)
    supervisor.on_branch = reply

    def work(send: Callable[[Json], None]) -> None:
        os.close(caller)
        os.close(replies)
        _enter_folder(folder)
        enter_sandbox(options)
        if not branches:  # watching over many branches takes processor time too
            limit_cpu(options["cpu_seconds"])
        notebook = Notebook(options, send)
        notebook.run(cells)
        if branches:
            _run_branches(notebook, request, folder, send)

    try:
        result = supervisor.run(work)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    reply({"event": "result", "result": result})


def _run_branches(notebook: Notebook, request: Json, folder: str, send: Callable[[Json], None]) -> None:
    options = request["options"]
    allowance = options["timeout"] + 2 * GRACE + 5.0
    notebook.prepare(request["suffix"])
    send({"event": "branches", "allowance": allowance})
    for index, branch in enumerate(request["branches"]):
        cells = branch + request["suffix"]
        copy = f"{folder}-{index}"  # a branch finds the files that the beginning wrote, not another branch's
        shutil.copytree(folder, copy, symlinks=True)

        def work(send: Callable[[Json], None], cells: list[Json] = cells, copy: str = copy) -> None:
            _enter_folder(copy)
            limit_cpu(options["cpu_seconds"])
            notebook.adopt(send)
            notebook.run(cells)

        try:
            result = Supervisor(options, cells).run(work)
        finally:
            shutil.rmtree(copy, ignore_errors=True)
        send({"event": "branch", "index": index, "result": result, "allowance": allowance})


def _enter_folder(folder: str) -> None:
    os.chdir(folder)
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = None


def _warm_up(plots: bool) -> None:
    """Load what nearly every notebook imports, so that a fork has it already."""
    with contextlib.suppress(ImportError):
        import numpy.random  # noqa: F401
    if plots:
        with contextlib.suppress(ImportError):
            import matplotlib.pyplot  # noqa: F401
    gc.collect()
    gc.freeze()  # the collector of a fork leaves the shared pages alone


def main() -> None:
    """Serve requests from standard input until it ends."""
    requests, replies = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    _warm_up(plots="--plots" in sys.argv)
    write_frame(replies, {"event": "ready"})
    while (request := read_frame(requests)) is not None:
        try:
            _serve(request, requests, replies)
        except (CallerGoneError, BrokenPipeError):
            return


if __name__ == "__main__":
    main()
