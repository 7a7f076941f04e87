"""`make image`, `up`, `down` and `prune`, and with DOCKER=1 backup, restore and upgrade-db: a class under Docker.

Only the standard library is needed here: the machine has Docker and a Python, the rest is in the images.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from hub.docker_backup import check_backup, settings_of
from hub.docker_files import Files, read_settings
from hub.docker_installer import Installer
from tito.errors import TitoError, ToolError

__all__ = ["main"]

_CHANGING = ("up", "down", "upgrade-db")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="hub.up", description="The course for a class, under Docker.")
    actions = ["image", "up", "down", "prune", "variables", "backup", "restore", "upgrade-db", "reset-password"]
    parser.add_argument("what", choices=actions)
    parser.add_argument("--files", type=Path, help="settings and secrets (default: var/docker in this checkout)")
    parser.add_argument("--course", type=Path, help="the folder of course.toml (default: this checkout)")
    parser.add_argument("--delete-all-work", action="store_true", help="with down: everybody's files and records too")
    parser.add_argument("--dest", type=Path, help="with backup: the folder to write it to")
    parser.add_argument("--source", type=Path, help="with restore: the backup")
    parser.add_argument("--name", default="", help="with reset-password: whose")
    options = parser.parse_args(arguments)
    try:
        if options.what == "restore":
            restore(options.files, options.course, needed(options.source, "make restore DOCKER=1 SRC=file.tar.gz"))
            return 0
        installation = Installer(options.files, options.course)
        actions_of: dict[str, Callable[[], None]] = {
            "image": installation.image,
            "up": installation.up,
            "down": lambda: installation.down(options.delete_all_work),
            "prune": installation.prune,
            "variables": installation.show,
            "backup": lambda: installation.backup(needed(options.dest, "make backup DOCKER=1 DEST=/another/disk")),
            "upgrade-db": installation.upgrade,
            "reset-password": lambda: installation.reset_password(options.name),
        }
        with alone(installation.files.folder) if options.what in _CHANGING else nullcontext():
            actions_of[options.what]()
    except TitoError as error:
        print(f"make {options.what}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"make {options.what}: interrupted; run it again to go on (all work is kept)", file=sys.stderr)
        return 130
    return 0


def restore(folder: Path | None, course: Path | None, source: Path) -> None:
    """Put a backup back; a machine that has no settings takes the backup's.

    Raises:
        TitoError: it is no backup, is damaged, or something is there already.
    """
    contents = check_backup(source)
    files = Files((folder or Path(__file__).parents[1] / "var" / "docker").absolute())
    if not files.settings.exists():
        read_settings(files, template=settings_of(source))
    installation = Installer(folder, course)
    with alone(files.folder):
        installation.restore(source, contents)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold an installation while its containers and networks change: of two that make one network, Docker makes both,
    and then knows neither by its name.

    Raises:
        ToolError: somebody else changes it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ToolError(
                f"another make up, down, restore or upgrade-db is at work on {folder}; wait until it is done "
                "(nothing was changed)"
            ) from None
        yield
    finally:
        os.close(handle)


def needed(path: Path | None, remedy: str) -> Path:
    """`path`.

    Raises:
        ToolError: there is none.
    """
    if path is None:
        raise ToolError(f"say where: {remedy} (nothing was done)")
    return path


if __name__ == "__main__":
    sys.exit(main())
