"""The term in the browser: the release service's own process behind a real hub with a class's configuration."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from class_hub import ROOT, ClassHub, class_hub
from class_hub_names import service_token
from hub_client import Answer, Visitor, status_of

from hub.checks import free_ports
from tests.farm.services import wait_for
from tests.tiny import make_checkout
from tito import gradebook
from tito.commands import schedule as command
from tito.course import Course
from tito.errors import ToolError
from tito.modules import find_module
from tito.workspace import lay_out_course

COURSE = """\
[course]
id = "tiny"                # what a teacher notes here stays
term_start = 2030-03-04
[roster]
instructors = ["prof"]
tas = ["ta"]
students = ["ada"]
"""
PAGE, DATA = "/services/release/", "/services/release/schedule.json"


@dataclass(frozen=True)
class Site:
    """A class's hub and its release service."""

    hub: ClassHub
    checkout: Path
    course: Path
    log: Path

    @property
    def text(self) -> str:
        return (self.checkout / "course.toml").read_text(encoding="utf-8")

    def schedule(self) -> Any:
        return Course.load(self.course).schedule

    def changes(self) -> list[dict[str, str]]:
        """The log's lines about changes."""
        lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines() if line[:1] == "{"]
        return [line for line in lines if line["event"] == "schedule"]

    def by_token(self, user: str, change: Mapping[str, Any]) -> int:
        """The status of a change that comes with the token of a user's server."""
        headers = {"Authorization": f"token {self.hub.server_token(user)}"}
        return status_of(urllib.request.Request(self.hub.url + DATA, json.dumps(change).encode(), headers))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("term")
    checkout = make_checkout(folder / "checkout")
    (checkout / "course.toml").write_text(COURSE, encoding="utf-8")
    course = lay_out_course(folder / "course", checkout)
    *ports, own = free_ports(4)
    variables = {
        "JUPYTERHUB_API_URL": f"http://127.0.0.1:{ports[1]}/hub/api",
        "JUPYTERHUB_API_TOKEN": service_token("release"),
        "JUPYTERHUB_SERVICE_NAME": "release",
        "JUPYTERHUB_SERVICE_PREFIX": PAGE,
        "JUPYTERHUB_CLIENT_ID": "service-release",
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PAGE}oauth_callback",
    }
    program = [sys.executable, "-m", "hub.release", "--course", str(course), "--port", str(own)]
    with (folder / "release.log").open("wb") as file:
        process = subprocess.Popen(program, cwd=ROOT, env=os.environ | variables, stdout=file, stderr=file)
    try:
        found = class_hub(folder / "hub", checkout, ports=ports, services={"release": f"http://127.0.0.1:{own}"})
        with found as hub:
            log = folder / "release.log"
            wait_for(lambda: '"event": "listening"' in log.read_text(encoding="utf-8"), 120, "starting the service")
            yield Site(hub, checkout, course, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


@pytest.fixture(scope="module")
def prof(site: Site) -> Visitor:
    visitor = site.hub.visitor("prof")
    assert visitor.ask(PAGE).status == 200
    return visitor


def send(visitor: Visitor, token: str | None = None, **fields: str) -> Answer:
    """Send a form of the page, as a browser without scripts does; the page's token is in it unless told otherwise."""
    page = visitor.ask(PAGE).text
    found = re.search(r'name="_xsrf" value="([^"]+)"', page)
    form = fields | {"_xsrf": found[1] if token is None and found else token or ""}
    request = urllib.request.Request(visitor.url + PAGE, urllib.parse.urlencode(form).encode())
    try:
        with visitor.opener.open(request, timeout=60) as answer:
            return Answer(answer.status, answer.url, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.url or "", error.read())


def said(page: Answer) -> str:
    """The line about what was done."""
    assert page.status == 200 and page.url.endswith(PAGE), page.text
    (line,) = re.findall(r'role="status"><p>(.*?)</p>', page.text)
    return unescape(line)


def test_an_instructor_sees_the_term_and_what_they_did_once(site: Site, prof: Visitor) -> None:
    page = prof.ask(PAGE).text
    assert "<h1>Term</h1>" in page and page.count("</form>") >= 20
    assert '<a href="/services/release/" aria-current="page">Term</a>' in page
    assert said(send(prof, verb="hold", module="05_losses")) == "Done: 05_losses is held until somebody releases it"
    assert 'role="status"' not in prof.ask(PAGE).text
    assert site.schedule().held(find_module("05"))
    assert "# what a teacher notes here stays" in site.text and (site.course / "course.toml").is_symlink()
    assert [(line["who"], line["verb"]) for line in site.changes() if line["module"] == "05_losses"] == [
        ("prof", "hold")
    ]


def test_a_week_is_shifted_with_all_after_it(site: Site, prof: Visitor) -> None:
    line = said(send(prof, verb="shift", module="18_compression", days="7", following="1"))
    assert (
        line == "Done: 18_compression and all after it: +7 days from the plan; 18_compression is due 2030-07-15 23:59"
    )
    assert site.schedule().shift_days(find_module("20")) == 7
    found = {entry["module"]: entry for entry in prof.ask(DATA).json}
    assert found["20_capstone"]["days"] == 7 and found["17_precision"]["days"] == 0


def test_a_module_is_released_early_and_is_out_then(site: Site, prof: Visitor) -> None:
    """With the real nbgrader, whose exchange is a folder here."""
    assert said(send(prof, verb="release", module="01_setup")) == "Done: 01_setup is released: students can fetch it"
    assert (site.course / "exchange" / "tiny" / "outbound" / "01_setup" / "01_setup.ipynb").is_file()
    assert said(send(prof, verb="hold", module="01_setup")).startswith("Not done: 01_setup is released (since ")
    assert next(entry for entry in prof.ask(DATA).json if entry["module"] == "01_setup")["state"] == "released"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"verb": "shift", "module": "09_spatial", "days": "week"}, "days must be a whole number such as 7"),
        ({"verb": "shift", "module": "09_spatial"}, "days must be a whole number such as 7, got ''"),
        ({"verb": "shift", "module": "09_spatial", "days": "7.5"}, "days must be a whole number such as 7, got '7.5'"),
        ({"verb": "shift", "module": "09_spatial", "days": "7", "following": "no"}, "following must be true or false"),
        ({"verb": "shift", "module": "09_spatial", "days": "4000"}, "4000 days are more than a year"),
        ({"verb": "hold", "module": "<b>"}, "no module is called '<b>'"),
        ({"verb": "drop", "module": "09_spatial"}, "'drop' is none of release, hold, shift"),
        ({"verb": "release", "module": "09_spatial"}, "09_spatial.py is not written yet"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    site: Site, prof: Visitor, fields: dict[str, str], line: str
) -> None:
    before = site.text
    told = said(send(prof, **fields))
    assert told.startswith("Not done: ") and line in told and "\n" not in told
    assert site.text == before


