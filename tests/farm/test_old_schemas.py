"""`tito upgrade-db` on PostgreSQL databases of earlier versions: what is in them stays, and both programs work on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.farm.old_schemas import GRADEBOOK, HUB, take_gradebook_back, take_hub_back
from tests.farm.services import PASSWORD, Postgres
from tests.farm.test_postgres import MODULE, formgrader_pages, submit
from tests.tiny import COURSE_TOML, make_checkout, make_course
from tito import gradebook
from tito.cli import app
from tito.course import Course


def test_a_gradebook_of_an_earlier_version_keeps_its_grades(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    course = make_course(tmp_path / "there", f'{COURSE_TOML}[database]\nurl = "{postgres.create("older")}"\n')
    submit(course, "ada", 1)
    gradebook.grade(course, MODULE.label, "ada")
    before = formgrader_pages(course)
    take_gradebook_back(course.database)
    said = upgrade(course, monkeypatch, capfd)
    assert f"{GRADEBOOK} -> e43177bfe90b; as it was: " in said and PASSWORD not in said
    assert list(course.root.rglob("nbgrader.before-upgrade-*.dump"))
    assert formgrader_pages(course) == before
    submit(course, "alan", 2)
    gradebook.grade(course, MODULE.label, "alan")
    assert [(score.student, score.points) for score in gradebook.scores(course, MODULE.label)] == [
        ("ada", 80),
        ("alan", 60),
    ]
    assert "is up to date (e43177bfe90b)" in upgrade(course, monkeypatch, capfd)


def test_a_hubs_records_of_an_earlier_version_keep_people_and_tokens(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from jupyterhub import orm

    url = postgres.create("older_hub")
    factory = orm.new_session_factory(url)
    with factory() as session:
        user = orm.User(name="ada")
        session.add_all([user, orm.OAuthClient(identifier="jupyterhub")])
        session.commit()
        token = user.new_api_token()
    factory.kw["bind"].dispose()
    take_hub_back(url)
    course = Course.load(make_checkout(tmp_path / "there"))
    monkeypatch.setenv("TINYTORCH_DATABASES", f"hub={url}")
    said = upgrade(course, monkeypatch, capfd)
    assert f"{HUB} -> f460b0348206; as it was: " in said and PASSWORD not in said
    factory = orm.new_session_factory(url)  # refuses a schema that is not its own
    with factory() as session:
        found = orm.APIToken.find(session, token)
        assert found is not None and found.user.name == "ada"
    factory.kw["bind"].dispose()


def upgrade(course: Course, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> str:
    """What `tito upgrade-db` says in the course's folder."""
    monkeypatch.setenv("TINYTORCH_COURSE", str(course.root))
    capfd.readouterr()
    app(["upgrade-db"], standalone_mode=False)
    return capfd.readouterr().out
