"""The service in its own process: who may do what, what is kept, what is refused."""

from __future__ import annotations

import json
import re
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.service import COURSE, COURSE_TOML, LABEL, Service, running
from tests.farm.services import wait_for
from tito.errors import HandInError
from tito.exchange.archive import pack
from tito.exchange.receipt import parse_public_key

NOTEBOOK = f"{LABEL}.ipynb"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for this file, with the first module released."""
    with running(tmp_path_factory.mktemp("exchange")) as found:
        found.client("ta").release(LABEL, {NOTEBOOK: b"released"}, force=False)
        yield found


def ask(service: Service, path: str, name: str = "", method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """A request without our client's help."""
    if name:
        headers["Authorization"] = f"token {name}-token"
    request = urllib.request.Request(service.url + path, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_student_fetches_what_staff_released(service: Service) -> None:
    ada = service.client("ada")
    assert [row["assignment"] for row in ada.releases()] == [LABEL]
    assert ada.fetch(LABEL) == {NOTEBOOK: b"released"}


def test_a_release_is_replaced_only_by_force_and_can_be_withdrawn(service: Service) -> None:
    ta, ada = service.client("ta"), service.client("ada")
    ta.release("02_tensor", {"a": b"1"}, force=False)
    with pytest.raises(HandInError, match=r"released already; add --force"):
        ta.release("02_tensor", {"a": b"2"}, force=False)
    assert ada.fetch("02_tensor") == {"a": b"1"}
    ta.release("02_tensor", {"a": b"2"}, force=True)
    assert ada.fetch("02_tensor") == {"a": b"2"}
    ta.withdraw("02_tensor")
    with pytest.raises(HandInError, match="is not released"):
        ada.fetch("02_tensor")
    assert ada.submit("02_tensor", {"a": b"mine"}).assignment == "02_tensor", "work begun before is still taken"


def test_submitting_again_replaces_nothing(service: Service) -> None:
    ada, ta = service.client("ada"), service.client("ta")
    receipts = [ada.submit(LABEL, {NOTEBOOK: text, "data/more.txt": b"x"}) for text in (b"first", b"second")]
    rows = ada.submissions(LABEL)
    assert [row["submission"] for row in rows] == [receipt.submission for receipt in receipts]
    for receipt, text in zip(receipts, (b"first", b"second"), strict=True):
        assert ta.submission(receipt.submission) == {NOTEBOOK: text, "data/more.txt": b"x"}
        assert ada.receipt(receipt.submission) == receipt


def test_the_server_says_who_and_when_and_signs_it(service: Service) -> None:
    before = datetime.now(UTC)
    receipt = service.client("alan").submit(LABEL, {NOTEBOOK: b"alan's"})
    assert (receipt.student, receipt.course, receipt.assignment) == ("alan", COURSE, LABEL)
    assert before - timedelta(seconds=1) < datetime.fromisoformat(receipt.received) < datetime.now(UTC)
    assert receipt.due is None
    receipt.check(parse_public_key(service.client("alan").public_key(), "the service"))


def test_the_key_is_readable_by_its_owner_alone(service: Service) -> None:
    assert stat.S_IMODE((service.data / "receipt-key.pem").stat().st_mode) == 0o600
    assert (service.data / "receipt-key.pub").read_text() == service.client("ada").public_key()
    assert stat.S_IMODE(service.data.stat().st_mode) == 0o700


def test_a_student_sees_nobody_elses(service: Service) -> None:
    ada, alan, ta = (service.client(name) for name in ("ada", "alan", "ta"))
    number = ada.submit(LABEL, {NOTEBOOK: b"ada's secret"}).submission
    ta.give_feedback(number, {"01_setup.html": b"well done"})
    assert ada.feedback(number) == {"01_setup.html": b"well done"}
    for look in (alan.submission, alan.receipt, alan.feedback):
        with pytest.raises(HandInError, match="no such submission of yours"):
            look(number)
    assert {row["student"] for row in alan.submissions()} <= {"alan"}
    for chosen in ({"everyone": True}, {"student": "ada"}):
        with pytest.raises(HandInError, match="only staff"):
            alan.submissions(**chosen)  # type: ignore[arg-type]
    assert {"ada", "alan"} <= {row["student"] for row in ta.submissions(everyone=True)} | {"alan"}


def test_early_feedback_gives_way_to_staffs_whichever_came_first(service: Service) -> None:
    ada, ta = service.client("ada"), service.client("ta")
    number = ada.submit(LABEL, {NOTEBOOK: b"ada's work"}).submission
    for text in (b"4 of 5 pass", b"5 of 5 pass"):
        ta.give_feedback(number, {"01_setup.html": text}, early=True)
        assert ada.feedback(number) == {"01_setup.html": text}
    assert ada.submissions(LABEL)[-1]["early"]
    ta.give_feedback(number, {"01_setup.html": b"90 points"})
    ta.give_feedback(number, {"01_setup.html": b"late news"}, early=True)
    assert ada.feedback(number) == {"01_setup.html": b"90 points"}
    assert not ada.submissions(LABEL)[-1]["early"]


def test_who_reads_everybodys_changes_nothing(service: Service) -> None:
    number = service.client("ada").submit(LABEL, {NOTEBOOK: b"ada's work"}).submission
    library = service.client("library")
    assert number in {row["submission"] for row in library.submissions(everyone=True)}
    assert library.submission(number) == {NOTEBOOK: b"ada's work"}
    for change in (
        lambda: library.give_feedback(number, {"01_setup.html": b"well done"}),
        lambda: library.give_feedback(number, {"01_setup.html": b"well done"}, early=True),
        lambda: library.release("03_activations", {"a": b"1"}, force=True),
        lambda: library.withdraw(LABEL),
    ):
        with pytest.raises(HandInError, match="only staff"):
            change()


def test_submissions_after_another_are_those_that_came_later(service: Service) -> None:
    grace = service.client("grace")
    numbers = [grace.submit(LABEL, {NOTEBOOK: text}).submission for text in (b"1", b"2", b"3")]
    assert [row["submission"] for row in grace.submissions(after=numbers[0])] == numbers[1:]
    assert grace.submissions(after=numbers[-1]) == []
    assert [row["submission"] for row in grace.submissions(after="nowhere")][-3:] == numbers


def test_a_student_does_nothing_that_is_staffs(service: Service) -> None:
    ada = service.client("ada")
    number = ada.submit(LABEL, {NOTEBOOK: b"x"}).submission
    with pytest.raises(HandInError, match="only staff"):
        ada.release("03_activations", {"a": b"1"}, force=True)
    with pytest.raises(HandInError, match="only staff"):
        ada.withdraw(LABEL)
    with pytest.raises(HandInError, match="only staff"):
        ada.give_feedback(number, {"01_setup.html": b"100 points"})
    with pytest.raises(HandInError, match="only staff"):
        ada.give_feedback(number, {"01_setup.html": b"all pass"}, early=True)
    assert ask(service, "metrics", "ada")[0] == 403


@pytest.mark.parametrize(
    ("name", "status", "line"),
    [("", 401, "who are you"), ("mallory", 401, "does not know this token"), ("eve", 403, "not in this course")],
)
def test_strangers_are_refused_everywhere(service: Service, name: str, status: int, line: str) -> None:
    for path in ("limits", "assignments", f"assignments/{LABEL}", "submissions", f"submissions/{'0' * 32}"):
        found, body = ask(service, f"courses/{COURSE}/{path}", name)
        assert (found, line in json.loads(body)["error"]) == (status, True), path
    found, body = ask(service, f"courses/{COURSE}/assignments/{LABEL}/submissions", name, "POST")
    assert (found, line in json.loads(body)["error"]) == (status, True)


def test_the_student_in_the_request_is_not_believed(service: Service) -> None:
    body = BytesIO()
    pack({NOTEBOOK: b"forged"}, body)
    request = urllib.request.Request(
        f"{service.url}courses/{COURSE}/assignments/{LABEL}/submissions?student=alan&received=2001-01-01",
        data=body.getvalue(),
        headers={"Authorization": "Bearer ada-token", "Idempotency-Key": "forged-1", "X-Student": "alan"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        receipt = json.load(answer)
    assert receipt["student"] == "ada"
    assert receipt["received"] > "2026"


def test_sent_twice_it_is_kept_once(service: Service) -> None:
    body = BytesIO()
    pack({NOTEBOOK: b"once"}, body)
    answers = []
    for _ in range(2):
        request = urllib.request.Request(
            f"{service.url}courses/{COURSE}/assignments/{LABEL}/submissions",
            data=body.getvalue(),
            headers={"Authorization": "token alan-token", "Idempotency-Key": "the-same-number"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            answers.append(json.load(answer))
    assert answers[0] == answers[1]
    numbers = [row["submission"] for row in service.client("alan").submissions()]
    assert numbers.count(answers[0]["submission"]) == 1


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("courses/other/assignments", "GET", 404),
        (f"courses/{COURSE}/assignments/99_none", "GET", 404),
        (f"courses/{COURSE}/assignments/..%2f..%2fetc", "GET", 404),
        (f"courses/{COURSE}/submissions/not-a-number", "GET", 404),
        (f"courses/{COURSE}/assignments", "PUT", 405),
        ("nothing", "GET", 404),
        ("", "GET", 404),
    ],
)
def test_what_is_not_there_is_one_line(service: Service, path: str, method: str, status: int) -> None:
    found, body = ask(service, path, "ada", method)
    assert found == status
    assert set(json.loads(body)) == {"error"}


def test_an_assignment_that_was_never_released_takes_nothing(service: Service) -> None:
    with pytest.raises(HandInError, match="'05_losses' is not released"):
        service.client("ada").submit("05_losses", {"a": b"1"})


def test_an_extension_counts_at_once_and_a_broken_course_file_changes_nothing(service: Service) -> None:
    ada, alan = service.client("ada"), service.client("alan")
    dated = COURSE_TOML + "[modules.01]\ndue = 2026-01-05T12:00:00\n[extensions]\nada.01 = 2098-01-05T12:00:00\n"
    service.course_file.write_text(dated)
    try:
        late = alan.submit(LABEL, {NOTEBOOK: b"late"})
        assert late.due == "2026-01-05T12:00:00.000000+00:00"
        assert late.seconds_late > 0
        assert ada.submit(LABEL, {NOTEBOOK: b"in time"}).due == "2098-01-05T12:00:00.000000+00:00"
        service.course_file.write_text("[course")
        assert ada.submit(LABEL, {NOTEBOOK: b"too"}).due == "2098-01-05T12:00:00.000000+00:00"
    finally:
        service.course_file.write_text(COURSE_TOML)


def test_prometheus_and_staff_read_what_was_counted(service: Service) -> None:
    service.client("ada").submit(LABEL, {NOTEBOOK: b"counted"})
    for name in ("prometheus", "ta"):
        status, body = ask(service, "metrics", name)
        assert status == 200
        count = re.search(rf'exchange_submissions_kept_total{{assignment="{LABEL}"}} ([0-9.]+)', body.decode())
        assert count is not None
        assert float(count[1]) >= 1
    assert ask(service, f"courses/{COURSE}/submissions", "prometheus")[0] == 403


def test_the_log_is_json_and_holds_no_token(service: Service) -> None:
    number = service.client("ada").submit(LABEL, {NOTEBOOK: b"logged"}).submission

    def kept() -> list[dict[str, Any]]:
        return [line for line in service.log if line.get("submission") == number and line["method"] == "POST"]

    wait_for(kept, 60, "writing the line, which follows the answer")
    assert [(line["who"], line["status"]) for line in kept()] == [("ada", 201)]
    assert "-token" not in (service.folder / "log").read_text()


def test_health_is_open_and_says_nothing_else(service: Service) -> None:
    assert ask(service, "health") == (200, b'{"status": "well"}')


def test_a_service_that_cannot_start_is_one_line(tmp_path: Path, service: Service) -> None:
    other = Service(tmp_path, service.hub)
    other.port = service.port
    with pytest.raises(AssertionError, match=r"exchange: port \d+ cannot be had: Address already in use"):
        # The first service answers in its place until the second has ended.
        other.start()
        assert other.process is not None
        assert other.process.wait(120) == 6
        raise AssertionError((tmp_path / "log").read_text())


def test_the_command_asks_the_service_for_its_key(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tito.commands import receipt as command

    file = tmp_path / "receipt.json"
    file.write_text(service.client("ada").submit(LABEL, {NOTEBOOK: b"shown"}).to_json())
    monkeypatch.setenv("TINYTORCH_EXCHANGE_URL", service.url)
    command.verify(file, None)
    assert capsys.readouterr().out.startswith(f"The receipt holds: ada handed in {LABEL} at 20")
    file.write_text(file.read_text().replace('"ada"', '"alan"'))
    with pytest.raises(HandInError, match="does not hold"):
        command.verify(file, None)
