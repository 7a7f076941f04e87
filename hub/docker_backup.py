"""Backup, restore and upgrade of a class under Docker: its volumes, its databases, what `make up` keeps beside them.

A backup has the form of `tito backup`'s, one file that is checked as a whole before anything is touched. Volumes are
read and written by a container that sees nothing else of the machine; databases are dumped and restored where they run.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hub.container_names import Names
from hub.docker_archive import ADDRESS, COURSE_FILES, OUT, SOURCE
from hub.docker_cli import Docker
from hub.docker_files import Files, write_private
from tito.backup.archive import Contents
from tito.backup.places import ASIDE, IN_CONTAINER
from tito.backup.restore import check
from tito.course import COURSE_FILE
from tito.errors import BackupError
from tito.files import write_if_changed
from tito.roster import ROSTER_FILE

__all__ = ["DATABASES", "Keeper", "check_backup", "settings_of"]

DATABASES = ("hub", "exchange", "gradebook")

_PROGRAM = 'PGPASSWORD=$(cat /run/secrets/database_password) exec "$@"'
_DUMP = ("pg_dump", "--host=/tmp", "--username=hub", "--format=custom")
_RESTORE = ("pg_restore", "--host=/tmp", "--username=hub", "--clean", "--if-exists", "--single-transaction")
_POWERS = ("DAC_OVERRIDE", "CHOWN", "FOWNER", "FSETID")
"""It takes to read everybody's files and to give them back to their owners."""

_PATIENCE = 120.0
"""Seconds until PostgreSQL answers."""


def check_backup(source: Path) -> Contents:
    """Read a backup of a class under Docker from end to end.

    Raises:
        BackupError: it is none, or damaged.
    """
    contents = check(source)
    if contents.data != IN_CONTAINER:
        raise BackupError(f"{source} is no backup of a class under Docker; try: make restore SRC={source}")
    return contents


def settings_of(source: Path) -> str:
    """The settings in a checked backup, for a machine that has none."""
    return _member(source, "data/installation/settings.env").decode()


def _member(source: Path, name: str) -> bytes:
    with tarfile.open(source, "r:gz") as archive:
        file = archive.extractfile(name)
        assert file is not None  # it is in the manifest as a file
        return file.read()


