"""A course that a hub has used, for the tests of backups, with what is awkward to copy."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.tiny import make_checkout
from tito.backup import Places, make_backup, restore
from tito.backup.restore import check
from tito.workspace import lay_out_course

NOW = datetime(2027, 3, 9, 12, 30, tzinfo=UTC)


def used_course(folder: Path) -> Places:
    """A checkout whose `var/` a hub has used, with what is awkward to copy."""
    root = make_checkout(folder / "checkout")
    var = root / "var"
    lay_out_course(var / "course", root)
    for path, text in {
        root / "roster.csv": "name,id,section,role\nada,1,A,student\n",
        root / ".git" / "config": "not ours",
        var / "hub" / "cookie_secret": "secret",
        var / "homes" / "ada" / "01_setup" / "01_setup.ipynb": "{}",
        var / "homes" / "ada" / "my-journal": "dear diary",
        var / "homes" / "ada" / "serve.lock": "hers",
        var / "course" / "submitted" / "ada" / "01_setup" / "01_setup.ipynb": "{}",
        var / "libraries" / "ada" / "tinytorch_lib" / "core" / "setup.py": "x = 1\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    var.chmod(0o700)
    root.chmod(0o750)
    (var / "hub").chmod(0o700)
    (var / "hub" / "cookie_secret").chmod(0o600)
    inbound = var / "course" / "exchange" / "tiny" / "inbound"
    inbound.mkdir(parents=True)
    inbound.chmod(0o2733)
    (var / "homes" / "ada" / "course").symlink_to(var / "course")
    (var / "homes" / "ada" / "elsewhere").symlink_to("/nowhere/at/all")
    (var / "homes" / "ada" / os.fsdecode(b"caf\xe9 \n.txt")).write_text("an old name")
    os.link(var / "homes" / "ada" / "my-journal", var / "homes" / "ada" / "second-name")
    return Places(root, var)


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of everything below `folder` but databases."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if "before-restore-" in str(path) or ".git" in path.parts or ".sqlite" in path.name:
            continue
        mode = path.lstat().st_mode
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = (mode, content)
    return found


def backup(places: Places, dest: Path) -> Path:
    make_backup(places, "tiny", dest, {}, NOW)
    return dest


def put_back(source: Path, places: Places) -> list[Path]:
    return restore(source, check(source), places, {}, NOW)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond `size`, as on a disk without room."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
