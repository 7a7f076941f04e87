"""Killed in the middle, full, flooded or without a hub: what was kept stays whole, and the caller reads one line."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event

from hub.checks import free_ports
from hub.exchange import service as service_module
from hub.exchange.people import People
from hub.exchange.refusal import RefusedError
from hub.exchange.service import Service as InProcess
from hub.exchange.settings import Settings
from tests.exchange.service import COURSE, COURSE_TOML, LABEL, Service, running
from tito.errors import HandInError, ToolError
from tito.exchange.archive import pack
from tito.exchange.receipt import File, Receipt

NOTEBOOK = f"{LABEL}.ipynb"


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """A service with narrow limits and the first module released."""
    with running(folder, TINYTORCH_EXCHANGE_LARGEST_FILE_MIB="2", TINYTORCH_EXCHANGE_MOST_FILES="5") as found:
        found.client("ta").release(LABEL, {NOTEBOOK: b"released"}, force=False)
        yield found


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """One that a test may kill."""
    with serving(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests that leave it as it was."""
    with serving(tmp_path_factory.mktemp("shared")) as found:
        yield found


def half_an_upload(service: Service, name: str = "ada") -> socket.socket:
    """A connection on which half of a submission has arrived."""
    body = BytesIO()
    pack({NOTEBOOK: b"x" * 1_000_000}, body)
    head = (
        f"POST /services/exchange/courses/{COURSE}/assignments/{LABEL}/submissions HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAuthorization: token {name}-token\r\nIdempotency-Key: half-{name}-1\r\n"
        f"Content-Length: {len(body.getvalue())}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", service.port))
    connection.sendall(head.encode() + body.getvalue()[:500_000])
    return connection


def wait_for(condition: object, patience: float = 120) -> None:
    assert callable(condition)
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def uploads(service: Service) -> list[Path]:
    return list((service.data / "incoming").iterdir())


def test_killed_in_mid_upload_the_previous_submission_is_whole(service: Service) -> None:
    ada = service.client("ada")
    first = ada.submit(LABEL, {NOTEBOOK: b"first"})
    with half_an_upload(service):
        wait_for(lambda: any(path.stat().st_size > 100_000 for path in uploads(service)))
        service.kill()
    assert uploads(service), "the kill was to come in mid-upload"
    service.start()
    assert uploads(service) == []
    assert [row["submission"] for row in ada.submissions()] == [first.submission]
    assert service.client("ta").submission(first.submission) == {NOTEBOOK: b"first"}
    second = ada.submit(LABEL, {NOTEBOOK: b"second"})
    assert [row["submission"] for row in ada.submissions()] == [first.submission, second.submission]


def test_a_sender_who_leaves_leaves_nothing(shared: Service) -> None:
    before = shared.client("ada").submissions()
    with half_an_upload(shared):
        wait_for(lambda: uploads(shared))
    wait_for(lambda: not uploads(shared))
    assert shared.client("ada").submissions() == before
    assert shared.is_well()


def test_submissions_during_two_kills_are_all_kept_once(service: Service) -> None:
    def hand_in(number: int) -> Receipt:
        return service.client("ada" if number % 2 else "alan").submit(LABEL, {NOTEBOOK: f"{number}".encode()})

    def kill_twice() -> None:
        for _ in range(2):
            time.sleep(0.15)
            service.kill()
            service.start()

    killer = threading.Thread(target=kill_twice)
    with ThreadPoolExecutor(4) as senders:
        killer.start()
        receipts = list(senders.map(hand_in, range(24)))
        killer.join()
    ta = service.client("ta")
    kept = Counter(row["submission"] for row in ta.submissions(everyone=True))
    assert kept == Counter(receipt.submission for receipt in receipts)
    for number, receipt in enumerate(receipts):
        assert ta.submission(receipt.submission) == {NOTEBOOK: str(number).encode()}


def test_more_than_a_person_may_have_under_way_is_refused(shared: Service) -> None:
    connections = [half_an_upload(shared, "alan") for _ in range(4)]
    try:
        wait_for(lambda: len(uploads(shared)) == 4)
        with pytest.raises(HandInError, match="several at once"):
            shared.client("alan").submit(LABEL, {NOTEBOOK: b"one more"})
        assert shared.client("ada").submit(LABEL, {NOTEBOOK: b"mine"}).student == "ada"
    finally:
        for connection in connections:
            connection.close()
    wait_for(lambda: not uploads(shared))
    assert shared.client("alan").submit(LABEL, {NOTEBOOK: b"again"}).student == "alan"


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        ({"a": b"x" * (2 * 1024 * 1024 + 1)}, "'a' is larger than 2 MiB"),
        ({str(number): b"" for number in range(6)}, "more than 5 files"),
        ({"../a": b"x"}, "plain relative path"),
        ({"a": b"", "a/b": b""}, "both a file and a folder"),
        ({}, "there is no file in it"),
    ],
)
def test_the_service_itself_refuses_what_a_client_should_have(
    shared: Service, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes], why: str
) -> None:
    ada = shared.client("ada")
    before = ada.submissions()
    monkeypatch.setattr("tito.exchange.archive.Limits.check", lambda *_: None)
    with pytest.raises(HandInError, match=why):
        ada.submit(LABEL, contents)
    assert ada.submissions() == before
    wait_for(lambda: not uploads(shared))