@dataclass(frozen=True)
class Keeper:
    """Copies a class away and back.

    Attributes:
        docker: the machine's Docker.
        names: the installation's names.
        files: its files beside the containers.
        course: the folder of the real course.toml.
        images: of the grader and the hub, by these names.
        say: tells people.
    """

    docker: Docker
    names: Names
    files: Files
    course: Path
    images: Mapping[str, str]
    say: Callable[[str], None]

    def volumes(self) -> dict[str, str]:
        """The volumes that are there, by their place in a backup."""
        found = {part: name for part, name in self.names.volumes().items() if self.docker.named("volume", name)}
        prefix = self.names.home("")
        homes = self.docker.named("volume", f"{prefix}.*")
        return found | {f"homes/{name.removeprefix(prefix)}": name for name in homes}

    def backup(self, dest: Path, course: str, now: datetime) -> None:
        """Write everything into a new file in `dest`, also while the class works. Databases come first: a file that a
        record speaks of was there before the record.

        Raises:
            BackupError: the class does not run.
            ToolError: Docker refuses a step.
        """
        if self.names.database not in self.docker.ask("ps", "--format", "{{.Names}}").split():
            raise BackupError("the class does not run, and its databases with it; make up first (nothing was done)")
        dest = dest.absolute()
        dest.mkdir(parents=True, exist_ok=True)
        name = f"{course}-{now:%Y-%m-%dT%H%M%S}.tar.gz"
        with tempfile.TemporaryDirectory(dir=dest, prefix=".backup-") as folder:
            for database in DATABASES:
                self._dump(database, Path(folder, f"{database}.dump"))
            mounts = {
                str(dest): OUT,
                str(self.files.course): f"{COURSE_FILES}:ro",
                str(self.files.folder): f"{IN_CONTAINER}/installation:ro",
                folder: f"{IN_CONTAINER}/databases:ro",
                **{volume: f"{IN_CONTAINER}/{part}:ro" for part, volume in self.volumes().items()},
            }
            done = self._run("grader", mounts, "backup", course, name, str(os.geteuid()), powers=True)
        self.say(f"{dest / name}: {done}, {len(DATABASES)} databases among them")
        self.say("It holds the hub's secrets and everybody's work: only its owner can read it.")

    def refuse_work(self) -> None:
        """See that nothing is there that a restore would replace.

        Raises:
            BackupError: a volume is.
        """
        there = self.docker.named("volume", f"{self.names.project}(_.*|-home-.*)")
        if there:
            raise BackupError(
                f"the volume {there[0]} is there, and a restore replaces nothing; make a backup, delete the class with "
                "python3 -m hub.up down --delete-all-work, or set another TINYTORCH_PROJECT (nothing was changed)"
            )

    def restore_files(self, source: Path, contents: Contents, now: datetime) -> None:
        """Put settings, secrets and the course's files of a checked backup back; what they replace is put aside.

        Raises:
            BackupError: they cannot be written.
        """
        aside = self.files.folder / f"{ASIDE}{now:%Y-%m-%dT%H%M%S}"
        try:
            if self.files.secrets.exists():
                aside.mkdir(mode=0o700)
                self.files.secrets.rename(aside / "secrets")
            self.files.secrets.mkdir(mode=0o700)
            for name in contents.files:
                if name.startswith("data/installation/secrets/"):
                    write_private(self.files.secrets / Path(name).name, _member(source, name).decode())
            for name in (COURSE_FILE, ROSTER_FILE):
                self._restore_course_file(source, name, aside)
            self._forget_changes(aside)
        except OSError as error:
            raise BackupError(f"{error.filename} cannot be written: {error.strerror}; run it again") from None
        if aside.exists():
            self.say(f"what was there is in {aside}")

    def _restore_course_file(self, source: Path, name: str, aside: Path) -> None:
        try:
            text = _member(source, f"course/{name}").decode()
        except KeyError:
            return
        path = self.course / name
        if path.is_file() and path.read_text(encoding="utf-8") != text:
            aside.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(path, aside / name)
        write_if_changed(path, text)

    def _forget_changes(self, aside: Path) -> None:
        """The backup's course.toml holds: what was changed in the browser of the class before goes aside with it."""
        handed = self.files.handed
        if handed.changed():
            aside.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(handed.copy, aside / f"class-{COURSE_FILE}")
        handed.record.unlink(missing_ok=True)

    def restore_volumes(self, source: Path, contents: Contents, make: Callable[[str], object]) -> None:
        """Fill new volumes from a checked backup; `make` makes one.

        Raises:
            ToolError: Docker refuses a step.
        """
        homes = {name.split("/")[2] for name in contents.files if name.startswith("data/homes/")}
        volumes = self.names.volumes() | {f"homes/{user}": self.names.home(user) for user in homes}
        for volume in volumes.values():
            make(volume)
        mounts = {volume: f"{IN_CONTAINER}/{part}" for part, volume in volumes.items()}
        self._run("grader", {str(source.absolute()): f"{SOURCE}:ro", **mounts}, "restore", powers=True)

    def restore_databases(self, source: Path) -> None:
        """Put the dumps back into the databases, which run and are empty.

        Raises:
            ToolError: one cannot be restored.
        """
        self.wait_for_database()
        with tempfile.TemporaryDirectory(dir=self.files.folder) as folder:
            for database in DATABASES:
                dump = Path(folder, database)
                dump.write_bytes(_member(source, f"data/databases/{database}.dump"))
                self._in_database(*_RESTORE, "--exit-on-error", f"--dbname={database}", source=dump)

    def upgrade(self, now: datetime) -> None:
        """Bring the gradebook and the hub's records to the schema of this version, each copied first.

        Raises:
            ToolError: one cannot be upgraded.
        """
        self.wait_for_database()
        for database, program, image in (("gradebook", "nbgrader", "grader"), ("hub", "jupyterhub", "hub")):
            with tempfile.TemporaryDirectory(dir=self.files.folder) as folder:
                address = Path(folder, "address")
                write_private(address, self._address(database))
                address.chmod(0o644)  # the folder is closed to others; the container's user is another
                mounts = {str(address): f"{ADDRESS}:ro"}
                before, newest = self._run(image, mounts, "revisions", program).split(" ")
                if before == newest:
                    self.say(f"the database {database} is up to date ({newest})")
                    continue
                copy = self.files.folder / f"{database}.before-upgrade-{now:%Y-%m-%dT%H%M%S}.dump"
                self._dump(database, copy)
                self._run(image, mounts, "migrate", program)
                self.say(f"the database {database}: {before or 'no version'} -> {newest}; as it was: {copy}")

    def wait_for_database(self) -> None:
        """Wait until PostgreSQL answers.

        Raises:
            BackupError: it does not.
        """
        deadline = time.monotonic() + _PATIENCE
        while not self.docker.has("exec", self.names.database, "pg_isready", "--quiet", "--host=/tmp"):
            if time.monotonic() > deadline:
                raise BackupError(f"the database does not answer; read docker logs {self.names.database}")
            time.sleep(0.5)

    def _address(self, database: str) -> str:
        if database == "gradebook":
            return (self.files.secrets / "gradebook_database").read_text(encoding="utf-8")
        password = (self.files.secrets / "database_password").read_text(encoding="utf-8")
        return f"postgresql+psycopg://hub:{password}@database/{database}"

    def _dump(self, database: str, target: Path) -> None:
        target.touch(mode=0o600)
        self._in_database(*_DUMP, f"--dbname={database}", target=target)

    def _in_database(self, *command: str, source: Path | None = None, target: Path | None = None) -> None:
        program = ["sh", "-c", _PROGRAM, "sh", *command]
        self.docker.pipe("exec", "--interactive", self.names.database, *program, source=source, target=target)

    def _run(self, image: str, mounts: Mapping[str, str], *command: str, powers: bool = False) -> str:
        """Run a step of hub/docker_archive.py in a container of its own; gives what it printed.

        With `powers` it reads and writes everybody's files and reaches nobody; without, it reaches the database.
        """
        options = ["--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"]
        if powers:
            options += ["--user=0", "--network=none", f"--env=TMPDIR={OUT}" if OUT in mounts.values() else "--init"]
            options += [f"--cap-add={power}" for power in _POWERS]
        else:
            options += [f"--network={self.names.project}_records"]
        options += [f"--volume={source}:{target}" for source, target in mounts.items()]
        return self.docker.ask("run", *options, self.images[image], "python", "-m", "hub.docker_archive", *command)
