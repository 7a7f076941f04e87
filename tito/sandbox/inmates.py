"""The processes of a room: inside namespaces of their own, or beside everybody else's."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import NoReturn

from tito.sandbox import linux, walls
from tito.sandbox.filter import install_filter
from tito.sandbox.keeper import Order
from tito.sandbox.usage import Usage, descendants, is_ending, measure, pids

__all__ = ["Confined", "Unconfined"]

_SERVER = 2
"""The server's number in a new pid namespace, where init is 1."""

_LAST_MOMENT = 1.0

_NOT_COUNTED = 2
"""The keeper and the room's init are processes of the room's user too."""


class Confined:
    """A room in namespaces of its own. Its first process ends all others by ending; the server is its child."""

    def __init__(self, order: Order) -> None:
        uid, gid = os.getuid(), os.getgid()
        linux.set_dumpable(True)  # else its own files under /proc belong to root
        linux.unshare(*walls.NAMESPACES)
        linux.sole_user_of_namespace(walls.UID, uid, gid)
        self._held = _resident()
        self._init_link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._pid = os.fork()
        if self._pid == 0:
            self._init_link.close()
            os.close(order.status)
            _be_init(order, theirs)
        theirs.close()
        self.first = os.pidfd_open(self._pid)
        message, descriptors, *_ = socket.recv_fds(self._init_link, 4096, 1)
        if message != b"ready":
            self._kill()
            raise OSError(message.decode(errors="replace") or "the room's first process died at once")
        self._proc = descriptors[0]
        self._init_link.send(b"go")

    def measure(self) -> Usage:
        processes = [pid for pid in pids(self._proc) if pid != 1]
        return measure(self._proc, processes)

    def interrupt(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGINT)

    def finish(self) -> tuple[int | None, Usage]:
        if is_ending(self._proc, _SERVER):
            _wait_for(self.first)
        used = self._kill()
        self._init_link.setblocking(False)
        try:
            status = int(self._init_link.recv(64) or b"-1")
        except BlockingIOError:
            status = -1
        total = Usage(max(0, used.ru_maxrss * 1024 - self._held), used.ru_utime + used.ru_stime)
        return (status if status >= 0 else None), total

    def _kill(self) -> resource.struct_rusage:
        """Waiting for the first process of a pid namespace waits for all others, too."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        return os.wait4(self._pid, 0)[2]


def _be_init(order: Order, keeper: socket.socket) -> NoReturn:
    """Close the room's walls, start the server, reap what is orphaned, and leave with the server."""
    try:
        try:
            walls.hide_files(order.limits.scratch)
            linux.drop_capabilities()
            linux.forbid_new_privileges()
            proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
            linux.set_dumpable(False)
            linux.set_parent_death_signal(signal.SIGKILL)
        except OSError as error:
            keeper.send(str(error).encode())
            os._exit(1)
        socket.send_fds(keeper, [b"ready"], [proc])
        if keeper.recv(16) != b"go":
            os._exit(1)
        server = os.fork()
        if server == 0:
            _be_server(order, walls.ROOM / "home")
        for fd in (order.link, order.stdout, order.stderr, proc):
            os.close(fd)

        def interrupt(*_: object) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(server, signal.SIGINT)

        signal.signal(signal.SIGINT, interrupt)
        while True:
            pid, status = os.wait()
            if pid == server:
                keeper.send(str(status).encode())
                os._exit(0)
    finally:
        os._exit(1)


def _be_server(order: Order, home: Path) -> NoReturn:
    def prepare() -> None:
        linux.set_dumpable(True)  # its own files under /proc are its own again
        Path("/proc/self/oom_score_adj").write_text("1000")  # when memory runs out, this goes first
        walls.set_limits(order.limits, order.limits.processes + _NOT_COUNTED)
        install_filter()

    walls.run_server(order.entry, (order.link, order.stdout, order.stderr), home, prepare)


class Unconfined:
    """A room without namespaces of its own: in a container, or an ordinary child process with rlimits.

    `uid` is the user it becomes, where the grader is root. `contained` says that it is in a container, as a user whom
    no other process has, the keeper excepted.
    """

    def __init__(self, order: Order, folder: Path, uid: int | None, contained: bool = False) -> None:
        self._folder = folder
        self._held = _resident()
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        linux.set_child_subreaper()  # whatever daemonises becomes a child of this process
        for name in ("home", "tmp"):
            (folder / name).mkdir(parents=True)
        if uid is not None:
            for path in (folder, folder / "home", folder / "tmp"):
                os.chown(path, uid, uid)
        self._pid = os.fork()
        if self._pid == 0:
            os.close(order.status)
            _be_plain_server(order, folder, uid, contained)
        self.first = os.pidfd_open(self._pid)

    def measure(self) -> Usage:
        return measure(self._proc, descendants(self._proc, os.getpid()))

    def interrupt(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGINT)

    def finish(self) -> tuple[int | None, Usage]:
        if is_ending(self._proc, self._pid):
            _wait_for(self.first)
        waited, status = os.waitpid(self._pid, os.WNOHANG)
        self._end_all()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        _remove(self._folder)
        total = Usage(max(0, used.ru_maxrss * 1024 - self._held), used.ru_utime + used.ru_stime)
        return (status if waited else None), total

    def _end_all(self) -> None:
        """Stop everything first, so that nothing forks away, then kill it."""
        if os.getpid() == 1:  # in a container: the kernel ends all others in one step, however fast they fork
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            known: set[int] = set()
            while found := set(descendants(self._proc, os.getpid())) - known:
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, number)
                known |= found
        while descendants(self._proc, os.getpid()) != []:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.001)


def _be_plain_server(order: Order, folder: Path, uid: int | None, contained: bool) -> NoReturn:
    def prepare() -> None:
        processes = order.limits.processes
        if uid is not None:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        elif not contained:
            processes += _tasks_of(os.getuid())
        linux.set_dumpable(True)
        linux.set_parent_death_signal(signal.SIGKILL)
        linux.forbid_new_privileges()
        # A container's own limit comes so late in a fork that a bomb keeps its memory locked; this one comes first.
        walls.set_limits(order.limits, processes + contained)
        if contained:
            install_filter()
            os.nice(19)  # among the container's processes alone: the keeper must get its turn beside a fork bomb

    walls.run_server(order.entry, (order.link, order.stdout, order.stderr), folder / "home", prepare)


def _tasks_of(uid: int) -> int:
    """Processes and threads that this user has by now: the kernel's limit counts them all."""
    count = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and folder.stat().st_uid == uid:
                count += len(list((folder / "task").iterdir()))
    return count


def _wait_for(process: int) -> None:
    """The grader has seen the link close and asks for the end, a moment before the cause is known."""
    select.select([process], [], [], _LAST_MOMENT)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _remove(folder: Path) -> None:
    """Remove a folder whose owner may have taken the permissions from folders inside."""
    folder.chmod(0o700)
    for above, names, _ in os.walk(folder):
        for name in names:
            inner = Path(above, name)
            if not inner.is_symlink():
                inner.chmod(0o700)
    shutil.rmtree(folder)
