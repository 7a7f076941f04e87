"""The files beside the containers: an administrator's settings, the services' secrets, everybody's first password."""

from __future__ import annotations

import csv
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from hub.login import first_password
from hub.setting_names import DOCKER, PREFIX, Settings
from hub.settings import roster
from tito.class_copy import RECORD, Handed
from tito.course import COURSE_FILE, Course
from tito.errors import ToolError
from tito.files import locked, write_whole
from tito.images import hub_user
from tito.roster import ROSTER_FILE

__all__ = [
    "Files",
    "copy_course",
    "make_course_folder",
    "make_secrets",
    "read_settings",
    "state",
    "write_passwords",
    "write_private",
]

_MAKERS: dict[str, Callable[[], str]] = {
    "proxy_token": lambda: secrets.token_hex(32),
    "cookie_secret": lambda: secrets.token_hex(32),
    "login": lambda: secrets.token_hex(32),
    "database_password": lambda: secrets.token_hex(24),
    "exchange_token": lambda: secrets.token_hex(32),
    "libraries_token": lambda: secrets.token_hex(32),
    "release_token": lambda: secrets.token_hex(32),
    "grading_token": lambda: secrets.token_hex(32),
    "gradebook_password": lambda: secrets.token_hex(24),
    "broker_password": lambda: secrets.token_hex(24),
    "farm_key": lambda: secrets.token_hex(32),
    "no_tls": str,
}

_ADDRESSES = {
    "exchange_database": ("postgresql+psycopg://hub:{}@database/exchange", "database_password"),
    "gradebook_database": ("postgresql+psycopg://gradebook:{}@database/gradebook", "gradebook_password"),
    "broker": ("redis://:{}@broker:6379/0", "broker_password"),
}
"""Addresses, and the password in each."""

_OF_THE_GROUP = ("release_token", "grading_token", "gradebook_database", "broker", "farm_key")
"""Read by services that run as staff's servers do, since they write the course's folder."""


@dataclass(frozen=True)
class Files:
    """Where an installation keeps its files: one folder of the administrator's."""

    folder: Path

    @property
    def settings(self) -> Path:
        return self.folder / "settings.env"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def course(self) -> Path:
        """course.toml and the roster as containers see them: copies, in a folder that holds nothing else."""
        return self.folder / "course"

    @property
    def handed(self) -> Handed:
        """What says whether somebody changed the class's copy of course.toml."""
        return Handed(self.course, self.folder / RECORD)

    @property
    def internal_tls(self) -> Path:
        """The certificates and keys of internal TLS, closed to everybody but the hub's user."""
        return self.folder / "internal-tls"

    @property
    def passwords(self) -> Path:
        """Everybody's first password, for the instructor to hand out."""
        return self.folder / "first-passwords.csv"


def read_settings(files: Files, kind: Settings = DOCKER, template: str = "") -> dict[str, str]:
    """The settings, each a line NAME=value; the file is made of `template`, or the kind's, if there is none.

    Raises:
        ToolError: a line is not understood, or names what nothing reads.
    """
    files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not files.settings.exists():
        files.settings.write_text(template or kind.template, encoding="utf-8")
    found = {}
    for number, line in enumerate(files.settings.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.startswith(PREFIX) or name.strip() != name:
            raise ToolError(
                f"{files.settings}:{number}: {line!r} is not TINYTORCH_NAME=value; mend it (nothing was started)"
            )
        if trouble := kind.trouble(name):
            raise ToolError(f"{files.settings}:{number}: {trouble} mend or delete line {number} (nothing was started)")
        found[name] = value.strip()
    return found


def make_secrets(files: Files) -> None:
    """Make the secret files that are missing, each readable by the hub's user alone; never change one that is there.

    Two that start the class at once take turns: an address must hold the password that stays.
    """
    files.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(files.secrets):
        for name, make in _MAKERS.items():
            path = files.secrets / name
            if not path.exists():
                write_private(path, make())
        for name, (form, key) in _ADDRESSES.items():
            if not (files.secrets / name).exists():
                write_private(files.secrets / name, form.format((files.secrets / key).read_text(encoding="utf-8")))
        for name in _OF_THE_GROUP:
            (files.secrets / name).chmod(0o640)
        if os.geteuid() == 0:
            for path in files.secrets.iterdir():
                os.chown(path, hub_user(), hub_user())


def copy_course(files: Files, course: Course) -> None:
    """Lay course.toml and the roster out for the containers.

    Raises:
        ToolError: they cannot be written.
    """
    try:
        make_course_folder(files)
        for name in (COURSE_FILE, ROSTER_FILE):
            source, copy = (course.root / COURSE_FILE).resolve().with_name(name), files.course / name
            if not source.is_file():
                copy.unlink(missing_ok=True)
                continue
            write_private(copy, source.read_text(encoding="utf-8"), mode=0o644)  # services read it all the time
            if name == COURSE_FILE:  # after the copy: an old copy beside a new record would look changed in the browser
                write_private(files.handed.record, copy.read_text(encoding="utf-8"))
    except OSError as error:
        raise ToolError(f"{files.course} cannot be written: {error.strerror} (nothing was started)") from None


def make_course_folder(files: Files) -> None:
    """The folder of the copies. The release service, which instructors change the term by, writes it by its group.

    Raises:
        ToolError: it cannot be made.
    """
    token = files.secrets / "release_token"
    try:
        files.course.mkdir(exist_ok=True)
        os.chown(files.course, -1, token.stat().st_gid if token.exists() else -1)
        files.course.chmod(0o775)
    except OSError as error:
        raise ToolError(f"{files.course} cannot be written: {error.strerror} (nothing was started)") from None


def write_private(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file that its owner alone may read, or as `mode` says."""
    write_whole(path, text.encode(), mode)  # a full disk leaves no secret that is half written


def state(files: Files) -> str:
    """Changes when course.toml, the roster or a secret does: compose then makes the services that read them anew."""
    digest = hashlib.sha256()
    for path in (files.course / COURSE_FILE, files.course / ROSTER_FILE):
        digest.update(path.name.encode() + (path.read_bytes() if path.is_file() else b""))
    for path in sorted(files.secrets.glob("*")):
        digest.update(f"{path.name} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def write_passwords(files: Files, course: Course, settings: Mapping[str, str]) -> bool:
    """Write everybody's first password where the log-in has passwords; says whether it does.

    With names and address, so that one file serves a mail merge.
    """
    if settings.get("TINYTORCH_LOGIN", "native") != "native":
        return False
    secret = (files.secrets / "login").read_text(encoding="utf-8")
    people = {person.name: person for person in course.roster.people}
    text = StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["name", "first password", "first_name", "last_name", "email"])
    for user in roster(course):
        person = people[user]
        table.writerow([user, first_password(secret, user), person.first_name, person.last_name, person.email])
    write_private(files.passwords, text.getvalue())
    return True
