"""A hub, a browser and the people at it; what they saw is kept, above all when something fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from tests.e2e.people import TIMEOUT, People, chromium
from tests.e2e.running_hub import ROOT, Hub, copy_course, start_hub

ALBUM = ROOT / "test-artifacts" / "e2e"


@pytest.fixture
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of the first three modules."""
    return copy_course(tmp_path_factory.mktemp("checkout"), ["01_setup", "02_tensor", "03_activations"])


@pytest.fixture
def hub(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    found = start_hub(course, tmp_path_factory.mktemp("var"))
    yield found
    found.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("the browser test needs Debian's chromium: apt install chromium")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as driver, chromium(driver, executable) as found:
        yield found


@pytest.fixture
def people(browser: Browser, hub: Hub) -> Iterator[People]:
    shutil.rmtree(ALBUM, ignore_errors=True)
    ALBUM.mkdir(parents=True)
    found = People(browser, hub, ALBUM)
    yield found
    found.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """When a test fails, keep a picture of every window and add the logs to its report."""
    report = yield
    people = getattr(item, "funcargs", {}).get("people")
    if call.when == "call" and report.failed and isinstance(people, People):
        try:
            people.photograph_failure()
        except Error as error:  # the browser itself may be what failed
            report.sections.append(("pictures", str(error)))
        report.sections.append(("pictures", f"what everybody saw: {people.album}"))
        report.sections += [(f"{person.name}'s browser", person.report()) for person in people.here]
        report.sections += list(people.hub.logs().items())
    return report
