"""Backups under load, destruction, restoring; and everything that can be wrong with them."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tiny import COURSE_TOML, make_checkout
from tito.backup import Places, find_places, make_backup, places_for_restore, restore
from tito.backup.databases import snapshot
from tito.backup.restore import check
from tito.commands import backup as command
from tito.course import Course
from tito.errors import BackupError
from tito.workspace import lay_out_course

NOW = datetime(2027, 3, 9, 12, 30, tzinfo=UTC)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A checkout whose `var/` a hub has used, with what is awkward to copy."""
    root = make_checkout(tmp_path / "checkout")
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


class Writer(threading.Thread):
    """Hands in without pause: first the file, then its row and the count, in one transaction."""

    def __init__(self, database: Path, folder: Path) -> None:
        super().__init__()
        self.database, self.folder = database, folder
        self.enough, self.stopped = threading.Event(), threading.Event()

    def run(self) -> None:
        with closing(sqlite3.connect(self.database, timeout=30)) as live:
            live.execute("create table submission (name text, digest text)")
            live.execute("create table total (n int)")
            live.execute("insert into total values (0)")
            live.commit()
            number = 0
            while not self.stopped.is_set():
                number += 1
                data = os.urandom(2000)
                (self.folder / str(number)).write_bytes(data)
                with live:
                    live.execute(
                        "insert into submission values (?, ?)", (str(number), hashlib.sha256(data).hexdigest())
                    )
                    live.execute("update total set n = ?", (number,))
                if number == 50:
                    self.enough.set()


@pytest.fixture(params=["delete", "wal"])
def writer(places: Places, request: pytest.FixtureRequest) -> Iterator[Writer]:
    assert places.data is not None
    database, folder = places.data / "hub" / "exchange.sqlite", places.data / "received"
    folder.mkdir()
    with closing(sqlite3.connect(database)) as live:
        live.execute(f"pragma journal_mode={request.param}")
    found = Writer(database, folder)
    found.start()
    assert found.enough.wait(30)
    yield found
    found.stopped.set()
    found.join()


def test_destroy_everything_while_it_runs_and_restore_it(places: Places, tmp_path: Path, writer: Writer) -> None:
    assert places.data is not None
    before = {name: value for name, value in state(places.root).items() if "received/" not in name}
    archive = backup(places, tmp_path / "backup.tar.gz")
    acknowledged = 50
    writer.stopped.set()
    writer.join()
    shutil.rmtree(places.root)
    assert put_back(archive, places) == []
    with closing(sqlite3.connect(places.data / "hub" / "exchange.sqlite")) as found:
        assert found.execute("pragma integrity_check").fetchone() == ("ok",)
        rows = found.execute("select name, digest from submission").fetchall()
        assert found.execute("select n from total").fetchone() == (len(rows),)
    assert len(rows) >= acknowledged
    for name, digest in rows:
        assert hashlib.sha256((places.data / "received" / name).read_bytes()).hexdigest() == digest
    after = {name: value for name, value in state(places.root).items() if "received/" not in name}
    assert after == before
    assert [folder.stat().st_mode & 0o777 for folder in (places.root, places.data)] == [0o750, 0o700]


def test_what_comes_from_the_repository_is_left_out(places: Places, tmp_path: Path) -> None:
    with tarfile.open(backup(places, tmp_path / "b.tar.gz")) as archive:
        names = archive.getnames()
    assert not [name for name in names if ".git" in name]
    assert "course/source/01_setup.py" in names
    assert names[-1] == "manifest.json"


def test_a_backup_is_its_owners_alone(places: Places, tmp_path: Path) -> None:
    assert backup(places, tmp_path / "b.tar.gz").stat().st_mode & 0o777 == 0o600


def test_what_is_replaced_is_put_aside_and_a_second_time_too(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    before = state(places.root)
    assert places.data is not None
    (places.root / "roster.csv").write_text("newer")
    (places.data / "homes" / "new").mkdir()
    aside = put_back(archive, places)
    assert state(places.root) == before
    assert [folder.parent for folder in aside] == [places.root, places.data]
    assert (aside[0] / "roster.csv").read_text() == "newer"
    assert (aside[1] / "homes" / "new").is_dir()
    again = restore(archive, check(archive), places, {}, NOW.replace(hour=13))
    assert state(places.root) == before
    assert set(again).isdisjoint(aside)
    assert (aside[0] / "roster.csv").read_text() == "newer"


def test_in_another_place_links_point_to_that_place(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    contents = check(archive)
    elsewhere = places_for_restore(tmp_path / "elsewhere", None, contents.data)
    assert elsewhere == Places(tmp_path / "elsewhere", tmp_path / "elsewhere" / "var")
    restore(archive, contents, elsewhere, {}, NOW)
    home = tmp_path / "elsewhere" / "var" / "homes" / "ada"
    assert (home / "course").readlink() == tmp_path / "elsewhere" / "var" / "course"
    assert (home / "elsewhere").readlink() == Path("/nowhere/at/all")
    assert Course.load(tmp_path / "elsewhere" / "var" / "course").students == ("ada",)


def test_what_students_leave_lying_about_stops_no_backup(places: Places, tmp_path: Path) -> None:
    assert places.data is not None
    home = places.data / "homes" / "ada"
    os.mkfifo(home / "pipe")
    (home / "broken.sqlite").write_bytes(b"SQLite format 3\0" + b"nonsense" * 100)
    archive = backup(places, tmp_path / "b.tar.gz")
    contents = check(archive)
    assert "data/homes/ada/broken.sqlite" in contents.files
    assert "data/homes/ada/pipe" not in contents.files


def test_a_database_that_stays_locked_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(path)) as live:
        live.execute("create table x (n int)")
        live.execute("begin exclusive")
        with pytest.raises(BackupError, match=r"gradebook\.db stays locked; try again later"):
            snapshot(path, tmp_path / "copy", patience=0.3)


def test_a_disk_without_room_leaves_no_half_backup(places: Places, tmp_path: Path) -> None:
    import resource

    (places.root / "submitted").mkdir()
    (places.root / "submitted" / "large").write_bytes(os.urandom(300_000))
    folder = tmp_path / "to"
    folder.mkdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(BackupError, match="there is no backup of this time"):
            backup(places, folder / "b.tar.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(folder.iterdir()) == []


def test_a_backup_never_replaces_anything_nor_lies_in_itself(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    with pytest.raises(BackupError, match="is there already"):
        backup(places, archive)
    assert places.data is not None
    for inside in (places.data / "hub", places.root / "source", places.data):
        with pytest.raises(BackupError, match="lies in what is backed up"):
            backup(places, inside / "b.tar.gz")


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
        {"upwards": "course/../../odd", "absolute": "/tmp/odd", "through": "course/link/odd"}.get(how, "")
    )
    if how == "through":
        link = tarfile.TarInfo("course/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/tmp"
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


def test_a_course_folder_inside_a_hubs_data_is_the_same_course(places: Places) -> None:
    assert places.data is not None
    assert find_places(Course.load(places.root), None) == places
    assert find_places(Course.load(places.data / "course"), None) == places
    with pytest.raises(BackupError, match="is no folder"):
        find_places(Course.load(places.root), places.root / "nowhere")


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


def test_the_course_toml_of_the_backup_is_the_one_restored(places: Places, tmp_path: Path) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    (places.root / "course.toml").write_text("[broken")
    put_back(archive, places)
    assert (places.root / "course.toml").read_text() == COURSE_TOML
