"""Who changes section or role leaves the old one's group when the hub starts again: rights are granted to groups."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyterhub import orm
from sqlalchemy.orm import Session

from hub.authenticator import RosterAuthenticator
from hub.login import LOGINS, login_values
from tests.hub.test_settings import Class


@pytest.fixture
def database() -> Iterator[Session]:
    factory = orm.new_session_factory("sqlite:///:memory:")
    session = factory()
    yield session
    session.close()
    factory.kw["bind"].dispose()


def member(database: Session, *groups: str) -> orm.User:
    user = orm.User(name="ada")
    database.add(user)
    for name in groups:
        group = orm.Group(name=name)
        database.add(group)
        group.users.append(user)
    database.commit()
    return user


@pytest.mark.parametrize(
    ("before", "theirs", "after"),
    [
        (["section-A", "section-B", "students"], ["section-B", "students"], ["section-B", "students"]),
        (
            ["staff", "instructors", "section-A"],
            ["students"],
            [],
        ),  # a TA who is a student now; the hub adds the new group itself
        (["staff", "an administrator's own"], [], ["an administrator's own"]),
    ],
)
def test_only_the_courses_other_groups_are_left(
    database: Session, before: list[str], theirs: list[str], after: list[str]
) -> None:
    user = member(database, *before)
    authenticator = RosterAuthenticator(allowed_users={"ada"}, course_groups={"ada": theirs})
    for _ in range(2):
        authenticator.add_user(user)
        database.commit()
        assert sorted(group.name for group in user.groups) == after


@pytest.mark.parametrize("login", ["native", "lti", "oauth"])
def test_every_log_in_knows_the_groups(login: str) -> None:
    options = {"client_id": "c", "oauth_callback_url": "https://tt.example.org"}
    name = LOGINS[login].rpartition(".")[2]
    traits = login_values(Class(), login, options, "s")[name]
    assert traits["course_groups"]["ta1"] == ["staff", "section-A", "section-B"]
