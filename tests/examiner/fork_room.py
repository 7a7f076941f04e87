"""A room for tests of the protocol: a bare fork, nothing contained."""

from __future__ import annotations

import contextlib
import os
import signal
import socket

from tito.sandbox import Ending

__all__ = ["ForkRoom"]


class ForkRoom:
    """A forked process that serves `tito.room.server`, or `work(link)` if given."""

    def __init__(self, work=None) -> None:
        from tito.room.server import serve

        self.link, theirs = socket.socketpair()
        (self.stdout, out), (self.stderr, err) = os.pipe(), os.pipe()
        self._ending: Ending | None = None
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.link.close()
                os.setsid()
                os.dup2(out, 1)
                os.dup2(err, 2)
                _open_streams()
                (work or serve)(theirs)
            finally:
                os._exit(0)
        theirs.close()
        os.close(out)
        os.close(err)

    def interrupt(self) -> None:
        os.kill(self.pid, signal.SIGINT)

    def end(self) -> Ending:
        if self._ending is None:
            found, status, usage = os.wait4(self.pid, os.WNOHANG)
            reason = f"killed by signal {os.WTERMSIG(status)}" if found and os.WIFSIGNALED(status) else None
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError):
                    kill(self.pid, signal.SIGKILL)
            if not found:
                _, status, usage = os.wait4(self.pid, 0)
            self.link.close()
            self._ending = Ending(reason, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        return self._ending


def _open_streams() -> None:
    import sys

    for fd, name in ((1, "stdout"), (2, "stderr")):
        stream = open(fd, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
