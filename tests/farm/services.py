"""A real Redis and a real PostgreSQL of one's own, with a password each, and programs beside them.

They are on 127.0.0.1, or on a host of `tests.farm.hosts`: `address` is its own, and `inside` runs a command there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg

__all__ = [
    "PASSWORD",
    "Postgres",
    "Program",
    "Redis",
    "end_all",
    "free_port",
    "postgres_programs",
    "redis_program",
    "wait_for",
]

PASSWORD = "only-for-these-tests-4711"
_LIBRARY = Path("/usr/lib/postgresql")


def redis_program() -> str | None:
    """Debian's redis-server, if it is installed."""
    return shutil.which("redis-server")


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres, if one is installed: Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    folders = [*sorted(_LIBRARY.glob("*/bin"), reverse=True), *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in folders if (folder / "pg_isready").is_file()), None)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(what: Callable[[], object], seconds: float, doing: str) -> None:
    """Ask every twentieth of a second until it is so.

    Raises:
        TimeoutError: it never was.
    """
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError(f"{doing} took more than {seconds:g} s")
        time.sleep(0.05)


class Redis:
    """`redis-server` that keeps what it acknowledged (appendonly); with a certificate and its key over TLS alone."""

    def __init__(
        self,
        folder: Path,
        address: str = "127.0.0.1",
        inside: Sequence[str] = (),
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.folder = folder
        self.address = address
        self.inside = inside
        self.tls = tls
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"{'rediss' if self.tls else 'redis'}://:{PASSWORD}@{self.address}:{self.port}/0"

    def start(self) -> None:
        program = redis_program()
        assert program is not None
        settings = {
            "bind": self.address,
            "port": str(self.port),
            "dir": str(self.folder),
            "requirepass": PASSWORD,
            "appendonly": "yes",
            "save": "",
        }
        if self.tls:
            certificate, key = map(str, self.tls)
            settings |= {"port": "0", "tls-port": str(self.port), "tls-auth-clients": "no"}
            settings |= {"tls-cert-file": certificate, "tls-key-file": key, "tls-ca-cert-file": certificate}
        arguments = [text for name, value in settings.items() for text in (f"--{name}", value)]
        command = [*self.inside, program, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_for(self._ready, 120, "starting redis-server")

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def _ready(self) -> bool:
        tls = ["--tls", "--cacert", str(self.tls[0])] if self.tls else []
        asked = [*self.inside, "redis-cli", "-h", self.address, "-p", str(self.port), *tls, "ping"]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0


class Postgres:
    """A PostgreSQL server with one database. It refuses to run as root, so it then runs as Debian's `postgres`."""

    def __init__(self, address: str = "127.0.0.1", inside: Sequence[str] = ()) -> None:
        programs = postgres_programs()
        assert programs is not None
        self.programs = programs
        self.address = address
        self.inside = inside
        # pytest's folders are closed to other users, and so may be TMPDIR; it may be too long for a socket, too.
        self.folder = Path(tempfile.mkdtemp(prefix="tito-postgres-", dir="/tmp"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    @property
    def url(self) -> str:
        return self.database("postgres")

    def database(self, name: str) -> str:
        """The SQLAlchemy address of a database in it."""
        return f"postgresql+psycopg://course:{PASSWORD}@{self.address}:{self.port}/{name}"

    def start(self) -> None:
        self._make()
        off = ["fsync=off", "full_page_writes=off", "autovacuum=off"]
        sockets = [f"listen_addresses={self.address}", f"unix_socket_directories={self.folder}"]
        settings = [f"port={self.port}", *sockets, *off]
        arguments = [text for setting in settings for text in ("-c", setting)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*self.inside, *self._as_user(), str(self.programs / "postgres"), "-D", str(self.data), *arguments],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._ready, 120, "starting postgres")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)  # at once: nobody needs its files again
            self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def create(self, name: str) -> str:
        """A new database in it, by its address."""
        with psycopg.connect(self.console("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.database(name)

    def console(self, name: str) -> str:
        """The address of a database in it by a way that is no network: from whichever host, whatever is cut."""
        return f"postgresql+psycopg://course:{PASSWORD}@/{name}?host={self.folder}&port={self.port}"

    def _ready(self) -> bool:
        program = self.programs / "pg_isready"
        return (
            subprocess.run([program, "-q", "-h", str(self.folder), "-p", str(self.port)], check=False).returncode == 0
        )

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        if self.user is not None:
            for path in (self.folder, password):
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        command = [
            *(str(self.programs / "initdb"), "-D", str(self.data), "-U", "course", f"--pwfile={password}"),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ]
        subprocess.run([*self._as_user(), *command], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        with (self.data / "pg_hba.conf").open("a") as access:
            access.write("host all all samenet scram-sha-256\n")

    def _as_user(self) -> list[str]:
        """What, put before a command, runs it as who may run PostgreSQL."""
        if self.user is None:
            return []
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]


class Program:
    """A process of ours, its output in a file; ended with everything that it started."""

    def __init__(self, folder: Path, name: str, command: list[str], cwd: Path, **environment: str) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=os.environ
                | environment
                | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "ignore"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """As the kernel does when memory is short: no handler runs."""
        self.process.kill()
        self.process.wait()


def end_all(programs: Sequence[Program]) -> None:
    """Ask them to end, and wait for their children, which end by themselves.

    Raises:
        AssertionError: one of those did not; it was killed.
    """
    children: list[psutil.Process] = []
    for program in programs:
        with suppress(psutil.NoSuchProcess):
            children += psutil.Process(program.process.pid).children(recursive=True)
        program.process.terminate()
    for program in programs:
        try:
            program.process.wait(60)
        except subprocess.TimeoutExpired:
            program.kill()
    _, left = psutil.wait_procs(children, timeout=60)
    for child in left:
        child.kill()
    assert not left, f"left running: {left}"
