"""What can be wrong with a backup or a restore: one line each, and nothing is lost. PostgreSQL's programs."""

from __future__ import annotations

import fcntl
import io
import json
import os
import sqlite3
import stat
import sys
import tarfile
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from hub.checks import only_one
from tests.used_course import NOW, backup, largest_file, put_back, state, used_course
from tito.backup import Places, make_backup
from tito.backup.databases import snapshot
from tito.commands import backup as command
from tito.errors import BackupError, ToolError


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return used_course(tmp_path)


def test_a_database_that_stays_locked_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(path)) as live:
        live.execute("create table x (n int)")
        live.execute("begin exclusive")
        with pytest.raises(BackupError, match=r"gradebook\.db stays locked; try again later"):
            snapshot(path, tmp_path / "copy", patience=0.3)


def test_a_disk_without_room_leaves_no_half_backup(places: Places, tmp_path: Path) -> None:
    (places.root / "submitted").mkdir()
    (places.root / "submitted" / "large").write_bytes(os.urandom(300_000))
    folder = tmp_path / "to"
    folder.mkdir()
    with largest_file(100_000), pytest.raises(BackupError, match="there is no backup of this time"):
        backup(places, folder / "b.tar.gz")
    assert list(folder.iterdir()) == []


def test_a_backup_never_replaces_anything_nor_lies_in_itself(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    with pytest.raises(BackupError, match="is there already"):
        backup(places, archive)
    assert places.data is not None
    for inside in (places.data / "hub", places.root / "source", places.data):
        with pytest.raises(BackupError, match="lies in what is backed up"):
            backup(places, inside / "b.tar.gz")


@pytest.mark.parametrize("step", ["extract", "migrate"])
def test_no_hub_starts_on_what_is_being_restored_or_upgraded(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Both take a while, and look whether one runs before."""
    archive = backup(places, tmp_path / "b.tar.gz")
    assert places.data is not None
    lock, refused = places.data / "hub" / "serve.lock", []
    lock.touch()

    def start(*_: object) -> None:
        with pytest.raises(ToolError, match="the hub already runs"), only_one(lock):
            pass
        refused.append(step)

    # By name: the package's `restore` is the function.
    restoring, upgrading = (import_module(f"tito.backup.{name}") for name in ("restore", "upgrade"))
    extract = restoring._extract
    monkeypatch.setattr(restoring, "_extract", lambda *arguments: (start(), extract(*arguments)))
    monkeypatch.setattr(upgrading, "migrate", start)
    monkeypatch.setattr(upgrading, "revisions", lambda _database: ("old", "new"))
    if step == "extract":
        put_back(archive, places)
    else:
        sqlite3.connect(tmp_path / "gradebook.db").close()
        upgrading.upgrade(places, upgrading.Database("nbgrader", f"sqlite:///{tmp_path / 'gradebook.db'}"), NOW)
    assert refused == [step]
    with only_one(places.data / "hub" / "serve.lock"):
        pass


def test_a_running_hub_is_not_overwritten(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    assert places.data is not None
    with (places.data / "hub" / "serve.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match=r"a hub runs on .*; stop it first"):
            put_back(archive, places)


def damage(archive: Path, how: str) -> None:
    data = archive.read_bytes()
    if how == "cut short":
        archive.write_bytes(data[: len(data) // 2])
    elif how == "a byte turned":
        archive.write_bytes(data[:200] + bytes([data[200] ^ 255]) + data[201:])
    elif how == "no archive":
        archive.write_text("hello")
    elif how == "missing":
        archive.unlink()
    else:
        rewrite(archive, how)


def rewrite(archive: Path, how: str) -> None:
    """Make the archive anew by somebody who means harm and keeps the compression right."""
    with tarfile.open(archive) as old:
        members = [(member, old.extractfile(member).read() if member.isfile() else None) for member in old]  # type: ignore[union-attr]
    odd = tarfile.TarInfo(
        {"upwards": "course/../../odd", "absolute": "/somewhere/odd", "through": "course/link/odd"}.get(how, "")
    )
    if how == "through":
        link = tarfile.TarInfo("course/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/somewhere"
        members.insert(0, (link, None))
    if how == "device":
        odd.name, odd.type = "course/odd", tarfile.CHRTYPE
    if how == "changed":
        members = [
            (member, b"x" * member.size if member.name == "course/roster.csv" else data) for member, data in members
        ]
    elif how == "left out":
        members = [(member, data) for member, data in members if member.name != "course/roster.csv"]
    elif how == "no manifest":
        members = members[:-1]
    else:
        members.insert(1, (odd, b"" if odd.isfile() else None))
    with tarfile.open(archive, "w:gz") as new:
        for member, data in members:
            new.addfile(member, io.BytesIO(data) if data is not None else None)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("cut short", "cannot be read as a backup"),
        ("a byte turned", "cannot be read as a backup"),
        ("no archive", "cannot be read as a backup"),
        ("missing", "cannot be read as a backup"),
        ("changed", "is damaged at course/roster.csv"),
        ("left out", "is damaged at course/roster.csv"),
        ("no manifest", "its end is missing"),
        ("upwards", "holds 'course/../../odd'"),
        ("absolute", "odd', which no backup does"),
        ("through", "holds 'course/link/odd'"),
        ("device", "holds 'course/odd'"),
    ],
)
def test_a_damaged_backup_is_one_line_and_changes_nothing(places: Places, tmp_path: Path, how: str, said: str) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    before = state(places.root)
    damage(archive, how)
    with pytest.raises(BackupError) as caught:
        put_back(archive, places)
    assert said in str(caught.value)
    assert "(nothing was changed)" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert state(places.root) == before


FAKE = """\
#!{python}
import json, os, sys
arguments = sys.argv[1:]
with open({record!r}, "a") as file:
    file.write(json.dumps([{name!r}, arguments, os.environ.get("PGPASSWORD")]) + "\\n")
for argument in arguments:
    if argument.startswith("--file="):
        open(argument.removeprefix("--file="), "w").write("the dump")
if {name!r} == "pg_restore":
    assert open(arguments[-1]).read() == "the dump"
if "broken" in " ".join(arguments):
    sys.exit("connection refused\\nand more")
"""


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for PostgreSQL's programs that record how they are called."""
    programs, record = tmp_path / "programs", tmp_path / "called"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        program = programs / name
        program.write_text(FAKE.format(python=sys.executable, record=str(record), name=name))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs))
    return record


