"""A hub, a browser and the people at it; what they saw is kept, above all when something fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.people import People, installed_chromium, what_happened
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
    with installed_chromium() as found:
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
        report.sections += what_happened(people)
    return report
