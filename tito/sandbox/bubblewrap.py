"""Rooms inside bubblewrap: the warm process sees only what a room may see, and each room has namespaces of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tito.errors import ToolError
from tito.sandbox.python import PACKAGE, PIECES, library_path, python_command, python_files
from tito.sandbox.users import can_administrate, is_root, unused_user
from tito.sandbox.walls import ROOM, UID
from tito.sandbox.warm import WarmBackend, WarmProcess

__all__ = ["BubblewrapBackend"]

_PASSWD = f"root:x:0:0::/:/bin/sh\nstudent:x:{UID}:{UID}::{ROOM}/home:/bin/sh\n"
_DEVICES = ("null", "full", "random", "urandom")  # no /dev/zero: a shared mapping of it is memory that nobody counts
_ETC = ("alternatives", "fonts", "ld.so.cache", "localtime", "timezone")
_TOP = ("bin", "lib", "lib32", "lib64", "sbin")
_POWERS = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID")


class BubblewrapBackend(WarmBackend):
    """One bubblewrap with one warm process in it.

    It is not tied to the thread that started it, as `--die-with-parent` would: the warm process leaves when the
    grader's end of its socket closes, and bubblewrap with it.
    """

    name = "bubblewrap"
    _info: int | None = None

    def plan(self) -> WarmProcess:
        """As root, bubblewrap mounts as root, and the warm process then becomes a user who owns nothing."""
        program = shutil.which("bwrap")
        if program is None:
            raise ToolError("bubblewrap: no bwrap on the PATH; install Debian's bubblewrap")
        root = is_root()
        as_root = root and can_administrate()
        self._info, info = os.pipe()
        passwd = _text_file(_PASSWD)
        command = [program, *_namespaces(as_root), *_files(passwd, as_root), *_packages(self.extra)]
        command += ["--remount-ro", "/", "--chdir", "/", "--info-fd", str(info), "--", *python_command()]
        return WarmProcess(
            command=command,
            lent=(info, passwd),
            # root in a container without its powers gives up what is left of them first
            user=unused_user() if root and not as_root else None,
            environment=library_path(),
            settings={"confined": True, "user": unused_user() if as_root else None},
        )

    def remedy(self, why: str) -> str:
        """What an administrator must allow."""
        if "mount proc" in why or "/proc" in why:
            return "in a container, start that with --security-opt systempaths=unconfined"
        if "namespace" in why:
            return (
                "let ordinary users make user namespaces (sysctl user.max_user_namespaces, "
                "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns), "
                "in a container also its seccomp profile: docs/sandbox.md"
            )
        return super().remedy(why)

    def stopped(self, process: subprocess.Popen[bytes]) -> None:
        """Wait a moment for all inside to leave, then kill bubblewrap's inner process, and all others with it."""
        try:
            process.wait(2.0)
        except subprocess.TimeoutExpired:
            inner = self._inner_process()
            if inner is not None:
                os.kill(inner, signal.SIGKILL)

    def close(self) -> None:
        """End every room, then the warm process and bubblewrap."""
        super().close()
        if self._info is not None:
            os.close(self._info)
            self._info = None

    def _inner_process(self) -> int | None:
        assert self._info is not None
        try:
            found: int = json.loads(os.read(self._info, 4096))["child-pid"]
        except (ValueError, LookupError):
            return None
        return found


def _namespaces(as_root: bool) -> list[str]:
    options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    options.append("--new-session")
    if not as_root:
        return [*options, "--unshare-user"]
    # what it takes to mount /proc and to become somebody else; the warm process keeps none of it
    options += ["--cap-drop", "ALL"]
    for power in _POWERS:
        options += ["--cap-add", power]
    return options


def _files(passwd: int, as_root: bool) -> list[str]:
    """The system's part of the file system."""
    options = ["--ro-bind", "/usr", "/usr", "--dir", "/etc", "--dir", "/dev"]
    for name in _TOP:
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    options += ["--perms", "0444", "--file", str(passwd), "/etc/passwd"]
    for name in _DEVICES:
        options += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    options += ["--symlink", "/proc/self/fd", "/dev/fd", "--dir", "/dev/shm", "--dir", str(ROOM)]
    options += ["--dir", "/proc"] if as_root else ["--proc", "/proc"]
    return [*options, "--perms", "1777", "--tmpfs", "/tmp"]


def _packages(extra: tuple[Path, ...]) -> list[str]:
    """Python, its packages, and of this one only what a room needs, wherever it is installed."""
    paths = (*python_files(), *extra)
    options = _passable((*paths, PACKAGE))
    for path in paths:
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        else:
            options += ["--ro-bind", str(path), str(path)]
    options += ["--perms", "0755", "--tmpfs", str(PACKAGE)]
    for piece in PIECES:
        options += ["--ro-bind-try", str(PACKAGE / piece), str(PACKAGE / piece)]
    return [*options, "--remount-ro", str(PACKAGE)]


def _passable(paths: tuple[Path, ...]) -> list[str]:
    """The folders above these, open to all: bubblewrap would make them for itself alone."""
    folders = {above for path in paths for above in path.parents if above != Path("/")}
    return [option for folder in sorted(folders) for option in ("--dir", str(folder))]


def _text_file(text: str) -> int:
    """A descriptor from which this text can be read."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as file:
        file.write(text)
    return read
