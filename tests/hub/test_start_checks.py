"""What stands in the way of a start is one line and an exit code, never a traceback."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hub.checks import check_port, check_space, free_ports, only_one, writing
from tito.errors import ToolError

ROOT = Path(__file__).parents[2]


def serve(*arguments: str, program: Sequence[str] = ("-m", "hub.serve")) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=180,
        check=False,
    )


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


def test_a_taken_port_is_one_line(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = serve("--port", str(port), "--data", str(tmp_path / "var"))
    assert_one_line(done, 6, f"port {port} is taken", "make serve PORT=", "nothing was started")
    assert not (tmp_path / "var").exists()


def test_a_port_that_is_no_port_is_one_line():
    assert_one_line(serve("--port", "70000"), 6, "70000", "65535")


def test_a_free_port_passes_the_check_alone():
    done = serve("--port", str(free_ports(1)[0]), "--open-port-check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_course_is_one_line(tmp_path: Path):
    done = serve("--port", str(free_ports(1)[0]), "--course", str(tmp_path))
    assert_one_line(done, 3, "course.toml", str(tmp_path))


@pytest.mark.parametrize(
    ("course", "roster", "said"),
    [
        ("[schedule]\ndue_tme = '23:59'\n", "", "schedule.due_tme is not a key of this table; did you mean due_time?"),
        ("[coarse]\n", "", "coarse is not a table this course knows"),
        ("[modules.05]\ndue = 2027-02-30T23:59:00\n", "", "names a date or time that does not exist"),
        (
            "[modules.05]\nrelease = 2027-03-02T00:00:00\ndue = 2027-03-01T00:00:00\n",
            "",
            "modules.05 is due 2027-03-01 00:00, not after",
        ),
        ("[limits.student]\ndisk = 'all'\n", "", "limits.student.disk must be such as"),
        ("", "ada,1,,student\nada,2,,student\n", "ada"),
        ("", "ada,1,,student\nAda,2,,student\n", "ada"),
        ("", "ada,1,,student\nalan,1,,student\n", "id '1' stands in line 2 already"),
    ],
)
def test_a_broken_course_or_roster_is_one_line_before_anything_starts(
    tmp_path: Path, course: str, roster: str, said: str
):
    (tmp_path / "course.toml").write_text(f"[course]\nid = 'tt'\nterm_start = 2027-01-11\n{course}")
    if roster:
        (tmp_path / "roster.csv").write_text(f"name,id,section,role\n{roster}")
    done = serve("--port", str(free_ports(1)[0]), "--course", str(tmp_path), "--data", str(tmp_path / "var"))
    assert_one_line(done, 3, said)
    assert not (tmp_path / "var").exists()


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    done = serve("--port", str(free_ports(1)[0]), "--course", str(ROOT), "--data", str(tmp_path / "file" / "var"))
    assert_one_line(done, 6, "cannot be written", str(tmp_path / "file"))


FULL_DISK = """
import os, sys, tempfile
import hub.serve

make = tempfile.mkstemp

def full(**more):
    handle, name = make(**more)
    os.dup2(os.open("/dev/full", os.O_WRONLY), handle)
    return handle, name

tempfile.mkstemp = full
sys.exit(hub.serve.main(sys.argv[1:]))
"""
"""Whatever is written under a name that it gets when it is whole, is written to a disk that is always full."""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_line(tmp_path: Path):
    data = tmp_path / "var"
    arguments = ("--port", str(free_ports(1)[0]), "--course", str(ROOT), "--data", str(data))
    done = serve(*arguments, program=("-c", FULL_DISK))
    assert_one_line(done, 6, "No space left on device", "DATA=", "all work is kept")
    assert [path.name for path in (data / "hub").iterdir()] == ["serve.lock"], "nothing half-written is left"


def test_too_little_space_is_found_before_anything_starts(tmp_path: Path):
    with pytest.raises(ToolError, match=r"full \(\d+ MB free, \d+ MB needed\)"):
        check_space(tmp_path, least=1 << 62)
    check_space(tmp_path, least=0)


def test_a_connection_closed_a_moment_ago_does_not_take_the_port():
    port = free_ports(1)[0]
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # this side closes first and keeps the address for a minute
    check_port(port)


def test_free_ports_differ():
    assert len(set(free_ports(20))) == 20


def test_errors_of_other_kinds_are_not_swallowed(tmp_path: Path):
    with pytest.raises(ToolError, match="free some space"), writing(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x")
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        raise ZeroDivisionError


def test_two_starts_on_one_data_folder_are_refused(tmp_path: Path):
    lock = tmp_path / "hub" / "serve.lock"
    lock.parent.mkdir()
    with only_one(lock):
        with pytest.raises(ToolError, match=rf"already runs on {tmp_path} \(process {os.getpid()}\)"), only_one(lock):
            pass
        assert lock.read_text() == str(os.getpid())
    with only_one(lock):
        pass
