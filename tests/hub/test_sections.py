"""Who changes sections leaves the old one's group when the hub starts again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jupyterhub import orm
from sqlalchemy.orm import Session

from hub.authenticator import RosterAuthenticator


@pytest.fixture
def database() -> Iterator[Session]:
    factory = orm.new_session_factory("sqlite:///:memory:")
    session = factory()
    yield session
    session.close()
    factory.kw["bind"].dispose()


def test_only_groups_of_other_sections_are_left(database: Session) -> None:
    user = orm.User(name="ada")
    database.add(user)
    for name in ("section-A", "section-B", "students"):
        group = orm.Group(name=name)
        database.add(group)
        group.users.append(user)
    database.commit()
    authenticator = RosterAuthenticator(allowed_users={"ada"}, sections={"ada": ["section-B"]})
    for _ in range(2):
        authenticator.add_user(user)
        database.commit()
        assert sorted(group.name for group in user.groups) == ["section-B", "students"]
