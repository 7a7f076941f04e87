"""Receipts: what was signed holds, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace

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
