"""What the tests of exam rooms share: which kinds there are here, and how code is run in a room."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from tito.errors import ToolError
from tito.sandbox.base import MEGABYTE, Backend, Limits, Room
from tito.sandbox.bubblewrap import BubblewrapBackend
from tito.sandbox.docker import DockerBackend, Mount
from tito.sandbox.plain import PlainBackend
from tito.sandbox.python import PACKAGE, PIECES, python_files

IMAGE = os.environ.setdefault("TINYTORCH_TEST_IMAGE", f"tinytorch-test-rooms:{os.getpid()}")
"""An image of this test process's own; the processes that it starts use the same."""

INSIDE = Path(__file__).parent / "inside"
ENTRY = "run_code:serve"

BELOW_TMP = {path.parts[2] for path in (*python_files(), PACKAGE, INSIDE) if path.parts[1] == "tmp"}
"""What a room sees in /tmp from the start: Python and this checkout, where they lie there."""

LIMITS = Limits(memory=300 * MEGABYTE, cpu_seconds=30, seconds=90.0, scratch=16 * MEGABYTE, file_size=4 * MEGABYTE)


def bubblewrap() -> BubblewrapBackend:
    return BubblewrapBackend(ENTRY, (INSIDE,))


def plain() -> PlainBackend:
    return PlainBackend(True, ENTRY, (INSIDE,))


def docker() -> DockerBackend:
    """Containers of an image with nothing in it: all that they run is mounted from here."""
    if subprocess.call(["docker", "image", "inspect", IMAGE], stdout=DEVNULL, stderr=DEVNULL) != 0:
        subprocess.run(["docker", "import", "-", IMAGE], input=_empty_image(), check=True, stdout=DEVNULL)
    files = [Path("/usr"), Path("/etc/ld.so.cache"), *python_files(), *(PACKAGE / piece for piece in PIECES), INSIDE]
    mounts = [Mount(path, path) for path in files]
    return DockerBackend(IMAGE, ENTRY, (INSIDE,), mounts=mounts, python=(sys.executable,), ahead=2)


def remove_image() -> None:
    """Remove what `docker` imported."""
    subprocess.call(["docker", "rmi", IMAGE], stdout=DEVNULL, stderr=DEVNULL)


def _empty_image() -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name in ("bin", "lib", "lib32", "lib64", "sbin"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(link)
    return archive.getvalue()


def _docker_works() -> bool:
    program = shutil.which("docker")
    return program is not None and subprocess.call([program, "version"], stdout=DEVNULL, stderr=DEVNULL) == 0


def _bubblewrap_works() -> bool:
    program = shutil.which("bwrap")
    options = ["--ro-bind", "/", "/", "--unshare-user", "--unshare-pid", "--proc", "/proc"]
    return program is not None and subprocess.call([program, *options, "true"], stderr=DEVNULL) == 0


def _plain_works() -> bool:
    backend = plain()
    try:
        backend.plan()
    except ToolError:
        return False
    finally:
        backend.close()
    return True


def _here() -> dict[str, Callable[[], Backend]]:
    kinds: dict[str, Callable[[], Backend]] = {}
    if _docker_works():
        kinds["docker"] = docker
    if _bubblewrap_works():
        kinds["bubblewrap"] = bubblewrap
    if _plain_works():
        kinds["plain"] = plain
    return kinds


KINDS = _here()
"""The kinds of rooms that this machine lets this user make, by name."""

WALLED = [name for name in KINDS if name != "plain"]
"""Those that promise to keep a student's code from files, network and other processes."""

FORKED = [name for name in KINDS if name != "docker"]
"""Those that one warm process forks."""


def run(room: Room, code: str, seconds: float = 60.0) -> Any:
    """The `answer` that `code` leaves in the room.

    Raises:
        RaisedError: it raised.
        EOFError: the room ended.
        TimeoutError: it took longer.
    """
    room.link.settimeout(seconds)
    try:
        room.link.sendall(json.dumps(textwrap.dedent(code)).encode() + b"\n")
        reply = b""
        while not reply.endswith(b"\n"):
            chunk = room.link.recv(65536)
            if not chunk:
                raise EOFError
            reply += chunk
    except ConnectionError as error:
        raise EOFError from error
    found = json.loads(reply)
    if "raised" in found:
        raise RaisedError(found["raised"], found["text"])
    return found["answer"]


class RaisedError(Exception):
    """The code in the room raised; its arguments are the exception's name and the traceback."""


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Did it come true in time?"""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def interrupt_when_it_prints(room: Room) -> None:
    """Interrupt the room's code once it has printed something: earlier, it may not have begun."""

    def wait() -> None:
        os.read(room.stdout, 100)
        room.interrupt()

    threading.Thread(target=wait, daemon=True).start()


def named(name: str) -> list[int]:
    """All processes of the machine that call themselves `name`."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and (folder / "comm").read_text().strip() == name:
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def new_name() -> str:
    """A name that no other process has."""
    return f"tt-{os.urandom(5).hex()}"
