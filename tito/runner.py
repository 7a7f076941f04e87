"""Runs notebook cells fast, in isolated processes: no jupyter, one fork of a warm worker for each run.

A cell passes when it raises nothing; what it writes to stderr does not matter. Whatever a cell does (loops
for ever, ends the process, floods the output, eats the memory), the caller gets a `RunResult` in time.
This contains accidents, not attackers: cells run as the user who calls.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from tito._runner_results import Cell, CellError, CellResult, RunOptions, RunResult, nothing_run, result_of
from tito.errors import ToolError

__all__ = ["Cell", "CellError", "CellResult", "RunOptions", "RunResult", "Runner", "run_cells"]

Json = dict[str, Any]


class Runner:
    """Keeps up to `jobs` warm workers and runs cells in forks of them.

    Args:
        jobs: how many runs at a time.
        hash_seed: PYTHONHASHSEED of the workers; None leaves it random, as in a student's kernel.
        plots: load matplotlib into the workers beforehand (a second each).

    Raises:
        ToolError: this system cannot fork, or a worker does not start.
    """

    def __init__(self, jobs: int = 1, *, hash_seed: int | None = None, plots: bool = True) -> None:
        if not hasattr(os, "fork"):
            raise ToolError("running cells needs Linux or macOS (on Windows: WSL); nothing was run")
        self._hash_seed = hash_seed
        self._plots = plots
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(jobs):
            self._idle.put(None)
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="tito-runner")
        self._running: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers and whatever they still run."""
        self._closed = True
        with self._lock:
            workers = list(self._running)
            self._running.clear()
        for worker in workers:
            worker.hang_up()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in workers:  # only now does no thread read from them any more
            worker.close()

    def run(self, cells: Sequence[Cell], options: RunOptions | None = None) -> RunResult:
        """Run `cells` in order in one fresh namespace."""
        return self._request(cells, (), (), options or RunOptions(), None)[0]

    def submit(self, cells: Sequence[Cell], options: RunOptions | None = None) -> Future[RunResult]:
        """Like `run`, without waiting for it."""
        return self._threads.submit(self.run, cells, options)

    def map(self, notebooks: Iterable[Sequence[Cell]], options: RunOptions | None = None) -> Iterator[RunResult]:
        """Run each of `notebooks`, `jobs` at a time; results come in their order."""
        futures = [self.submit(cells, options) for cells in notebooks]
        return (future.result() for future in futures)

    def run_branches(
        self,
        prefix: Sequence[Cell],
        branches: Sequence[Sequence[Cell]],
        suffix: Sequence[Cell] = (),
        options: RunOptions | None = None,
        on_result: Callable[[int, RunResult], None] | None = None,
    ) -> list[RunResult]:
        """Run `prefix` once, then from that state each of `branches` followed by `suffix`.

        The results hold the cells of branch and suffix. `on_result(index, result)` is called as each comes.
        The time limits hold for each branch anew.
        """
        return self._request(prefix, branches, suffix, options or RunOptions(), on_result)[1:]

    def submit_branches(
        self,
        prefix: Sequence[Cell],
        branches: Sequence[Sequence[Cell]],
        suffix: Sequence[Cell] = (),
        options: RunOptions | None = None,
        on_result: Callable[[int, RunResult], None] | None = None,
    ) -> Future[list[RunResult]]:
        """Like `run_branches`, without waiting. `on_result` is called in another thread."""
        return self._threads.submit(self.run_branches, prefix, branches, suffix, options, on_result)

    def _request(
        self,
        prefix: Sequence[Cell],
        branches: Sequence[Sequence[Cell]],
        suffix: Sequence[Cell],
        options: RunOptions,
        on_result: Callable[[int, RunResult], None] | None,
    ) -> list[RunResult]:
        """The prefix's result, then one for each branch."""
        request = {
            "options": options.as_json(),
            "cells": [asdict(cell) for cell in prefix],
            "branches": [[asdict(cell) for cell in branch] for branch in branches],
            "suffix": [asdict(cell) for cell in suffix],
        }
        found: dict[int, RunResult] = {}
        with self._worker() as worker:
            worker.send(request)
            patience = options.timeout + 30.0  # the worker keeps the time; this is for a worker that hangs itself
            while (message := worker.receive(patience)) is not None and message["event"] == "branch":
                index = message["index"]
                found[index] = result_of((*branches[index], *suffix), message["result"])
                if on_result is not None:
                    on_result(index, found[index])
            if message is None:
                worker.close()
        if message is None:
            first = nothing_run(prefix, "the runner's worker ended")
        else:
            first = result_of(prefix, message["result"])
        reason = first.died or "the cells before it ended the process"
        rest = [found.get(k) or nothing_run((*branch, *suffix), reason) for k, branch in enumerate(branches)]
        return [first, *rest]

    @contextlib.contextmanager
    def _worker(self) -> Iterator[_Worker]:
        worker = self._idle.get()
        try:
            if worker is None or worker.closed:
                worker = _Worker(self._hash_seed, self._plots)
                with self._lock:
                    self._running.add(worker)
            if self._closed:
                worker.close()
                raise ToolError("the runner is closed; nothing was run")
            yield worker
        except BaseException:
            if worker is not None:
                worker.close()
            raise
        finally:
            self._idle.put(worker)


class _Worker:
    """One warm worker process and the pipes to it."""

    def __init__(self, hash_seed: int | None, plots: bool) -> None:
        # PYTHON* would change what cells see; one BLAS thread, because several runs share the processors
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment.pop("TINYTORCH_BELOW", None)
        environment |= {"MPLBACKEND": "Agg", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = str(hash_seed)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tito._runner_child", *(["--plots"] if plots else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[1],  # where -m finds this very tito
            env=environment,
            start_new_session=True,  # Ctrl-C is for the caller, who then closes us
        )
        self.closed = False
        if self.receive(60.0) is None:
            self.close()
            raise ToolError("the worker that runs cells does not start; nothing was run")

    def send(self, message: Json) -> None:
        from tito._runner_child import write_frame

        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):  # a dead worker shows when it does not answer
            write_frame(self.process.stdin.fileno(), message)

    def receive(self, seconds: float) -> Json | None:
        """The next message; None when the worker is gone or silent for `seconds`."""
        from tito._runner_child import read_frame

        assert self.process.stdout is not None
        try:
            return read_frame(self.process.stdout.fileno(), time.monotonic() + seconds)
        except (TimeoutError, ValueError, OSError):
            return None

    def close(self) -> None:
        """Hang up and forget the process."""
        self.hang_up()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def hang_up(self) -> None:
        """Ask no more: the worker ends what it runs, then itself."""
        self.closed = True
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(5.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run_cells(
    cells: Sequence[Cell], *, library: Path | None = None, options: RunOptions | None = None, **limits: Any
) -> RunResult:
    """Run `cells` once, in a worker started for it; use a `Runner` for more than one run.

    `limits` are fields of `RunOptions`, `timeout=10.0` for example.
    """
    chosen = replace(options or RunOptions(), **limits)
    if library is not None:
        chosen = replace(chosen, library=library)
    with Runner(1) as runner:
        return runner.run(cells, chosen)