def test_a_body_that_is_too_large_is_refused_while_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path, TINYTORCH_EXCHANGE_LARGEST_WHOLE_MIB="1") as service:
        service.client("ta").release(LABEL, {NOTEBOOK: b"released"}, force=False)
        monkeypatch.setattr("tito.exchange.archive.Limits.check", lambda *_: None)
        with pytest.raises(HandInError, match="more than 1878016 bytes"):
            service.client("ada").submit(LABEL, {"a": b"x" * 2_000_000})
        assert service.client("ada").submissions() == []


def test_a_flood_of_submissions_is_refused_and_all_before_it_are_kept(tmp_path: Path) -> None:
    with running(tmp_path, TINYTORCH_EXCHANGE_SUBMISSIONS_PER_HOUR="3") as service:
        service.client("ta").release(LABEL, {NOTEBOOK: b"released"}, force=False)
        ada = service.client("ada")
        for number in range(3):
            ada.submit(LABEL, {NOTEBOOK: str(number).encode()})
        with pytest.raises(HandInError, match="within an hour"):
            ada.submit(LABEL, {NOTEBOOK: b"4"})
        assert len(ada.submissions()) == 3
        assert service.client("alan").submit(LABEL, {NOTEBOOK: b"x"}).student == "alan"


def test_nobody_fills_the_disk_for_all_others(tmp_path: Path) -> None:
    with running(tmp_path, TINYTORCH_EXCHANGE_LARGEST_STUDENT_MIB="2") as service:
        service.client("ta").release(LABEL, {NOTEBOOK: b"released"}, force=False)
        ada = service.client("ada")
        ada.submit(LABEL, {NOTEBOOK: b"1" * 1_500_000})
        before = contents(service)
        with pytest.raises(HandInError, match="tell your instructor"):
            ada.submit(LABEL, {NOTEBOOK: b"2" * 1_000_000})
        assert contents(service) == before
        assert service.client("alan").submit(LABEL, {NOTEBOOK: b"x"}).student == "alan"


def contents(service: Service) -> set[Path]:
    return {path for path in (service.data / "contents").rglob("*") if path.is_file()}


def test_what_is_refused_leaves_no_contents_behind(shared: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(shared)
    monkeypatch.setattr("tito.exchange.archive.Limits.check", lambda *_: None)
    with pytest.raises(HandInError, match="plain relative path"):
        shared.client("ada").submit(LABEL, {"good": b"stored first?", "../bad": b""})
    with pytest.raises(HandInError, match="is not released"):
        shared.client("ada").submit("05_losses", {"good": b"stored first?"})
    assert contents(shared) == before


def test_without_the_hub_nobody_is_believed_and_the_line_says_so(tmp_path: Path) -> None:
    service = Service(tmp_path, f"http://127.0.0.1:{free_ports(1)[0]}/hub/api")
    service.start()
    try:
        ada = service.client("ada")
        ada.patience = 0.5
        with pytest.raises(HandInError, match="the hub does not say who you are"):
            ada.releases()
    finally:
        service.kill()


def test_without_the_service_a_call_is_one_line(tmp_path: Path) -> None:
    ada = Service(tmp_path, "http://127.0.0.1:1/hub/api").client("ada")
    ada.patience = 0.5
    with pytest.raises(HandInError, match=r"cannot be reached \(ConnectionError\)") as caught:
        ada.releases()
    assert "\n" not in str(caught.value)


def test_a_content_that_was_changed_on_the_disk_is_told_and_not_handed_out(shared: Service) -> None:
    receipt = shared.client("ada").submit(LABEL, {NOTEBOOK: b"as it was"})
    sha256 = File.of(NOTEBOOK, b"as it was").sha256
    (shared.data / "contents" / sha256[:2] / sha256[2:]).write_bytes(b"as it is!")
    with pytest.raises(HandInError, match="failed at this and wrote down why"):
        shared.client("ta").submission(receipt.submission)
    assert any("was changed" in line.get("exc_info", "") for line in shared.log)


async def nobody(_token: str) -> None:
    return None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "course.toml").write_text(COURSE_TOML)
    environment = {"DATA": str(tmp_path / "data"), "COURSE": str(tmp_path), "BIND": "http://127.0.0.1:1"}
    return Settings.read({f"TINYTORCH_EXCHANGE_{name}": value for name, value in environment.items()})


