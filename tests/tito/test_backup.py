"""Backups under load, destruction, restoring."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import COURSE_TOML
from tests.used_course import NOW, backup, put_back, state, used_course
from tito.backup import Places, archive, find_places, places_for_restore, restore
from tito.backup.restore import check
from tito.commands import backup as command
from tito.course import Course
from tito.errors import BackupError


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return used_course(tmp_path)


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
    try:
        assert found.enough.wait(180)  # each is some waits for the disk
        yield found
    finally:
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


def test_two_backups_of_one_second_are_one_whole_backup_and_one_refusal(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dest, finish = tmp_path / "b.tar.gz", archive._add_manifest
    held = []

    def meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(archive, "_add_manifest", finish)
        backup(places, dest)
        held.append(dest.read_bytes())
        finish(*arguments)

    monkeypatch.setattr(archive, "_add_manifest", meanwhile)
    with pytest.raises(BackupError, match="is there already; a backup replaces nothing"):
        backup(places, dest)
    assert [dest.read_bytes()] == held
    check(dest)
    assert not list(tmp_path.glob(".*"))


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


def test_a_course_folder_inside_a_hubs_data_is_the_same_course(places: Places) -> None:
    assert places.data is not None
    assert find_places(Course.load(places.root), None) == places
    assert find_places(Course.load(places.data / "course"), None) == places
    with pytest.raises(BackupError, match="is no folder"):
        find_places(Course.load(places.root), places.root / "nowhere")


def test_a_broken_course_toml_is_replaced_too(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = backup(places, tmp_path / "b.tar.gz")
    (places.root / "course.toml").write_text("[broken")
    monkeypatch.chdir(places.root / "source")
    command.restore(archive, None, None, [])
    assert (places.root / "course.toml").read_text() == COURSE_TOML
