"""Runs in a container that sees a class's volumes: `python -m hub.docker_archive`. hub/docker_backup.py starts it.

backup COURSE NAME OWNER    everything under /backup into /out/NAME, which is OWNER's
restore                     /in/backup.tar.gz into the volumes under /backup/data
revisions PROGRAM           the schema that the database at /run/secrets/address has, and the newest
migrate PROGRAM             brings it there
"""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tito.backup.archive import make_backup
from tito.backup.places import IN_CONTAINER, Places
from tito.backup.upgrade import Database, migrate, revisions
from tito.errors import TitoError

__all__ = ["ADDRESS", "COURSE_FILES", "OUT", "SOURCE", "main", "unpack"]

OUT = "/out"
SOURCE = "/in/backup.tar.gz"
ADDRESS = "/run/secrets/address"
COURSE_FILES = "/backup/course"

_IN_VOLUMES = ("hub", "libraries", "course", "exchange", "homes")
"""What of `data` in the archive lies in volumes; the rest is put back on the machine itself."""


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; gives the process's exit status."""
    try:
        match arguments:
            case ["backup", course, name, owner]:
                print(_backup(course, Path(OUT, name), int(owner)))
            case ["restore"]:
                unpack(Path(SOURCE), Path(IN_CONTAINER))
            case ["revisions", program]:
                print(*revisions(_database(program)))
            case ["migrate", program]:
                migrate(_database(program), "; its copy is beside the settings")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except TitoError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _backup(course: str, dest: Path, owner: int) -> str:
    places = Places(Path(COURSE_FILES), Path(IN_CONTAINER))
    contents = make_backup(places, course, dest, {}, datetime.now().astimezone())
    os.chown(dest, owner, owner)
    return f"{len(contents.files)} files, {dest.stat().st_size / 1e6:.1f} MB"


def unpack(source: Path, data: Path) -> None:
    """Put the volumes' parts of a checked archive back, with owners, modes and times."""
    with tarfile.open(source, "r:gz") as archive:
        # It was checked member by member; links in it lead to where course folders' links do, out of the archive.
        archive.extraction_filter = lambda member, _path: member
        for member in archive:
            top, _, rest = member.name.partition("/")
            if top == "data" and rest.partition("/")[0] in _IN_VOLUMES:
                member.name = rest
                archive.extract(member, data, numeric_owner=True)


def _database(program: str) -> Database:
    return Database(program, Path(ADDRESS).read_text(encoding="utf-8").strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
