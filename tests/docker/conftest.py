"""Docker, the images and one class for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.docker.engine import base_image, engine
from tests.docker.installation import Installation, course_folder, new_installation
from tests.e2e.people import People, what_happened
from tests.hub.hub_client import Visitor


@pytest.fixture(scope="session")
def docker() -> Iterator[str]:
    with engine() as found:
        yield found


@pytest.fixture(scope="session")
def course(docker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A class that `make up` started. Whatever the tests find, nothing of it stays."""
    folder = tmp_path_factory.mktemp("class")
    found = new_installation(docker, base_image(docker), folder / "files", course_folder(folder / "course"))
    try:
        up = found.make("up")
        assert up.returncode == 0, f"{up.stdout}{up.stderr}\n{found.logs()}"
        yield found
    finally:
        found.make("down", "--delete-all-work")


@pytest.fixture(scope="session")
def ada(course: Installation) -> Visitor:
    return course.visitor("ada")


@pytest.fixture(scope="session")
def alan(course: Installation) -> Visitor:
    return course.visitor("alan")


@pytest.fixture(scope="session")
def ta(course: Installation) -> Visitor:
    return course.visitor("ta")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """When a test fails, add to its report what browsers showed and the containers' logs."""
    report = yield
    known = getattr(item, "funcargs", {})
    people, course = known.get("people"), known.get("course")
    if call.when == "call" and report.failed and isinstance(people, People):
        report.sections += what_happened(people)
    elif call.when == "call" and report.failed and isinstance(course, Installation):
        report.sections += list(course.logs().items())
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests share a class: the one that destroys and restores it comes at the end, then `make down`."""
    items.sort(key=lambda item: (item.name == "test_down_leaves_nothing", item.path.name == "test_backup.py"))
