"""Running many nbgrader command lines: each in a process, a folder and an environment of its own.

Importing nbgrader takes three seconds of a core, and a class of eight needs about fifty commands. So a server process
imports it once, and every command is a fork of that process: the same `nbgrader` entry point, a hundredth of the wait.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tito.errors import ToolError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

__all__ = ["Command", "interruptible", "run_all", "undisturbed"]

_GRACE = 5.0
"""Seconds that an interrupted command has to end its kernels before it is killed."""

_LOOK = 0.2
"""Seconds between two looks at how far the running commands are."""


@dataclass(frozen=True)
class Command:
    """One nbgrader command line."""

    arguments: tuple[str, ...]
    folder: Path
    """Where it runs; nbgrader reads the nbgrader_config.py there."""
    environment: Mapping[str, str]
    log: Path
    """What it says goes here."""
    marks: str = ""
    """A text that its log shows once for each piece of work done; empty for work in one piece."""
    pieces: int = 1

    def __str__(self) -> str:
        return " ".join(("nbgrader", *self.arguments))


def run_all(commands: Sequence[Command], side_by_side: int, advance: Callable[[int], object]) -> None:
    """Run the commands, at most `side_by_side` at a time; `advance(n)` is told of each n pieces of work done.

    Whatever happens, no process is left when this returns.

    Raises:
        ToolError: a command failed; those still running were ended.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "nbgrader.apps.nbgraderapp"])
    waiting = list(commands)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                command = waiting.pop(0)
                process = context.Process(target=_nbgrader, args=(command,))
                process.start()
                running.append(_Running(command, process))
            wait([one.process.sentinel for one in running], timeout=_LOOK)
            for one in list(running):
                advance(one.progress())
                if one.process.exitcode is not None:
                    running.remove(one)
                    one.check()
    finally:
        _end([one.process for one in running])


@dataclass
class _Running:
    command: Command
    process: BaseProcess
    done: int = 0

    def progress(self) -> int:
        """Pieces of work finished since the last time this was asked."""
        command, before = self.command, self.done
        if self.process.exitcode is not None:
            self.done = command.pieces
        elif command.marks and command.log.is_file():
            # A mark is written when a piece begins, so the last one seen is still being worked on.
            seen = command.log.read_text(encoding="utf-8", errors="replace").count(command.marks)
            self.done = max(before, min(seen, command.pieces) - 1)
        return self.done - before

    def check(self) -> None:
        if self.process.exitcode:
            text = self.command.log.read_text(encoding="utf-8", errors="replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            said = next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "nothing")
            raise ToolError(
                f"`{self.command}` ended with status {self.process.exitcode}; it said: {said} "
                f"(its log is {self.command.log}, there after a run with --keep)"
            )


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a polite kill end the block as Ctrl-C does."""
    with _handling({signal.SIGTERM: signal.default_int_handler}):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let no further Ctrl-C or polite kill break off the tidying up in the block."""
    with _handling({signal.SIGINT: signal.SIG_IGN, signal.SIGTERM: signal.SIG_IGN}):
        yield


@contextmanager
def _handling(handlers: Mapping[signal.Signals, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's business
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(processes: Sequence[BaseProcess]) -> None:
    """Interrupt the processes, so that they end their kernels, and kill what is left after that."""
    with undisturbed():
        for process in processes:
            if process.is_alive() and process.pid is not None:
                os.kill(process.pid, signal.SIGINT)
        for process in processes:
            process.join(_GRACE)
            if process.is_alive():
                process.kill()
                process.join()


def _nbgrader(command: Command) -> None:
    """The forked process: what the `nbgrader` script does, with the command's folder, environment and log."""
    os.setsid()  # the terminal's Ctrl-C reaches only the demo, which then interrupts each command once
    signal.signal(signal.SIGINT, signal.default_int_handler)
    log = os.open(command.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(command.environment)
    tempfile.tempdir = None  # looked up anew, in this environment
    os.chdir(command.folder)
    sys.argv = ["nbgrader", *command.arguments]
    from nbgrader.apps.nbgraderapp import main

    main()
