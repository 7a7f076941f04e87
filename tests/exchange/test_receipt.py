"""Receipts: what was signed holds, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tito.errors import HandInError
from tito.exchange.receipt import File, Receipt, parse_public_key, public_text

KEY = Ed25519PrivateKey.generate()
RECEIPT = Receipt(
    submission="0" * 32,
    course="tiny",
    assignment="01_setup",
    student="ada",
    received="2027-02-01T10:00:00.000001+00:00",
    due="2027-02-01T09:00:00.000000+00:00",
    files=(File.of("01_setup.ipynb", b"{}"), File.of("Übung", b"")),
).signed(KEY)


def test_a_receipt_holds_after_a_journey_through_a_file() -> None:
    again = Receipt.from_json(RECEIPT.to_json())
    assert again == RECEIPT
    again.check(parse_public_key(public_text(KEY), "here"))
    Receipt.from_json(json.dumps(json.loads(RECEIPT.to_json()), indent=4)).check(KEY.public_key())


@pytest.mark.parametrize(
    "changed",
    [
        {"student": "alan"},
        {"received": "2027-02-01T08:00:00.000001+00:00"},
        {"due": None},
        {"assignment": "02_tensor"},
        {"course": "other"},
        {"submission": "1" * 32},
        {"files": (File.of("01_setup.ipynb", b"{ }"), File.of("Übung", b""))},
        {"files": RECEIPT.files[:1]},
        {"signature": ""},
        {"signature": "not base64"},
    ],
)
def test_any_change_shows(changed: dict[str, object]) -> None:
    with pytest.raises(HandInError, match="does not hold"):
        replace(RECEIPT, **changed).check(KEY.public_key())  # type: ignore[arg-type]


def test_another_services_receipt_does_not_hold() -> None:
    with pytest.raises(HandInError, match="does not hold"):
        RECEIPT.check(Ed25519PrivateKey.generate().public_key())


def test_lateness_is_the_servers_clock_against_the_due_time() -> None:
    assert RECEIPT.seconds_late == pytest.approx(3600.000001)
    assert replace(RECEIPT, due=None).seconds_late == 0
    assert replace(RECEIPT, due="2027-02-01T11:00:00+01:00").seconds_late == pytest.approx(1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        RECEIPT.to_json().replace('"version": 1', '"version": 2'),
        RECEIPT.to_json().replace('"student": "ada"', '"student": 7'),
        RECEIPT.to_json().replace('"student"', '"pupil"'),
        RECEIPT.to_json().replace("+00:00", ""),
        RECEIPT.to_json()[:-20],
    ],
)
def test_what_is_no_receipt_is_one_line(text: str) -> None:
    with pytest.raises(HandInError, match="no receipt") as caught:
        Receipt.from_json(text)
    assert "\n" not in str(caught.value)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_json_passes_for_a_receipt(value: object) -> None:
    with pytest.raises(HandInError):
        Receipt.from_json(json.dumps(value))


def test_another_kind_of_key_is_refused() -> None:
    with pytest.raises(HandInError, match="no public key"):
        parse_public_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "key.pub")


def tito(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """What the command prints, and its exit status."""
    from tito import cli

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr("sys.argv", ["tito", *arguments])
        cli.main()
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out + printed.err


def test_the_command_checks_a_receipt_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "01_setup"
    (folder / "receipts").mkdir(parents=True)
    file, key = folder / "receipts" / "one.json", tmp_path / "key.pub"
    file.write_text(RECEIPT.to_json())
    key.write_text(public_text(KEY))
    (folder / "01_setup.ipynb").write_bytes(b"{}")
    (folder / "Übung").write_bytes(b"more")
    status, printed = tito(capsys, "receipt", "verify", str(file), "--key", str(key))
    assert status == 0
    assert printed.splitlines() == [
        "The receipt holds: ada handed in 01_setup at 2027-02-01 10:00:00 UTC.",
        "It was due at 2027-02-01 09:00:00 UTC: 1:00:00 late.",
        "  01_setup.ipynb  2 bytes  as it is there now",
        "  Übung  0 bytes  changed since",
    ]
    file.write_text(RECEIPT.to_json().replace("T10:00", "T08:00"))
    status, printed = tito(capsys, "receipt", "verify", str(file), "--key", str(key))
    assert status == HandInError.exit_code
    assert printed.startswith("tito: the receipt of '01_setup' for 'ada' does not hold")
    assert printed.count("\n") == 1


def test_without_a_key_and_an_exchange_the_command_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.json").write_text(RECEIPT.to_json())
    status, printed = tito(capsys, "receipt", "verify", "one.json")
    assert (status, printed.count("\n")) == (HandInError.exit_code, 1)
    assert "--key FILE" in printed
    status, printed = tito(capsys, "receipt", "verify", "two.json")
    assert (status, printed.count("\n")) == (HandInError.exit_code, 1)