def test_a_full_disk_refuses_before_the_upload(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = InProcess(settings, People("exchange", nobody))
    found.check_room(1000)
    monkeypatch.setattr(service_module, "LEAST_FREE", 1 << 62)
    with pytest.raises(RefusedError) as caught:
        found.check_room(1000)
    assert caught.value.status_code == 507
    assert "disk is full" in caught.value.line


def test_two_services_on_one_folder_are_refused(shared: Service) -> None:
    second = Service(shared.folder, shared.hub)
    second.port = free_ports(1)[0]
    with pytest.raises(AssertionError, match="another exchange serves"):
        second.start()
    assert shared.client("ada").submit(LABEL, {NOTEBOOK: b"x"}).student == "ada"


def test_two_services_that_start_at_once_have_one_key(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else receipts that the one signs could not be checked with the key that stays."""
    generate, others = Ed25519PrivateKey.generate, list[Future[InProcess]]()

    def start() -> InProcess:
        return InProcess(settings, People("exchange", nobody))

    def meanwhile() -> Ed25519PrivateKey:
        if not others:
            others.append(threads.submit(start))
            wait(others, timeout=1)
        return generate()

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(Ed25519PrivateKey, "generate", meanwhile)
        first, second = start(), others[0].result(timeout=60)
    assert first.public_key == second.public_key == (settings.data / "receipt-key.pub").read_text(encoding="utf-8")


def test_two_who_release_at_once_release_once(settings: Settings) -> None:
    """The second reads that it is out already, and its files do not silently take the first one's place."""
    store = InProcess(settings, People("exchange", nobody)).store
    others = list[Future[bool]]()

    def release(name: str) -> bool:
        return store.release(LABEL, [File.of(NOTEBOOK, name.encode())], name, force=False)

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO exchange_releases") and not others:
            others.append(threads.submit(release, "second"))
            wait(others, timeout=1)

    with ThreadPoolExecutor(1) as threads:
        event.listen(store.engine, "before_cursor_execute", meanwhile)
        assert release("first")
        assert not others[0].result(timeout=60)
    assert store.released_files(LABEL) == (File.of(NOTEBOOK, b"first"),)


def test_a_key_that_is_damaged_is_not_replaced(settings: Settings) -> None:
    InProcess(settings, People("exchange", nobody))
    key = settings.data / "receipt-key.pem"
    key.write_text("damaged")
    with pytest.raises(ToolError, match="put it back from a backup"):
        InProcess(settings, People("exchange", nobody))
    assert key.read_text() == "damaged"


def test_a_clock_that_was_put_back_is_told_and_loses_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    found = InProcess(settings, People("exchange", nobody))
    noon = datetime(2027, 3, 1, 12, tzinfo=UTC)
    for minutes, said in ((0, False), (-0.5, False), (-90, True), (5, False)):
        found.store.clock = lambda minutes=minutes: noon + timedelta(minutes=minutes)
        found.watch_clock()
        assert bool(caplog.records) is said
        for record in caplog.records:
            assert "clock says 2027-03-01T10:30" in record.reason and "timedatectl" in record.reason
            assert "\n" not in record.reason
        caplog.clear()
        found.store.submit(LABEL, "ada", f"request {minutes}", [File("a", "0" * 64, 1)], None)
    stamps = [row["received"][11:16] for row in found.store.submissions(LABEL)]
    assert stamps == ["12:00", "11:59", "10:30", "12:05"]  # in the order in which they came


def test_a_database_of_another_version_is_left_alone(settings: Settings) -> None:
    found = InProcess(settings, People("exchange", nobody))
    with found.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE exchange_meta SET value = '99'")
    with pytest.raises(ToolError, match="version 99"):
        InProcess(settings, People("exchange", nobody))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////nowhere/x.sqlite", "cannot be opened"),
        ("no url", "cannot be opened"),
        ("sqlite+nodriver:///x", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_had_is_one_line(settings: Settings, url: str, why: str) -> None:
    with pytest.raises(ToolError, match=why) as caught:
        InProcess(replace(settings, database=url), People("exchange", nobody))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DATA", "", "DATA is not set"),
        ("COURSE", "", "COURSE is not set"),
        ("BIND", "8090", "BIND must be an address"),
        ("BIND", "http://127.0.0.1:99999", "BIND must be an address"),
        ("MOST_FILES", "many", "MOST_FILES must be a whole number"),
        ("SUBMISSIONS_PER_HOUR", "0", "SUBMISSIONS_PER_HOUR must be a whole number"),
        ("DATABASE_FILE", "/nowhere", "/nowhere cannot be read"),
    ],
)
def test_settings_that_make_no_sense_are_named(name: str, value: str, why: str) -> None:
    given = {"DATA": "/data", "COURSE": "/course", "BIND": "http://0.0.0.0:8090", name: value}
    with pytest.raises(ToolError, match=why):
        Settings.read({f"TINYTORCH_EXCHANGE_{key}": text for key, text in given.items()})
