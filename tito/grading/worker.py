"""A grading process: `python -m tito.grading.worker` reads jobs as lines of JSON and answers each with its result.

It holds the warm backend of the exam rooms. A process of its own, so that whatever goes wrong in it costs one
submission and not the grader.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import subprocess
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tito.errors import ToolError
from tito.grading.job import GradingJob
from tito.grading.policy import ALLOW_PLAIN, GradingPolicy
from tito.grading.result import GradedSubmission
from tito.sandbox import Limits

__all__ = ["GradingWorker", "main"]

_START_SECONDS = 60.0
_GRACE_SECONDS = 60.0
_MEMORY = 1 << 30


class GradingWorker:
    """The caller's side: one grading process, started when it is first needed and anew when it has ended.

    Args:
        policy: where and how it grades.
    """

    def __init__(self, policy: GradingPolicy) -> None:
        self.policy = policy
        self.backend = ""
        """Which kind of room it uses, once it has started."""
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def __enter__(self) -> GradingWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process, if it does not run.

        Raises:
            ToolError: no kind of exam room works here.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment |= {"PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}
        if self.policy.plain_allowed:
            environment[ALLOW_PLAIN] = "1"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tito.grading.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],  # where -m finds this very tito
            env=environment,
            start_new_session=True,  # Ctrl-C is for the caller, who then closes us
        )
        settings = {"room": self.policy.room_here, "plain": self.policy.plain_allowed, "image": self.policy.image}
        self._send({**settings, "limits": asdict(self.policy.limits)})
        ready = self._receive(_START_SECONDS)
        if ready is None or "error" in ready:
            self.close()
            raise ToolError(ready["error"] if ready else "the grading process does not start (nothing was graded)")
        self.backend = ready["backend"]

    def grade(self, job: GradingJob) -> GradedSubmission:
        """Grade one submission.

        Raises:
            ToolError: it could not be graded, and why.
        """
        self.start()
        self._send(job.as_json())
        # first run, second run and the search for the module at fault
        patience = (2 + len(job.modules)) * self.policy.notebook_seconds + _GRACE_SECONDS
        answer = self._receive(patience)
        if answer is None:
            self.close()
            raise ToolError(
                f"the grading process ended while it graded {job.student}'s {job.module} (no score was set)"
            )
        if "error" in answer:
            raise ToolError(f"{job.student}'s {job.module} could not be graded: {answer['error']} (no score was set)")
        return GradedSubmission.from_json(answer)

    def close(self) -> None:
        """End the process and its rooms."""
        process, self._process, self._buffer = self._process, None, b""
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it shows when no answer comes
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        """The next line; None when the process is gone or silent for too long."""
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor, end = self._process.stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return None
            chunk = os.read(descriptor, 1 << 20)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def _bound_memory() -> None:
    """What a student hands to a test may grow there: a list of a range without end. So far, and no further."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main() -> None:
    """Grade what standard input brings until it ends."""
    from tito.grading.grade import grade
    from tito.sandbox.choose import choose

    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # nothing that a test prints may look like an answer
    warnings.showwarning = lambda *_, **__: None  # a student's code warns in its room, where it is kept

    def answer(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message).encode() + b"\n")
        answers.flush()

    settings = json.loads(sys.stdin.buffer.readline())
    try:
        backend = choose(settings["room"], settings["plain"], settings["image"], Limits(**settings["limits"]))
    except ToolError as error:
        answer({"error": str(error)})
        return
    _bound_memory()
    try:
        answer({"backend": backend.name})
        for line in sys.stdin.buffer:
            try:
                answer(grade(GradingJob.from_json(json.loads(line)), backend).as_json())
            except ToolError as error:
                answer({"error": str(error)})
                backend.close()  # the rooms' warm process was lost: a new one for the next submission
                try:
                    backend.start()
                except ToolError:  # whoever starts this process anew hears why
                    return
            except Exception as error:  # a fault of ours in one submission must not end the others' grading
                answer({"error": f"{type(error).__name__}: {error}"})
    finally:
        backend.close()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # the caller is gone, and nobody waits for an answer
        main()
