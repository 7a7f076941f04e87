"""Log-in by name and password: first passwords, changed passwords, guesses, and who left the roster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from jupyterhub import orm
from nativeauthenticator.orm import UserInfo
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool
from traitlets.config import Config

from hub.logins.native import Native
from hub.logins.reset import main


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


def test_a_password_that_is_longer_than_any_is_wrong(session: Session):
    to = native(session, "ada")
    log_in(to, "ada", "first-of-ada")
    assert log_in(to, "ada", "x" * 73) is None


def test_guesses_at_once_gain_nothing(session: Session, monkeypatch: pytest.MonkeyPatch):
    checked = []
    monkeypatch.setattr("hub.logins.native._fits", lambda *given: checked.append(given))
    to = native(session, "ada")
    to.allowed_failed_logins = 3
    session.add(UserInfo(username="ada", password=b"hashed", is_authorized=True))

    async def guess() -> list[str | None]:
        guesses = ({"username": "ada", "password": str(number)} for number in range(20))
        return await asyncio.gather(*(to.authenticate(None, guess) for guess in guesses))

    assert asyncio.run(guess()) == [None] * 20
    assert len(checked) == 3


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


def test_a_reset_password_is_the_first_one_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    address = f"sqlite:///{tmp_path / 'hub.sqlite'}"
    engine = create_engine(address)
    orm.Base.metadata.create_all(engine)
    with sessionmaker(bind=engine, expire_on_commit=False)() as session:  # as the hub's own, which runs on
        to = native(session, "ada", "alan")
        for name in ("ada", "alan"):
            log_in(to, name, f"first-of-{name}")
            to.change_password(name, f"{name} chose this one")
        assert main(["ada"], address) == 0
        assert capsys.readouterr().out == "ada logs in with their first password again\n"
        assert log_in(to, "ada", "ada chose this one") is None
        assert log_in(to, "ada", "first-of-ada") == "ada"
        assert log_in(to, "alan", "alan chose this one") == "alan"
    assert main(["zoe"], address) == 0
    assert "chose no other yet" in capsys.readouterr().out
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "said"),
    [("sqlite://", "this hub keeps no passwords"), ("sqlite:////nowhere/x", "does not answer")],
)
def test_a_reset_that_cannot_be_is_one_line(address: str, said: str, capsys: pytest.CaptureFixture[str]):
    assert main(["ada"], address) == 6
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_nobody_signs_up(session: Session):
    to = native(session, "ada")
    assert [path for path, _ in to.get_handlers(None)] == ["/login", "/change-password"]
    assert to.create_user("ada", "a password of some length") is None
