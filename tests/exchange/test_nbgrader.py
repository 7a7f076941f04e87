"""nbgrader on the exchange service: its own classes' answers, from fetch to feedback, and what staff collect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from traitlets.config import Config

from tests.bad_input.cases import answer, cell_of
from tests.exchange.service import COURSE, LABEL, Service, running
from tests.tiny import COURSE_TOML, make_course
from tito import gradebook
from tito.course import Course
from tito.exchange.plugins import OVER_HTTP

NOTEBOOK = f"{LABEL}.ipynb"
DATED = COURSE_TOML + "[modules.01]\ndue = 2026-01-05T12:00:00\n[extensions]\nada.01 = 2098-01-05T12:00:00\n"


@dataclass
class Person:
    """Somebody's server: a home, and nbgrader's configuration there."""

    name: str
    home: Path
    config: Config

    def do(self, what: str, assignment: str = LABEL, **traits: Any) -> Any:
        """Run one of nbgrader's exchange classes, as its server extension does."""
        coursedir = CourseDirectory(config=self.config)
        coursedir.assignment_id = assignment
        make = getattr(ExchangeFactory(config=self.config), what)
        action = make(coursedir=coursedir, authenticator=Authenticator(config=self.config), config=self.config)
        for name, value in traits.items():
            setattr(action, name, value)
        return action.start()

    @property
    def folder(self) -> Path:
        return self.home / LABEL


def person(name: str, home: Path, exchange: Path | None = None) -> Person:
    """`name` on the service, or on nbgrader's own shared folder `exchange`."""
    home.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.CourseDirectory.course_id = COURSE
    config.CourseDirectory.student_id = name
    config.Exchange.assignment_dir = str(home)
    if exchange is None:
        config.ExchangeFactory.update(OVER_HTTP)
    else:
        config.Exchange.root = str(exchange)
        config.Exchange.cache = str(home / "cache")
    return Person(name, home, config)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_course(tmp_path_factory.mktemp("nbgrader"), DATED)


@pytest.fixture(scope="module")
def running_service(tmp_path_factory: pytest.TempPathFactory, course: Course) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("exchange")) as found:
        found.course_file.write_text(DATED)
        released = {NOTEBOOK: (course.root / "release" / LABEL / NOTEBOOK).read_bytes()}
        found.client("ta").release(LABEL, released, force=False)
        yield found


