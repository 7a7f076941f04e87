"""What a student's code cannot reach from a room with walls: network, files, secrets, other processes, the kernel."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from tito.sandbox.base import Backend, Room
from tito.sandbox.bubblewrap import BubblewrapBackend

from .rooms import BELOW_TMP, ENTRY, INSIDE, LIMITS, RaisedError, run


def test_no_network(walled_room: Room) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0tito-test-{os.getpid()}")
        abstract.listen()
        code = f"""
            import socket
            answer = []
            for family, address in (
                (socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})),
                (socket.AF_INET, ("192.0.2.1", 80)),
                (socket.AF_INET6, ("::1", {server.getsockname()[1]})),
                (socket.AF_UNIX, "\\0tito-test-{os.getpid()}"),
                (socket.AF_VSOCK, (2, 1024)),
            ):
                try:
                    socket.socket(family, socket.SOCK_STREAM).connect(address)
                    answer.append(str(address))
                except OSError:
                    pass
        """
        assert run(walled_room, code) == []
    assert run(walled_room, "answer = [line.split(':')[0].strip() for line in open('/proc/net/dev')][2:]") == ["lo"]


def test_only_the_scratch_folder_can_be_written(walled_room: Room) -> None:
    code = """
        import os
        answer = []
        for folder, names, files in os.walk("/"):
            if folder == "/":
                names.remove("proc")
            if folder.count("/") > 4:
                names.clear()
            try:
                os.close(os.open(f"{folder}/written", os.O_CREAT | os.O_EXCL))
                os.unlink(f"{folder}/written")
                answer.append(folder)
            except OSError:
                pass
    """
    written = set(run(walled_room, code))
    assert {"/tmp", "/dev/shm"} <= written
    home = run(walled_room, "answer = os.getcwd(), os.environ['HOME'], os.environ['TMPDIR']")
    assert written <= {"/tmp", "/dev/shm", *home} | {folder for folder in written if f"{folder}/".startswith("/room/")}


def test_no_secret_can_be_read(walled: Backend, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = f"secret-{os.urandom(8).hex()}"
    (tmp_path / "gradebook.db").write_text(secret)
    monkeypatch.setenv("JPY_API_TOKEN", secret)
    room = walled.room(LIMITS)
    forbidden = [tmp_path / "gradebook.db", *(root / name for name in ("source", "course.toml", "tests/tito", ".git"))]
    forbidden += [root / "tito" / "examiner", root / "tito" / "checks", Path("/etc/shadow"), Path("/var")]
    code = f"""
        import glob, os
        answer = [path for path in {[str(path) for path in forbidden]!r} if os.path.exists(path)]
        for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/task/*/environ") + glob.glob("/proc/*/cmdline"):
            try:
                with open(path) as file:
                    if {secret!r} in file.read():
                        answer.append(path)
            except OSError:
                pass
        answer += [name for name in os.environ if "TOKEN" in name]
    """
    try:
        assert run(room, code) == []
    finally:
        room.end()


def test_other_processes_cannot_be_seen_or_touched(walled: Backend, walled_room: Room) -> None:
    other = walled.room(LIMITS)
    code = f"""
        import ctypes, os, signal
        answer = []
        seen = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
        if seen != [1, os.getpid()] and seen != [os.getpid()]:
            answer.append(f"sees {{seen}}")
        for pid in ({os.getpid()}, {os.getppid()}):
            try:
                os.kill(pid, signal.SIGTERM)
                answer.append(f"signals {{pid}}")
            except ProcessLookupError:
                pass
        if os.getpid() != 1:
            for name in ("mem", "environ", "fd/0", "root/usr", "map_files"):
                try:
                    os.close(os.open(f"/proc/1/{{name}}", os.O_RDONLY))
                    answer.append(f"opens {{name}}")
                except OSError:
                    pass
            if ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0:
                answer.append("traces 1")
    """
    assert run(walled_room, code) == []
    assert run(other, "answer = 1") == 1
    assert other.end().reason is None


def test_nothing_left_of_the_kernel_to_play_with(walled_room: Room) -> None:
    code = """
        import ctypes, mmap, os
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        answer = [status[name].strip("0 \\t\\n") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
        answer += [status["NoNewPrivs"].strip(), status["Seccomp"].strip()]
    """
    assert run(walled_room, code) == ["", "", "", "", "", "1", "2"]
    code = """
        libc = ctypes.CDLL(None)
        answer = []
        for name, arguments in (
            ("unshare", (0x10000000,)),
            ("unshare", (0x00020000,)),
            ("mount", (b"tmpfs", b"/tmp", b"tmpfs", 0, None)),
            ("memfd_create", (b"x", 0)),
            ("shmget", (0, 4096, 0o1600)),
            ("setuid", (0,)),
            ("klogctl", (3, ctypes.create_string_buffer(4096), 4096)),
            ("setns", (0, 0)),
        ):
            if getattr(libc, name)(*arguments) != -1:
                answer.append(name)
        clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
        child = libc.syscall(clone, 0x10000000 | 17, 0, 0, 0, 0)  # in a new user namespace
        if child == 0:
            os._exit(0)
        if child > 0:
            answer.append("clone")
    """
    assert run(walled_room, code) == []


def test_no_memory_that_belongs_to_no_process(walled: Backend, walled_room: Room) -> None:
    with pytest.raises(RaisedError, match="PermissionError"):
        run(walled_room, "import mmap; mmap.mmap(-1, 4096)")
    assert run(walled_room, "answer = len(mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))") == 4096
    if walled.name != "docker":  # whose container counts it
        with pytest.raises(RaisedError, match="FileNotFoundError"):
            run(walled_room, "open('/dev/zero')")


def test_killing_everything_harms_only_the_room(walled: Backend, walled_room: Room) -> None:
    other = walled.room(LIMITS)
    run(walled_room, "import os, signal\nif os.fork() == 0: signal.pause()\nos.kill(-1, signal.SIGKILL)")
    walled_room.end()
    assert run(other, "answer = 1") == 1
    other.end()
    third = walled.room(LIMITS)
    assert run(third, "answer = 2") == 2
    third.end()


def test_the_next_room_finds_nothing(walled: Backend) -> None:
    first, code = walled.room(LIMITS), "import builtins, os, random, numpy as np\n"
    run(first, code + "for name in ('x', '/tmp/x', '/dev/shm/x', os.environ['TMPDIR'] + '/y'): open(name, 'w').close()")
    run(first, "builtins.marked = np.dot = None")
    drawn = run(first, "answer = [random.random(), np.random.rand()]")
    first.end()
    second = walled.room(LIMITS)
    found = (
        "answer = [name for folder in ('.', '/tmp', '/dev/shm', os.environ['TMPDIR']) for name in os.listdir(folder)]"
    )
    assert set(run(second, code + found)) <= BELOW_TMP
    assert run(second, "answer = int(np.dot(2, 3)) + hasattr(builtins, 'marked')") == 6
    again = run(second, "answer = [random.random(), np.random.rand()]")
    assert again[0] != drawn[0]
    assert again[1] != drawn[1]
    second.end()


def test_a_python_below_tmp_is_seen_and_not_written() -> None:
    """A checkout may lie there. pytest's own folders do not always."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(INSIDE / "run_code.py", folder)
        (folder / "late.py").write_text("value = 42")
        (folder / "late.py").chmod(0o644)
        backend = BubblewrapBackend(ENTRY, (folder,))
        backend.start()
        try:
            room = backend.room(LIMITS)
            assert run(room, "import late; answer = late.value") == 42
            assert set(run(room, "import os; answer = os.listdir('/tmp')")) == {folder.name} | BELOW_TMP
            for place in (folder / "new", folder.parent / folder.name / "late.py"):
                with pytest.raises(RaisedError):
                    run(room, f"open({str(place)!r}, 'w')")
            run(room, "open('/tmp/mine', 'w').write('x')")
            room.end()
            other = backend.room(LIMITS)
            assert set(run(other, "import os; answer = os.listdir('/tmp')")) == {folder.name} | BELOW_TMP
            other.end()
        finally:
            backend.close()
