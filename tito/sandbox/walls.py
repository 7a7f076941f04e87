"""What a room's processes do to themselves before a student's code runs: new namespaces, limits, a clean slate."""

from __future__ import annotations

import contextlib
import importlib
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from tito.sandbox import linux
from tito.sandbox.base import Limits

__all__ = ["NAMESPACES", "ROOM", "UID", "hide_files", "run_server", "set_limits"]

ROOM = Path("/room")
"""Where a room with namespaces has its scratch folder."""

UID = 1000
"""Who the student's code is, inside a room with a user namespace."""

NAMESPACES = ("user", "pid", "net", "ipc", "uts")

_INODES = 20_000
_LINK = 3  # behind stdin, stdout and stderr


def hide_files(scratch: int) -> None:
    """A file system of the room's own: its scratch folder of `scratch` bytes, its /proc, everything else read-only."""
    linux.unshare("mount")
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE)
    flags = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("tmpfs", str(ROOM), "tmpfs", flags, f"size={scratch},nr_inodes={_INODES},mode=0700")
    for name, place in (("home", None), ("tmp", "/tmp"), ("shm", "/dev/shm")):
        folder = ROOM / name
        folder.mkdir()
        if place is not None:
            with _imported_from(place):
                linux.mount(str(folder), place, "", linux.MS_BIND)
    linux.mount("proc", "/proc", "proc", flags | linux.MS_NOEXEC)
    # a further user namespace would give the student's code capabilities, and mounts that nobody counts
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    socket.sethostname("room")


@contextlib.contextmanager
def _imported_from(place: str) -> Iterator[None]:
    """Keep what this Python imports from below `place`, a whole checkout perhaps, in sight when that is covered."""
    paths = [Path(entry) for entry in (sys.prefix, sys.base_prefix, *sys.path)]
    tops = {Path(place, path.relative_to(place).parts[0]) for path in paths if Path(place) in path.parents}
    held = {top: os.open(top, os.O_PATH) for top in tops if top.is_dir()}
    yield
    for top, descriptor in held.items():
        top.mkdir()
        linux.mount(f"/proc/self/fd/{descriptor}", str(top), "", linux.MS_BIND | linux.MS_REC)
        flags = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("", str(top), "", linux.MS_BIND | linux.MS_REMOUNT | flags)
        os.close(descriptor)


def set_limits(limits: Limits, processes: int) -> None:
    """The rlimits of a process whose user may have `processes` processes; it inherits its memory, which is free."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for kind, wanted, last in (
        (resource.RLIMIT_AS, held + limits.memory, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (
            resource.RLIMIT_CPU,
            limits.cpu_seconds,
            1,
        ),  # a second between the signal that tells why and the one that kills
        (resource.RLIMIT_FSIZE, limits.file_size, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        (resource.RLIMIT_NOFILE, limits.open_files, 0),
        (resource.RLIMIT_NPROC, processes, 0),
    ):
        most = resource.getrlimit(kind)[1]
        soft, hard = wanted, wanted + last
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        resource.setrlimit(kind, (soft, hard))


def run_server(entry: str, files: tuple[int, int, int], home: Path, prepare: Callable[[], None]) -> NoReturn:
    """Become the room's server: keep `files` (link, stdout, stderr) and nothing else, then call `entry`."""
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _keep_only(*files)
        _clear_environment(home)
        os.chdir(home)
        os.umask(0o077)
        prepare()
        _forget_parent()
        module, _, name = entry.partition(":")
        getattr(importlib.import_module(module), name)(socket.socket(fileno=_LINK))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    except SystemExit:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _keep_only(link: int, stdout: int, stderr: int) -> None:
    """Descriptors 0 to 3 are /dev/null, stdout, stderr and the link; all others are closed."""
    stdin = os.open(os.devnull, os.O_RDONLY)
    # first out of each other's way, then into place
    aside = [os.dup2(fd, 100 + place) for place, fd in enumerate((stdin, stdout, stderr, link))]
    for place, fd in enumerate(aside):
        os.dup2(fd, place, inheritable=place < _LINK)
    os.closerange(_LINK + 1, os.sysconf("SC_OPEN_MAX"))


def _clear_environment(home: Path) -> None:
    os.environ.clear()
    os.environ.update(
        {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": str(home / ".matplotlib"),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(home.parent / "tmp"),
            "USER": "student",
        }
    )


def _forget_parent() -> None:
    """A fork repeats its parent's random numbers, so every room would draw the same; and its choice of temp folder."""
    random.seed()
    tempfile.tempdir = None
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
