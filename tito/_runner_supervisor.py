"""Watches a forked process from outside: listens to it, keeps its time, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["GRACE", "CallerGoneError", "Supervisor"]

GRACE = 2.0
"""Seconds beyond a cell's own time limit before its process is killed."""

EVENT_LIMIT = 64 * 1024 * 1024
"""Bytes of one report of a forked process; more ends it."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

Json = dict[str, Any]

Send = Callable[[Json], None]


class CallerGoneError(Exception):
    """The process that asked for the run closed the connection."""


class Supervisor:
    """Forks a process, listens to it, keeps its time, and leaves nothing of it behind."""

    def __init__(self, options: Json, cells: list[Json], caller: int | None = None) -> None:
        self.options = options
        self.caller = caller
        self.cells: list[Json] = [
            {"status": "not run", "error": None, "seconds": 0.0, "stdout": "", "stderr": "", "lines": {}} for _ in cells
        ]
        self.current: int | None = None
        self.finished = False
        self.on_branch: Send | None = None

    def run(self, work: Callable[[Send], None]) -> Json:
        """Execute `work(send)` in a fork; gives what is known of it: cells, seconds, memory, how it died."""
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        reports, stdout, stderr, permits = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        self.started = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _become_child(reports, stdout, stderr, permits, work)
        self.process = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        for pipe in (reports, stdout, stderr):
            os.close(pipe[1])
            os.set_blocking(pipe[0], False)
        self.permit, unused = permits[1], permits[0]
        os.close(unused)
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
        for fd in (self.reports, self.process, self.permit, *self.streams.values()):
            if fd is not None:
                os.close(fd)
        return self._result(reason, status, usage)

    def _listen(self) -> str | None:
        """Take reports until the process is done; gives why it had to be stopped, if so."""
        # a copy of the process may hold the pipes open: only the process's own handle tells its end
        handles = (self.reports, self.process, self.caller, *self.streams.values())
        watched = [fd for fd in handles if fd is not None]
        while not self.finished:
            left = self.deadline - time.monotonic()
            if left <= 0:
                return "timeout"
            ready = select.select(watched, [], [], left)[0]
            if self.caller in ready:
                raise CallerGoneError  # it asks nothing while it waits, so this is its end
            try:
                open_end = self._read_reports()
            except (ValueError, LookupError, TypeError, AttributeError):
                return "its reports were damaged"
            if len(self.buffer) > EVENT_LIMIT:
                return "its report was too long"
            if not open_end or (self.process in ready and not self.finished):
                return None
            self._drain()
            watched = [fd for fd in watched if fd not in self._ended()]
        return None

    def _ended(self) -> set[int]:
        return {self.streams[name] for name, text in self.texts.items() if text.ended}

    def _read_reports(self) -> bool:
        """Handle what has come; False when the process has closed its end."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.reports, 1 << 20):
                *lines, self.buffer = (self.buffer + chunk).split(b"\n")
                for line in lines:
                    self._handle(json.loads(line))
                if self.finished or len(self.buffer) > EVENT_LIMIT:
                    return True
            return False
        return True

    def _handle(self, event: Json) -> None:
        kind = event["event"]
        if kind == "start":
            self.current = event["cell"]
            self._set_deadline(self.options["cell_timeout"] + GRACE)
        elif kind == "end":
            index = event["cell"]
            self.cells[index].update({key: event[key] for key in ("status", "error", "seconds", "lines")})
            self._drain()  # the process flushed, and waits for us: all that the cell wrote is in the pipes
            self._take_output(index)
            self.current = None
            os.write(self.permit, b".")
        elif kind == "branch" and self.on_branch is not None:
            self.on_branch(event)
            self._restart(event["allowance"])
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
    reports: tuple[int, int],
    stdout: tuple[int, int],
    stderr: tuple[int, int],
    permits: tuple[int, int],
    work: Callable[..., None],
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
        report_fd, permit_fd = os.dup(reports[1]), os.dup(permits[0])
        for fd in (*reports, *stdout, *stderr, *permits, null):
            os.close(fd)
        _open_streams()

        def send(event: Json) -> None:
            data = json.dumps(event).encode() + b"\n"
            while data:
                data = data[os.write(report_fd, data) :]
            if event["event"] == "end":  # the next cell's output must not mix with this one's
                os.read(permit_fd, 1)

        work(send)
        send({"event": "done"})
        code = 0
    finally:
        os._exit(code)


def _open_streams() -> None:
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    for fd, name in ((1, "stdout"), (2, "stderr")):
        stream = open(fd, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _end(pid: int) -> tuple[int, Any]:
    """Kill the process, its group and whatever it left behind; gives its exit status and resource usage."""
    for kill in (
        os.killpg,
        os.kill,
    ):  # the group first: once its leader is waited for, the number may be reused
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    _reap_orphans()
    return status, usage


def _reap_orphans() -> None:
    """End what a cell started in sessions of its own: as subreaper we have become the parent."""
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