@pytest.fixture
def service(running_service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service, with the environment of a TA's server."""
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", running_service.url)
    be("ta", monkeypatch)
    return running_service


def be(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Act with this person's token from now on."""
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", f"{name}-token")


@pytest.fixture
def ada(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    be("ada", monkeypatch)
    return person("ada", tmp_path / "ada")


def solve(folder: Path) -> None:
    """Fill every hole of the notebook rightly."""
    notebook = json.loads((folder / NOTEBOOK).read_text(encoding="utf-8"))
    for number in range(1, 6):
        cell_of(notebook, f"double-{number}")["source"] = answer(number)
    (folder / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")


def shape(value: Any, key: str = "") -> Any:
    """A list's answer without what must differ: where things are and when they were handed in."""
    if isinstance(value, dict):
        return {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__ if key in {"path", "timestamp", "local_feedback_path"} else value


# nbgrader's own list leaves files open.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*feedback:pytest.PytestUnraisableExceptionWarning")
def test_from_fetch_to_feedback_the_lists_are_nbgraders_own(
    service: Service, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same week twice, through nbgrader's shared folder and through the service."""
    pages = {f"{LABEL}.html": b"<p>well done</p>"}
    with monkeypatch.context() as patch:
        patch.delenv("TINYTORCH_EXCHANGE_URL")
        gradebook.release(course, LABEL)
    plain = person("grace", tmp_path / "plain", course.root / "exchange")
    be("grace", monkeypatch)  # who hands in nothing in any other test
    ours = person("grace", tmp_path / "ours")

    def lists(whose: Person) -> list[Any]:
        return [shape(whose.do("List", "")), shape(whose.do("List", "", cached=True))]

    for step in ("List", "FetchAssignment", "Submit", "Submit"):
        for whose in (plain, ours):
            whose.do(step, "" if step == "List" else LABEL)
        assert lists(ours) == lists(plain), step
    give_feedback_through_the_folder(plain, course.root / "exchange", pages)
    for row in service.client("grace").submissions(LABEL):
        service.client("ta").give_feedback(row["submission"], pages)
    assert lists(ours) == lists(plain), "feedback is announced"
    for whose in (plain, ours):
        whose.do("FetchFeedback")
    assert lists(ours) == lists(plain), "feedback is here"
    assert lists(ours)[1][0]["submissions"][0]["has_local_feedback"]
    for place in sorted(ours.folder.glob("feedback/*/*.html")):
        assert place.read_bytes() == pages[f"{LABEL}.html"]
    stamps = [row["timestamp"] for row in ours.do("List", LABEL, cached=True)[0]["submissions"]]
    assert sorted(path.name for path in (ours.folder / "feedback").iterdir()) == stamps


def give_feedback_through_the_folder(whose: Person, exchange: Path, pages: dict[str, bytes]) -> None:
    """What nbgrader's release_feedback leaves in the shared folder."""
    from nbgrader.utils import notebook_hash

    place = exchange / COURSE / "feedback"
    place.mkdir(exist_ok=True)
    for secret in (whose.home / "cache").glob("*/*/submission_secret.txt"):
        number = notebook_hash(secret=secret.read_text(), notebook_id=LABEL)
        (place / f"{number}.html").write_bytes(pages[f"{LABEL}.html"])


def test_feedback_that_was_written_anew_is_announced_again(service: Service, ada: Person) -> None:
    ada.do("FetchAssignment")
    ada.do("Submit")
    number = service.client("ada").submissions(LABEL)[-1]["submission"]

    def last() -> dict[str, Any]:
        return dict(ada.do("List", cached=True)[0]["submissions"][-1])

    service.client("ta").give_feedback(number, {f"{LABEL}.html": b"old"})
    ada.do("FetchFeedback")
    assert not last()["feedback_updated"]
    service.client("ta").give_feedback(number, {f"{LABEL}.html": b"new"})
    assert last()["feedback_updated"]
    ada.do("FetchFeedback")
    assert not last()["feedback_updated"]
    assert [path.read_bytes() for path in ada.folder.glob(f"feedback/{last()['timestamp']}/*")] == [b"new"]


def test_a_receipt_lies_beside_the_notebook_and_is_not_handed_in(service: Service, ada: Person) -> None:
    ada.do("FetchAssignment")
    for _ in range(2):
        ada.do("Submit")
    rows = service.client("ada").submissions(LABEL)[-2:]
    kept = [json.loads(path.read_text()) for path in sorted((ada.folder / "receipts").iterdir())]
    assert {receipt["submission"] for receipt in kept} == {row["submission"] for row in rows}
    assert [file["name"] for file in rows[1]["files"]] == [NOTEBOOK]


def test_submitting_brings_the_library_up_to_date(ada: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYTORCH_LIBRARY", str(tmp_path / "library"))
    ada.do("FetchAssignment")
    solve(ada.folder)
    ada.do("Submit")
    text = (tmp_path / "library" / "tinytorch_lib" / "core" / "setup.py").read_text(encoding="utf-8")
    assert "def double_5(x):" in text


def test_fetching_again_writes_nothing_over(ada: Person) -> None:
    ada.do("FetchAssignment")
    (ada.folder / NOTEBOOK).write_text("mine")
    with pytest.raises(ExchangeError, match="already in your files"):
        ada.do("FetchAssignment")
    ada.do("FetchAssignment", replace_missing_files=True)
    assert (ada.folder / NOTEBOOK).read_text() == "mine"
    (ada.folder / NOTEBOOK).unlink()
    ada.do("FetchAssignment", replace_missing_files=True)
    assert (ada.folder / NOTEBOOK).read_text() != "mine"


def test_what_cannot_be_submitted_is_one_line(ada: Person, tmp_path: Path) -> None:
    with pytest.raises(ExchangeError, match="fetch the assignment first"):
        ada.do("Submit")
    ada.do("FetchAssignment")
    (ada.folder / "secret").symlink_to("/etc/passwd")
    with pytest.raises(ExchangeError, match="'secret' is a link") as caught:
        ada.do("Submit")
    assert "\n" not in str(caught.value)
    (ada.folder / "secret").unlink()
    (ada.folder / NOTEBOOK).rename(ada.folder / "mine.ipynb")
    with pytest.raises(ExchangeError, match=f"{NOTEBOOK} of {LABEL} is not in"):
        ada.do("Submit", strict=True)
    (ada.home / "99_other").mkdir()
    (ada.home / "99_other" / "a").write_text("x")
    with pytest.raises(ExchangeError, match="'99_other' is not released"):
        ada.do("Submit", "99_other")


def test_an_exchange_that_is_away_is_nbgraders_own_error_on_one_line(
    ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", "http://127.0.0.1:1/services/exchange/")
    monkeypatch.setattr("tito.exchange.base.Exchange.patience", 0.1)
    for what in ("List", "FetchAssignment", "FetchFeedback"):
        with pytest.raises(ExchangeError, match="cannot be reached") as caught:
            ada.do(what)
        assert "\n" not in str(caught.value)
    monkeypatch.delenv("TINYTORCH_EXCHANGE_URL")
    with pytest.raises(ExchangeError, match="no exchange is known here"):
        ada.do("List")


def test_a_student_cannot_collect_or_release(ada: Person, course: Course) -> None:
    ada.config.CourseDirectory.root = str(course.root)
    for what in ("Collect", "ReleaseAssignment"):
        with pytest.raises(ExchangeError, match="only staff"):
            ada.do(what)


def test_a_week_of_staff(service: Service, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collect, grade and give back through the course's own configuration; late is who has no extension."""
    for name in ("ada", "alan"):
        be(name, monkeypatch)
        student = person(name, tmp_path / name)
        student.do("FetchAssignment")
        solve(student.folder)
        (student.folder / "timestamp.txt").write_text("2000-01-01 00:00:00 UTC")
        student.do("Submit")
    be("ta", monkeypatch)
    gradebook.collect(course, LABEL)
    newest = {row["student"]: row for row in service.client("ta").submissions(LABEL, everyone=True)}
    for name in ("ada", "alan"):
        stamp = (course.root / "submitted" / name / LABEL / "timestamp.txt").read_text()
        assert stamp.startswith(newest[name]["received"][:10]), "the server's time, not the student's"
        gradebook.grade(course, LABEL, name)
        gradebook.feedback(course, LABEL, name)
    scores = {score.student: (score.points, score.penalty) for score in gradebook.scores(course, LABEL)}
    assert scores == {"ada": (100, 0), "alan": (0, 100)}
    for name in ("ada", "alan"):
        be(name, monkeypatch)
        person(name, tmp_path / name).do("FetchFeedback")
        newest_page = max((tmp_path / name / LABEL / "feedback").glob(f"*/{LABEL}.html"))
        assert "double_5" in newest_page.read_text(encoding="utf-8")


def test_collecting_takes_the_newest_and_what_fails_stops_nobody(
    service: Service, course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collected(name: str) -> bytes:
        return (course.root / "submitted" / name / LABEL / NOTEBOOK).read_bytes()

    def hand_in(name: str, text: bytes) -> str:
        return service.client(name).submit(LABEL, {NOTEBOOK: text}).submission

    for name in ("ada", "alan"):
        hand_in(name, b"old")
    gradebook.collect(course, LABEL)
    broken = hand_in("ada", b"new")
    hand_in("alan", b"new")
    from tito.errors import HandInError
    from tito.exchange.client import Client

    fetch = Client.submission

    def failing(self: Client, number: str) -> dict[str, bytes]:
        if number == broken:
            raise HandInError("it is damaged")
        return fetch(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Client, "submission", failing)
        gradebook.collect(course, LABEL)
    assert (collected("ada"), collected("alan")) == (b"old", b"new")
    gradebook.collect(course, LABEL)
    assert collected("ada") == b"new"


def test_staff_take_a_release_back_and_submissions_stay(
    service: Service, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ta, before = service.client("ta"), len(service.client("ada").submissions(LABEL))
    with pytest.raises(ExchangeError, match="only staff"):
        ada.do("List", remove=True)
    be("ta", monkeypatch)
    staff = person("ta", ada.home)
    with pytest.raises(ExchangeError, match="cannot be removed"):
        staff.do("List", remove=True, inbound=True)
    ta.release("02_tensor", {"a": b"1"}, force=False)
    assert [row["status"] for row in staff.do("List", "02_tensor", remove=True)] == ["removed"]
    assert [row["assignment"] for row in ta.releases()] == [LABEL]
    assert len(service.client("ada").submissions(LABEL)) == before
