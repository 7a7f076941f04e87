"""Somebody at a browser of their own: log-in, photographs, and what the browser complained about."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

TIMEOUT = 60_000
"""Milliseconds any one thing on a page may take: the machine may be busy."""

LAUNCHER, ASSIGNMENTS = ".jp-Launcher", "#released_assignments_list"
"""What stands on JupyterLab's first page: for staff, and for students."""

# nbconvert's page of a graded notebook calls MathJax even where its server cannot be reached.
NOT_OURS = ("MathJax is not defined",)


class Hub(Protocol):
    """Where people log in: `make serve`'s, or a class under Docker."""

    @property
    def url(self) -> str: ...

    def password_of(self, name: str) -> str: ...

    def logs(self) -> dict[str, str]: ...


@dataclass
class Person:
    """One user in one browser window."""

    name: str
    hub: Hub
    page: Page
    exceptions: list[str] = field(default_factory=list)
    """Uncaught errors of the pages' scripts."""
    complaints: list[str] = field(default_factory=list)
    """Errors in the browser's console."""
    strangers: set[str] = field(default_factory=set)
    """Servers other than the hub that a page asked for something; nothing but the hub can be reached."""

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.exceptions.append(error.message))
        self.page.on("console", self._note)
        self.page.on("requestfailed", self._note_stranger)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _note_stranger(self, request: Request) -> None:
        if request.url.startswith("http") and not request.url.startswith(self.hub.url):
            self.strangers.add(urlsplit(request.url).hostname or request.url)

    @property
    def our_exceptions(self) -> list[str]:
        return [error for error in self.exceptions if not error.startswith(NOT_OURS)]

    def report(self) -> str:
        """Everything that this window's browser complained about, a line each."""
        kinds = {"uncaught": self.exceptions, "console": self.complaints, "unreachable": sorted(self.strangers)}
        return "".join(f"{self.name}: {kind}: {line}\n" for kind, lines in kinds.items() for line in lines)

    def fill_in_form(self) -> None:
        self.page.goto(self.hub.url)
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(self.hub.password_of(self.name))

    def sign_in(self) -> None:
        """Send the form; the hub then starts a server, which takes a while."""
        self.page.get_by_role("button", name="Sign in").click()

    def arrives(self, start: str = LAUNCHER) -> None:
        """Until JupyterLab's start page stands there, with nothing in its way; students have another."""
        expect(self.page.locator(start)).to_be_visible()
        self.sees_no_surprise()

    def sees_no_surprise(self) -> None:
        """No dialog (news, choice of a kernel), no message that pops up."""
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        expect(self.page.locator(".Toastify__toast")).to_have_count(0)

    def read(self, path: str) -> dict[str, Any]:
        """The notebook at `path` in this user's files, by the server's own interface."""
        answer = self.page.context.request.get(self._contents(path))
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"
        found: dict[str, Any] = answer.json()["content"]
        return found

    def write(self, path: str, notebook: dict[str, Any]) -> None:
        """Save a notebook as JupyterLab does, with the cookies of this window."""
        home = f"/user/{self.name}/"
        cookies = self.page.context.cookies()
        token = next(cookie["value"] for cookie in cookies if cookie["name"] == "_xsrf" and cookie["path"] == home)
        answer = self.page.context.request.put(
            self._contents(path), data={"type": "notebook", "content": notebook}, headers={"X-XSRFToken": token}
        )
        assert answer.ok, f"{path}: {answer.status} {answer.text()}"

    def sessions(self, path: str) -> int:
        """How many kernels run for the notebook at `path`."""
        answer = self.page.context.request.get(f"{self._server}/api/sessions")
        return [session["path"] for session in answer.json()].count(path)

    @property
    def _server(self) -> str:
        return f"{self.hub.url}/user/{self.name}"

    def _contents(self, path: str) -> str:
        return f"{self._server}/api/contents/{quote(path)}"


class People:
    """Everybody who opened a browser in this test, and the album of what they saw."""

    def __init__(self, browser: Browser, hub: Hub, album: Path) -> None:
        self.browser, self.hub, self.album = browser, hub, album
        self.here: list[Person] = []
        self._numbers = count(1)

    def open_browser(self, name: str) -> Person:
        """A window that shares nothing with the others', not logged in yet."""
        page = self.browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.set_default_timeout(TIMEOUT)
        person = Person(name, self.hub, page)
        self.here.append(person)
        return person

    def photograph(self, person: Person, name: str) -> None:
        """Keep what `person` sees as the next picture."""
        person.page.screenshot(path=self.album / f"{next(self._numbers):02d}-{name}.png", animations="disabled")

    def photograph_failure(self) -> None:
        for person in self.here:
            person.page.screenshot(path=self.album / f"failed-{person.name}.png", animations="disabled")

    def leave(self) -> None:
        """Close every window and write down what the browsers complained about."""
        for person in self.here:
            person.page.context.close()
        (self.album / "console.txt").write_text("\n".join(person.report() for person in self.here), encoding="utf-8")


@contextmanager
def chromium(driver: Any, executable: str) -> Iterator[Browser]:
    """Debian's browser without a screen. It reaches this machine only: no result depends on the network."""
    browser = driver.chromium.launch(
        executable_path=executable,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ],
    )
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def installed_chromium() -> Iterator[Browser]:
    """The browser, with a patience that fits a busy machine."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("the browser test needs Debian's chromium: apt install chromium")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as driver, chromium(driver, executable) as found:
        yield found


def what_happened(people: People) -> list[tuple[str, str]]:
    """For the report of a test that failed: pictures of every window, what browsers complained about, the logs."""
    found = [("pictures", f"what everybody saw: {people.album}")]
    try:
        people.photograph_failure()
    except Error as error:  # the browser itself may be what failed
        found.append(("pictures", str(error)))
    found += [(f"{person.name}'s browser", person.report()) for person in people.here]
    return found + list(people.hub.logs().items())
