"""A warm worker: `python -m tito._runner_child` loads numpy and matplotlib once, then forks for every request.

A request asks for cells to be run in a fresh namespace, or for several continuations ("branches") of one common
beginning: the beginning runs once, and every branch starts from a fork of that state. Requests and replies are
length-prefixed JSON on standard input and output; nothing is ever unpickled. The worker itself runs no cell.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tito._runner_cells import Notebook, enter_sandbox

__all__ = ["main", "read_frame", "write_frame"]

GRACE = 2.0
"""Seconds beyond a cell's own time limit before its process is killed."""

EVENT_LIMIT = 64 * 1024 * 1024
"""Bytes of one report of a forked process; more ends it."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

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


class CallerGoneError(Exception):
    """The process that asked for the run closed the connection."""


class Supervisor:
    """Forks a process, listens to it, keeps its time, and leaves nothing of it behind."""

    def __init__(self, options: Json, cells: list[Json], caller: int | None = None) -> None:
        self.options = options
        self.caller = caller
        self.cells: list[Json] = [
            {"status": "not run", "error": None, "seconds": 0.0, "stdout": "", "stderr": "", "lines": {}}
            for _ in cells
        ]
        self.current: int | None = None
        self.finished = False
        self.on_branch: Callable[[Json], None] | None = None

    def run(self, work: Callable[[Callable[[Json], None]], None]) -> Json:
        """Execute `work(send)` in a fork and give what is known of it: cells, seconds, memory, how it died."""
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        reports, stdout, stderr = os.pipe(), os.pipe(), os.pipe()
        self.started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _become_child(reports, stdout, stderr, work)
        for pipe in (reports, stdout, stderr):
            os.close(pipe[1])
            os.set_blocking(pipe[0], False)
        self.reports, self.buffer = reports[0], b""
        self.streams = {"stdout": stdout[0], "stderr": stderr[0]}
        self.texts = {"stdout": _Text(self.options), "stderr": _Text(self.options)}
        self._set_deadline(self.options["cell_timeout"] + GRACE)
        try:
            reason = self._listen()
        finally:
            status, usage = _end(pid)
        self._drain()
        if self.current is not None:
            self._take_output(self.current)
        for fd in (self.reports, *self.streams.values()):
            os.close(fd)
        return self._result(reason, status, usage)

    def _listen(self) -> str | None:
        """Take reports until the process is done; gives why it had to be stopped, if so."""
        watched = [self.reports, *self.streams.values()]
        if self.caller is not None:
            watched.append(self.caller)
        while not self.finished:
            left = self.deadline - time.monotonic()
            if left <= 0:
                return "timeout"
            ready = select.select(watched, [], [], left)[0]
            if self.caller in ready:
                raise CallerGoneError  # it asks nothing while it waits, so this is its end
            if self.reports in ready and not self._read_reports():
                return None
            if len(self.buffer) > EVENT_LIMIT:
                return "report too long"
            self._drain()
            watched = [fd for fd in watched if fd not in self._ended()]
        return None

    def _ended(self) -> set[int]:
        return {self.streams[name] for name, text in self.texts.items() if text.ended}

    def _read_reports(self) -> bool:
        """Handle what has come; False when the process has closed its end."""
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self.reports, 1 << 20)
            if not chunk:
                return False
            *lines, self.buffer = (self.buffer + chunk).split(b"\n")
            for line in lines:
                self._handle(json.loads(line))
        return True

    def _handle(self, event: Json) -> None:
        kind = event.pop("event")
        if kind == "start":
            self.current = event["cell"]
            self._set_deadline(self.options["cell_timeout"] + GRACE)
        elif kind == "end":
            index = event.pop("cell")
            self.cells[index].update(event)
            self._drain()  # the process flushed before it reported: what the cell wrote is in the pipes
            self._take_output(index)
            self.current = None
        elif kind == "branch" and self.on_branch is not None:
            self.on_branch(event)
            self._restart(event.pop("allowance", 0.0))
        elif kind == "branches":
            self._restart(event["allowance"])
        elif kind == "done":
            self.finished = True

    def _set_deadline(self, seconds: float) -> None:
        self.deadline = min(time.monotonic() + seconds, self.started + self.options["timeout"])

    def _restart(self, seconds: float) -> None:
        """Between branches the whole-run limit starts again: each branch is a run of its own."""
        self.deadline = time.monotonic() + seconds

    def _drain(self) -> None:
        for name, fd in self.streams.items():
            self.texts[name].read(fd)

    def _take_output(self, index: int) -> None:
        for name, text in self.texts.items():
            self.cells[index][name] += text.take()

    def _result(self, reason: str | None, status: int, usage: Any) -> Json:
        died = None
        if not self.finished:
            died = reason or _how_it_died(status)
            if self.current is not None:
                timeout = died == "timeout" or died.endswith("SIGXCPU")
                self.cells[self.current]["status"] = "timeout" if timeout else "died"
        # kilobytes on Linux, bytes on macOS
        unit = 1 if sys.platform == "darwin" else 1024
        return {
            "cells": self.cells,
            "seconds": time.monotonic() - self.started,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
            "peak_memory": usage.ru_maxrss * unit,
            "died": died,
        }


class _Text:
    """What a stream gave since it was last taken, cut at the limit."""

    def __init__(self, options: Json) -> None:
        self.limit = options["output_limit"]
        self.kept, self.seen = b"", 0
        self.ended = False

    def read(self, fd: int) -> None:
        """Read all that is there, at most a second's worth: a cell may write faster than we read."""
        until = time.monotonic() + 1.0
        with contextlib.suppress(BlockingIOError):
            while not self.ended and time.monotonic() < until:
                chunk = os.read(fd, 1 << 16)
                self.ended = not chunk
                self.seen += len(chunk)
                if len(self.kept) < self.limit:
                    self.kept = (self.kept + chunk)[: self.limit]

    def take(self) -> str:
        text = self.kept.decode("utf-8", "replace")
        if self.seen > self.limit:
            text += f"\n… ({self.seen} bytes, cut at {self.limit})\n"
        self.kept, self.seen = b"", 0
        return text