def test_a_form_that_another_page_sends_is_refused(site: Site, prof: Visitor) -> None:
    """The browser adds the cookies to such a form; what it cannot have is the page's token."""
    before = site.text
    for token in ("", "made up", site.hub.visitor("ta").xsrf("/hub/home")):
        answer = send(prof, token, verb="hold", module="08_training")
        assert answer.status == 403 and "open it anew. Nothing was changed" in answer.text
    request = urllib.request.Request(site.hub.url + DATA, b'{"verb": "hold", "module": "08"}')
    with pytest.raises(urllib.error.HTTPError) as refused:
        prof.opener.open(request, timeout=60)
    refused.value.close()
    assert (refused.value.code, site.text) == (403, before)


@pytest.mark.parametrize("user", ["ada", "ta"])
def test_nobody_else_sees_or_changes_it(site: Site, user: str) -> None:
    before, visitor = site.text, site.hub.visitor(user)
    for path in (PAGE, DATA):
        assert visitor.ask(path).status == 403
        assert visitor.ask(path, "POST", data={"verb": "hold", "module": "08"}).status == 403
    assert site.by_token(user, {"verb": "hold", "module": "08"}) in (401, 403)
    assert site.text == before


def test_nobody_gets_in_without_the_log_in(site: Site) -> None:
    before, stranger = site.text, Visitor(site.hub.url)
    assert "/hub/login" in stranger.ask(PAGE).url
    assert stranger.ask(PAGE, "POST", form={"verb": "hold", "module": "08"}).status == 403
    assert stranger.ask(DATA, "POST", data={"verb": "hold", "module": "08"}).status == 403
    assert site.text == before


@pytest.fixture
def terminal(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a staff server under Docker has: the addresses, and course.toml mounted read-only."""
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", f"{site.hub.url}/services/exchange/")
    monkeypatch.setenv("TINYTORCH_COURSE", str(site.course))
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr(gradebook, "published", lambda _: set())  # no exchange is here


@pytest.mark.usefixtures("terminal")
def test_an_instructors_terminal_has_the_service_do_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", site.hub.server_token("prof"))
    command.hold("11")
    command.shift("12", 3, following=False)
    shown = capsys.readouterr().out
    assert "11_tokenization is held until somebody releases it" in shown and "12_embeddings: +3 days" in shown
    assert site.schedule().held(find_module("11")) and site.schedule().shift_days(find_module("12")) == 3
    with pytest.raises(ToolError, match=r"400 days are more than a year \(nothing was changed\)"):
        command.shift("12", 400, following=False)
    assert [line["who"] for line in site.changes() if line["module"] == "11_tokenization"] == ["prof"]


@pytest.mark.usefixtures("terminal")
def test_a_tas_terminal_changes_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.text
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", site.hub.server_token("ta"))
    with pytest.raises(ToolError, match=r"the term is changed by instructors.*nothing was changed"):
        command.hold("13")
    assert site.text == before


@pytest.mark.usefixtures("terminal")
def test_a_service_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", f"http://127.0.0.1:{port}/services/exchange/")
    with pytest.raises(ToolError, match=r"/services/release/schedule.json cannot be reached \(ConnectionError\)"):
        command.hold("13")


def test_a_course_file_that_makes_no_sense_is_told_to_who_may_mend_it(site: Site, prof: Visitor) -> None:
    before = site.text
    try:
        (site.checkout / "course.toml").write_text(before.replace("2030-03-04", "2030-02-30"), encoding="utf-8")
        page = prof.ask(PAGE)
        assert page.status == 503 and "names a date or time that does not exist" in page.text
    finally:
        (site.checkout / "course.toml").write_text(before, encoding="utf-8")
    wait_for(lambda: prof.ask(PAGE).status == 200, 120, "reading the mended file")
