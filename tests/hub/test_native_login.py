"""Log-in by name and password: first passwords, changed passwords, guesses, and who left the roster."""

from __future__ import annotations

import asyncio

import pytest
from jupyterhub import orm
from nativeauthenticator.orm import UserInfo
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool
from traitlets.config import Config

from hub.logins.native import Native


@pytest.fixture
def session() -> Session:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    orm.Base.metadata.create_all(engine)
    return sessionmaker(bind=engine)()


def native(session: Session, *roster: str) -> Native:
    traits = {
        "allowed_users": set(roster),
        "first_passwords": {name: f"first-of-{name}" for name in roster},
        "enable_signup": False,
        "minimum_password_length": 10,
    }
    return Native(config=Config({"Native": traits}), _deprecated_db_session=session)


def log_in(to: Native, name: str, password: str) -> str | None:
    return asyncio.run(to.authenticate(None, {"username": name, "password": password}))


def test_the_first_password_makes_the_account(session: Session):
    to = native(session, "ada")
    assert log_in(to, "ada", "first-of-ada") == "ada"
    assert log_in(to, "ADA", "first-of-ada") == "ada"  # the roster's spelling
    assert session.query(UserInfo).count() == 1


def test_a_guess_makes_no_account(session: Session):
    to = native(session, "ada")
    assert log_in(to, "ada", "guess") is None
    assert log_in(to, "ada", "") is None
    assert log_in(to, "mallory", "") is None
    assert session.query(UserInfo).count() == 0


def test_a_changed_password_ends_the_first_one(session: Session):
    to = native(session, "ada")
    log_in(to, "ada", "first-of-ada")
    assert to.change_password("ada", "short") is None
    assert to.change_password("ada", "long enough now")
    assert log_in(to, "ada", "first-of-ada") is None
    assert log_in(to, "ada", "long enough now") == "ada"


def test_who_left_the_roster_is_no_user(session: Session):
    log_in(native(session, "ada", "alan"), "alan", "first-of-alan")
    after = native(session, "ada")
    assert not after.validate_username("alan")
    assert after.validate_username("ada")


def test_nobody_signs_up(session: Session):
    to = native(session, "ada")
    assert [path for path, _ in to.get_handlers(None)] == ["/login", "/change-password"]
    assert to.create_user("ada", "a password of some length") is None