def test_postgresql_is_dumped_and_restored_and_no_command_line_shows_its_password(
    places: Places, tmp_path: Path, postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(places.root)
    url = "hub=postgresql+psycopg://hub:s%40cret@db:5433/hub"
    command.backup(tmp_path / "backups", None, [url])
    (archive,) = (tmp_path / "backups").iterdir()
    with pytest.raises(BackupError, match="holds the database hub; say --database hub="):
        command.restore(archive, None, None, [])
    command.restore(archive, None, None, [url])
    dumped, restored = map(json.loads, postgres.read_text().splitlines())
    address = "--dbname=postgresql://hub@db:5433/hub"
    assert (dumped[0], dumped[2]) == ("pg_dump", "s@cret")
    assert {"--format=custom", address} <= set(dumped[1])
    assert (restored[0], restored[2]) == ("pg_restore", "s@cret")
    assert {"--clean", "--if-exists", "--single-transaction", address} <= set(restored[1])


@pytest.mark.parametrize(
    ("database", "said"),
    [
        (
            "hub=postgresql://db/broken",
            "pg_dump postgresql://db/broken: connection refused (the database is as it was)",
        ),
        ("hub=mysql://db/hub", "--database 'hub' must be NAME=postgresql"),
        ("postgresql://db/hub", "must be NAME=postgresql"),
    ],
)
def test_a_database_that_cannot_be_dumped_is_one_line(
    places: Places, tmp_path: Path, postgres: Path, monkeypatch: pytest.MonkeyPatch, database: str, said: str
) -> None:
    monkeypatch.chdir(places.root)
    with pytest.raises(BackupError) as caught:
        command.backup(tmp_path / "backups", None, [database])
    assert said in str(caught.value)
    assert not list((tmp_path / "backups").glob("*"))


def test_without_postgresqls_programs_the_line_names_their_package(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="pg_dump is not installed; Debian has it in postgresql-client"):
        make_backup(places, "tiny", tmp_path / "b.tar.gz", {"hub": "postgresql://db/hub"}, NOW)
    assert not (tmp_path / "b.tar.gz").exists()


def test_a_disk_that_fills_up_while_restoring_changes_nothing(places: Places, tmp_path: Path) -> None:
    (places.root / "submitted").mkdir()
    (places.root / "submitted" / "large").write_bytes(os.urandom(300_000))
    archive = backup(places, tmp_path / "b.tar.gz")
    before = state(places.root)
    with largest_file(100_000), pytest.raises(BackupError, match=r"cannot be restored: .*; what was there is kept"):
        put_back(archive, places)
    assert state(places.root) == before
    assert not list(places.root.glob("before-restore-*"))


@pytest.mark.parametrize("verb", ["backup", "upgrade-db"])
def test_a_class_under_docker_is_not_taken_for_what_stands_here(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    (places.root / "var" / "docker" / "course").mkdir(parents=True)
    monkeypatch.setenv("TINYTORCH_COURSE", str(places.root))
    to = tmp_path / "to"
    with pytest.raises(BackupError, match=rf"under Docker, .*: make {verb} DOCKER=1.*DATA=var \(nothing was done\)"):
        if verb == "backup":
            command.backup(to, None, [])
        else:
            command.upgrade_db(None, [])
    assert not to.exists()
    command.backup(to, places.data, [])
    assert len(list(to.iterdir())) == 1
