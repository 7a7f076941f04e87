"""The library service between a played exchange and real folders."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from prometheus_client import REGISTRY

from hub.libraries import AGAIN, Libraries
from hub.library_status import DONE, ModuleStatus, read_done, status_of
from tito.cells import is_exported, is_solution
from tito.errors import HandInError
from tito.percent import read_source, source_path

ROOT = Path(__file__).parents[2]
ASSIGNMENT = "02_tensor"


class Exchange:
    """What the service asks of `tito.exchange.client.Client`."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.contents: dict[str, dict[str, bytes]] = {}
        self.fetched = 0
        notebook = read_source(source_path(ROOT, ASSIGNMENT))
        self.released = {f"{ASSIGNMENT}.ipynb": nbformat.writes(notebook).encode()}

    def submissions(self, everyone: bool = False, after: str = "") -> list[dict[str, Any]]:
        assert everyone
        numbers = [row["submission"] for row in self.rows]
        return self.rows[numbers.index(after) + 1 if after else 0 :]

    def fetch(self, assignment: str) -> dict[str, bytes]:
        assert assignment == ASSIGNMENT
        return self.released

    def submission(self, number: str) -> dict[str, bytes]:
        self.fetched += 1
        return self.contents[number]

    def hand_in(self, student: str, number: str, contents: dict[str, bytes]) -> None:
        received = f"2027-03-0{number}T10:00:00.000000+00:00"
        row = {"student": student, "assignment": ASSIGNMENT, "submission": number, "received": received}
        self.rows.append(row)
        self.contents[number] = contents


def notebook(mark: str) -> dict[str, bytes]:
    """The module's notebook with a line of the student's own in its first exported solution."""
    found = read_source(source_path(ROOT, ASSIGNMENT))
    cell = next(cell for cell in found.cells if is_solution(cell) and is_exported(cell))
    cell.source += f"\n{mark}\n"
    return {f"{ASSIGNMENT}.ipynb": nbformat.writes(found).encode(), "tensor.py": b"raise SystemExit"}


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def libraries(exchange: Exchange, tmp_path: Path) -> Libraries:
    return Libraries(tmp_path, exchange)  # type: ignore[arg-type]


def text(libraries: Libraries, student: str) -> str:
    return "".join(path.read_text() for path in sorted((libraries.folder / student).rglob("*.py")))


def test_a_submission_becomes_the_library_of_its_author_alone(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("ADAS = 1"))
    exchange.hand_in("alan", "2", notebook("ALANS = 1"))
    assert libraries.update() == 2
    assert "ADAS" in text(libraries, "ada") and "ALANS" not in text(libraries, "ada")
    assert "ALANS" in text(libraries, "alan")
    assert "SystemExit" not in text(libraries, "ada")


def test_only_what_is_new_is_built_and_the_newest_counts(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("FIRST = 1"))
    exchange.hand_in("ada", "2", notebook("SECOND = 1"))
    assert libraries.update() == 1
    assert "SECOND" in text(libraries, "ada") and "FIRST" not in text(libraries, "ada")
    assert Libraries(libraries.folder, exchange).update() == 0  # type: ignore[arg-type]
    exchange.hand_in("ada", "3", notebook("THIRD = 1"))
    assert libraries.update() == 1
    assert "THIRD" in text(libraries, "ada")
    assert exchange.fetched == 2


