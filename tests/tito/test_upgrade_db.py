"""Databases of older versions, brought to the installed ones after a copy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tiny import make_checkout
from tito import gradebook
from tito.backup import Places
from tito.backup.upgrade import Database, find_databases, upgrade
from tito.course import Course
from tito.errors import BackupError

NOW = datetime(2027, 3, 9, 12, 30, tzinfo=UTC)

OLD_GRADEBOOK = """
create table old (id varchar(32) primary key, name varchar(128) not null unique, duedate datetime);
insert into old values ('1', '01_setup', null);
drop table assignment;
alter table old rename to assignment;
drop table course;
update alembic_version set version_num = '282d30a0218e';
"""

OLD_HUB = """
insert into users (id, name, admin, cookie_id, state) values (1, 'ada', 0, 'c', '{}');
alter table spawners drop column display_name;
update alembic_version set version_num = 'ff1860e38070';
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A course whose gradebook and hub are one version behind."""
    from jupyterhub import orm

    root = make_checkout(tmp_path_factory.mktemp("upgrade") / "checkout")
    gradebook.record_people(Course.load(root))
    run(root / "gradebook.db", OLD_GRADEBOOK)
    (root / "var" / "hub").mkdir(parents=True)
    hub = root / "var" / "hub" / "jupyterhub.sqlite"
    orm.new_session_factory(f"sqlite:///{hub}").kw["bind"].dispose()
    run(hub, OLD_HUB)
    return Places(root, root / "var")


def run(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def ask(path: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(question).fetchall()


def test_both_are_upgraded_once_with_what_is_in_them(places: Places) -> None:
    book, hub = found = find_databases(places, {})
    assert [database.owner for database in found] == ["nbgrader", "jupyterhub"]
    first = [upgrade(places, database, NOW) for database in found]
    assert [(done.before, done.after != done.before) for done in first] == [
        ("282d30a0218e", True),
        ("ff1860e38070", True),
    ]
    assert book.path is not None
    assert hub.path is not None
    assert ask(book.path, "select name, course_id from assignment") == [("01_setup", "default_course")]
    assert sorted(ask(book.path, "select id from student")) == [("ada",), ("alan",)]
    assert ask(hub.path, "select name from users") == [("ada",)]
    assert ask(hub.path, "select display_name from spawners") == []
    for done in first:
        assert done.copy is not None
        assert ask(done.copy, "select version_num from alembic_version") == [(done.before,)]
    second = [upgrade(places, database, NOW) for database in found]
    assert [done.copy for done in second] == [None, None]


def test_what_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_text("hello")
    with pytest.raises(BackupError, match=r"gradebook\.db cannot be opened: .*nothing was changed"):
        upgrade(Places(tmp_path, None), Database("nbgrader", f"sqlite:///{path}"), NOW)
    assert path.read_text() == "hello"


def test_an_upgrade_that_fails_names_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    run(
        path,
        "create table alembic_version (version_num varchar(32)); insert into alembic_version values ('282d30a0218e')",
    )
    with pytest.raises(BackupError, match=r"cannot be upgraded from 282d30a0218e to \w+; its copy is .*before-upgrade"):
        upgrade(Places(tmp_path, None), Database("nbgrader", f"sqlite:///{path}"), NOW)
    (copy,) = tmp_path.glob("*before-upgrade*")
    assert ask(copy, "select version_num from alembic_version") == [("282d30a0218e",)]


def test_a_servers_password_is_not_shown() -> None:
    assert str(Database("jupyterhub", "postgresql://hub:secret@db/hub")) == "postgresql://hub:***@db/hub"