def _become_child(
    reports: tuple[int, int], stdout: tuple[int, int], stderr: tuple[int, int], work: Callable[..., None]
) -> None:
    """Run `work` in this new process and leave without returning to the worker's loop."""
    code = 1
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(stdout[1], 1)
        os.dup2(stderr[1], 2)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        report_fd = os.dup(reports[1])
        for fd in (*reports, *stdout, *stderr, null):
            os.close(fd)
        _open_streams()

        def send(event: Json) -> None:
            data = json.dumps(event).encode() + b"\n"
            while data:
                data = data[os.write(report_fd, data) :]

        work(send)
        send({"event": "done"})
        code = 0
    finally:
        os._exit(code)


def _open_streams() -> None:
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: PTH123, SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # type: ignore[misc]  # noqa: PTH123, SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # type: ignore[misc]  # noqa: PTH123, SIM115


def _end(pid: int) -> tuple[int, Any]:
    """Kill the process, its group and whatever it left behind; gives its exit status and resource usage."""
    finished, status, usage = os.wait4(pid, os.WNOHANG)
    if not finished:
        # it may just be leaving by itself, and then its own exit status says more than our signal
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if not finished:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
    _reap_orphans()
    return status, usage


def _reap_orphans() -> None:
    """End processes that a cell started in sessions of their own: as subreaper we have become their parent."""
    for _ in range(50):
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        for pid in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _children() -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            if int(parent) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def _how_it_died(status: int) -> str:
    if os.WIFSIGNALED(status):
        try:
            return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
        except ValueError:
            return f"killed by signal {os.WTERMSIG(status)}"
    return f"left with exit status {os.waitstatus_to_exitcode(status)}"


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)


def _serve(request: Json, caller: int, reply: Callable[[Json], None]) -> None:
    """Answer one request, in a working folder of its own that is gone afterwards."""
    options, cells = request["options"], request["cells"]
    folder = tempfile.mkdtemp(prefix="tito-run-")
    supervisor = Supervisor(options, cells, caller)
    supervisor.on_branch = reply

    def work(send: Callable[[Json], None]) -> None:
        _enter_folder(folder)
        enter_sandbox(options)
        notebook = Notebook(options, send)
        notebook.run(cells)
        if request["branches"]:
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
            from matplotlib import pyplot

            # Agg's show only warns that it shows nothing; open figures are drawn and closed after the cell
            pyplot.show = lambda *_arguments, **_options: None


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
            _serve(request, requests, lambda message: write_frame(replies, message))
        except (CallerGoneError, BrokenPipeError):
            return


if __name__ == "__main__":
    main()
