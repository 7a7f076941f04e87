"""The exchange under a real hub: what the tokens of two students and a TA may, and what they may not."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Hub
from hub_client import Visitor, status_of

from tito.errors import HandInError
from tito.exchange.client import Access, Client
from tito.exchange.receipt import Receipt, parse_public_key

LABEL = "02_tensor"  # the other file works with 01 on the same hub
NOTEBOOK = f"{LABEL}.ipynb"


@dataclass(frozen=True)
class Holder:
    """Somebody's token, and the exchange as their server knows it."""

    name: str
    token: str
    url: str
    hub: str

    @property
    def client(self) -> Client:
        return Client(Access(self.url, self.token), "tinytorch")

    def hub_says(self, path: str, method: str = "GET", data: Any = None) -> int:
        """The status of the hub's own answer to this token."""
        body = None if data is None else json.dumps(data).encode()
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.hub}/hub/api/{path}", body, headers, method=method)
        return status_of(request)


def holder(hub: Hub, visitor: Visitor) -> Holder:
    """The token that a user's own code finds in their server: a student can take it out as this does."""
    code = "import os; print('\\n'.join(os.environ[n] for n in ('JUPYTERHUB_API_TOKEN', 'TINYTORCH_EXCHANGE_URL')))"
    printed = visitor.type_in_terminal(f'python -c "{code}"; echo d""one', "done")
    lines = printed.splitlines()
    url = next(line for line in lines if line.startswith("http://127.0.0.1:"))
    return Holder(visitor.name, lines[lines.index(url) - 1], url, hub.url)


@pytest.fixture(scope="module")
def holders(hub: Hub, visitors: dict[str, Visitor]) -> dict[str, Holder]:
    return {name: holder(hub, visitor) for name, visitor in visitors.items()}


@pytest.fixture(scope="module")
def receipt(holders: dict[str, Holder]) -> Receipt:
    """What Ada was given for a submission that the other tests pry at."""
    holders["ta"].client.release(LABEL, {NOTEBOOK: b"released"}, force=True)
    return holders["ada"].client.submit(LABEL, {NOTEBOOK: b"ada's work"})


def test_a_token_hands_in_under_its_owners_name(holders: dict[str, Holder], receipt: Receipt) -> None:
    assert receipt.student == "ada"
    receipt.check(parse_public_key(holders["alan"].client.public_key(), "the service"))
    assert holders["alan"].client.submit(LABEL, {NOTEBOOK: b"alan's"}).student == "alan"


def test_a_student_reads_only_their_own(holders: dict[str, Holder], receipt: Receipt) -> None:
    alan = holders["alan"].client
    assert {row["student"] for row in alan.submissions()} == {"alan"}
    for look in (alan.submission, alan.receipt, alan.feedback):
        with pytest.raises(HandInError, match="no such submission of yours"):
            look(receipt.submission)
    with pytest.raises(HandInError, match="only staff"):
        alan.submissions(student="ada")
    with pytest.raises(HandInError, match="only staff"):
        alan.submissions(everyone=True)


def test_a_student_changes_nothing_of_the_courses(holders: dict[str, Holder], receipt: Receipt) -> None:
    for name in ("ada", "alan"):
        client = holders[name].client
        with pytest.raises(HandInError, match="only staff"):
            client.release(LABEL, {NOTEBOOK: b"easier"}, force=True)
        with pytest.raises(HandInError, match="only staff"):
            client.withdraw(LABEL)
        with pytest.raises(HandInError, match="only staff"):
            client.give_feedback(receipt.submission, {f"{LABEL}.html": b"100"})


def test_a_ta_sees_everybody_and_gives_feedback_that_only_its_reader_sees(
    holders: dict[str, Holder], receipt: Receipt
) -> None:
    ta = holders["ta"].client
    assert {"ada", "alan"} <= {row["student"] for row in ta.submissions(LABEL, everyone=True)}
    assert ta.submission(receipt.submission) == {NOTEBOOK: b"ada's work"}
    ta.give_feedback(receipt.submission, {f"{LABEL}.html": b"well done"})
    assert holders["ada"].client.feedback(receipt.submission) == {f"{LABEL}.html": b"well done"}
    with pytest.raises(HandInError, match="no such submission of yours"):
        holders["alan"].client.feedback(receipt.submission)


def test_a_ta_cannot_make_a_submission_for_a_student(holders: dict[str, Holder], receipt: Receipt) -> None:
    assert holders["ta"].client.submit(LABEL, {NOTEBOOK: b"a trial"}).student == "ta"


def test_a_token_that_was_made_up_is_nobodys(holders: dict[str, Holder]) -> None:
    stranger = Client(Access(holders["ada"].url, "0" * 32), "tinytorch")
    with pytest.raises(HandInError, match="does not know this token"):
        stranger.releases()


def test_a_token_that_a_student_makes_holds_no_more_than_they_do(ada: Visitor, holders: dict[str, Holder]) -> None:
    asked = {"scopes": ["custom:exchange:staff", "access:services!service=exchange"]}
    assert ada.ask("/hub/api/users/ada/tokens", "POST", data=asked).status >= 400
    made = ada.ask("/hub/api/users/ada/tokens", "POST", data={})
    assert made.status == 201
    client = Client(Access(holders["ada"].url, made.json["token"]), "tinytorch")
    assert {row["student"] for row in client.submissions()} == {"ada"}
    with pytest.raises(HandInError, match="only staff"):
        client.submissions(everyone=True)


def test_a_servers_token_without_the_exchange_is_refused(ada: Visitor, holders: dict[str, Holder]) -> None:
    made = ada.ask("/hub/api/users/ada/tokens", "POST", data={"scopes": ["read:users:name!user"]})
    assert made.status == 201
    with pytest.raises(HandInError, match="not in this course"):
        Client(Access(holders["ada"].url, made.json["token"]), "tinytorch").releases()


@pytest.mark.parametrize("name", ["ada", "ta"])
def test_a_servers_token_does_nothing_else_at_the_hub(holders: dict[str, Holder], name: str) -> None:
    token = holders[name]
    assert token.hub_says("user") == 200
    for path, method, data in (
        ("users", "GET", None),
        ("users/alan", "GET", None),
        ("users/alan/server", "DELETE", None),
        ("users/alan/tokens", "POST", {}),
        (f"users/{name}/tokens", "POST", {}),
        ("groups", "GET", None),
        ("proxy", "GET", None),
        ("shutdown", "POST", {}),
        ("users/mallory", "POST", {}),
    ):
        assert token.hub_says(path, method, data) in {403, 404}, f"{method} {path}"


def test_the_service_answers_through_the_hubs_door_too(hub: Hub) -> None:
    with urllib.request.urlopen(f"{hub.url}/services/exchange/health", timeout=30) as answer:
        assert json.load(answer) == {"status": "well"}


def test_the_course_command_works_on_the_same_exchange(hub: Hub) -> None:
    access = Access.find(hub.data / "course")
    assert (hub.data / "course" / "exchange.json").stat().st_mode & 0o777 == 0o600
    assert "01_setup" in {row["assignment"] for row in Client(access, "tinytorch").releases()}