def test_a_submission_that_is_no_notebook_keeps_the_last_library(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    for number, contents in (("2", {f"{ASSIGNMENT}.ipynb": b"{"}), ("3", {"other.txt": b""})):
        exchange.hand_in("ada", number, contents)
        assert libraries.update() == 1
        assert libraries.update() == 0
        assert "GOOD" in text(libraries, "ada")


def test_a_lost_record_costs_one_build(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    (libraries.folder / "ada" / DONE).write_text("{")
    assert libraries.update() == 1


def test_an_exchange_that_does_not_answer_is_told(libraries: Libraries, exchange: Exchange):
    def away(everyone: bool = False, after: str = "") -> list[dict[str, Any]]:
        raise HandInError("the exchange cannot be reached")

    exchange.submissions = away  # type: ignore[method-assign]
    with pytest.raises(HandInError):
        libraries.update()


def test_a_submission_that_the_exchange_does_not_give_waits_and_holds_up_nobody(tmp_path: Path, exchange: Exchange):
    now = datetime(2027, 3, 1, tzinfo=UTC)
    libraries = Libraries(tmp_path, exchange, lambda: now)  # type: ignore[arg-type]
    exchange.hand_in("ada", "1", notebook("ADAS = 1"))
    exchange.hand_in("alan", "2", notebook("ALANS = 1"))
    give = exchange.submission

    def busy(number: str) -> dict[str, bytes]:
        if number == "1":
            raise HandInError("the exchange cannot be reached")
        return give(number)

    exchange.submission = busy  # type: ignore[method-assign]
    assert libraries.update() == 1
    assert "ALANS" in text(libraries, "alan")
    assert read_done(tmp_path / "ada") == {}
    exchange.submission = give  # type: ignore[method-assign]
    assert libraries.update() == 0
    now += AGAIN
    assert libraries.update() == 1
    assert "ADAS" in text(libraries, "ada")


def status(libraries: Libraries, student: str = "ada") -> ModuleStatus:
    (found,) = status_of(libraries.folder / student, student)
    return found


def test_the_status_names_version_and_submission(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    found = status(libraries)
    path = libraries.folder / "ada" / "tinytorch_lib" / "core" / "tensor.py"
    assert found.version == hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    assert (found.module, found.submission, found.received[:10]) == (ASSIGNMENT, "1", "2027-03-01")
    assert not found.failed and not found.kept
    assert status_of(libraries.folder / "alan", "alan") == []


def test_the_status_says_why_a_build_failed_and_what_was_kept(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    version = status(libraries).version
    exchange.hand_in("ada", "2", notebook("def broken(:"))
    libraries.update()
    found = status(libraries)
    assert found.kept and "invalid syntax" in found.failed
    assert (found.version, found.submission, found.failed_submission) == (version, "1", "2")
    exchange.hand_in("ada", "3", notebook("BETTER = 1"))
    libraries.update()
    found = status(libraries)
    assert (found.submission, found.failed, found.kept) == ("3", "", False)


def test_a_first_build_that_fails_keeps_nothing(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", {f"{ASSIGNMENT}.ipynb": b"{"})
    libraries.update()
    found = status(libraries)
    assert (found.version, found.submission, found.kept) == ("", "", False)
    assert "is not a notebook" in found.failed
    assert str(libraries.folder) not in found.failed and "/tmp" not in found.failed


def test_a_file_that_came_otherwise_is_of_no_submission(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    path = libraries.folder / "ada" / "tinytorch_lib" / "core" / "tensor.py"
    path.write_text(path.read_text() + "EXPORTED = 1\n")
    found = status(libraries)
    assert found.version and (found.submission, found.received) == ("", "")


def test_records_of_before_are_read(libraries: Libraries, exchange: Exchange):
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    (libraries.folder / "ada" / DONE).write_text(json.dumps({ASSIGNMENT: "1"}))
    assert libraries.update() == 0
    assert status(libraries).submission == ""


def numbers() -> dict[str, float]:
    """What Prometheus would read now of each result, of the builds' times and of what waits."""
    results = {result: ("libraries_builds_total", {"result": result}) for result in ("built", "kept", "refused")}
    names = results | {"timed": ("libraries_build_seconds_count", {}), "waiting": ("libraries_waiting", {})}
    return {key: REGISTRY.get_sample_value(*name) or 0 for key, name in names.items()}


def test_prometheus_sees_what_was_built_and_what_waits(libraries: Libraries, exchange: Exchange):
    before = numbers()
    exchange.hand_in("ada", "1", notebook("GOOD = 1"))
    libraries.update()
    exchange.hand_in("ada", "2", notebook("def broken(:"))
    libraries.update()
    released, exchange.released = exchange.released, {}
    exchange.hand_in("ada", "3", notebook("GOOD = 1"))
    libraries.update()
    exchange.released = released
    after = numbers()
    assert {key: after[key] - before[key] for key in ("built", "kept", "refused", "timed")} == {
        "built": 1,
        "kept": 1,
        "refused": 1,
        "timed": 3,
    }
    give = exchange.submission

    def busy(number: str) -> dict[str, bytes]:
        raise HandInError("the exchange cannot be reached")

    exchange.submission = busy  # type: ignore[method-assign]
    exchange.hand_in("ada", "4", notebook("GOOD = 1"))
    libraries.update()
    assert numbers()["waiting"] == 1
    exchange.submission = give  # type: ignore[method-assign]
    exchange.hand_in("ada", "5", notebook("GOOD = 1"))
    libraries.update()
    assert numbers()["waiting"] == 0
