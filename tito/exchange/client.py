"""Talking to the exchange service: one call a method, every failure one line."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tito.errors import HandInError
from tito.exchange.archive import Limits, pack, unpack
from tito.exchange.receipt import Receipt, same_files

__all__ = ["ACCESS_FILE", "Access", "Client", "Identity", "ask"]

ACCESS_FILE = "exchange.json"
"""In a hub's course folder: where its service is and a token, for commands that run outside any server."""

LONGEST_ANSWER = (5.0, 120.0)
"""Seconds to connect, and between two pieces of an answer."""

TRUSTED = Limits(most_files=100_000, largest_file=2**40, largest_whole=2**40)
"""What the service sends it has checked already."""

BUSY = {502, 503, 504}
"""What a proxy or the service answers while one of them starts or the hub is away."""


@dataclass(frozen=True)
class Identity:
    """Files by which caller and service know each other where the hub has internal TLS."""

    certificate: str
    key: str
    trusted: str

    @classmethod
    def find(cls, url: str) -> Identity | None:
        """What the hub gave this server or service for addresses such as `url`; None without internal TLS."""
        found = [os.environ.get(f"JUPYTERHUB_SSL_{name}", "") for name in ("CERTFILE", "KEYFILE", "CLIENT_CA")]
        return cls(*found) if url.startswith("https:") and all(found) else None


@dataclass(frozen=True)
class Access:
    """Where the service is and who calls."""

    url: str
    token: str
    identity: Identity | None = None

    @classmethod
    def find(cls, folder: Path) -> Access:
        """From the environment of a user's server; else from the file that a hub keeps in its course folder.

        Raises:
            HandInError: neither says where the exchange is.
        """
        url = os.environ.get("TINYTORCH_EXCHANGE_URL", "")
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if url:
            return cls(url, token, Identity.find(url))
        try:
            values = json.loads((folder / ACCESS_FILE).read_text(encoding="utf-8"))
            return cls(str(values["url"]), str(values["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise HandInError(
                f"no exchange is known here: TINYTORCH_EXCHANGE_URL is not set and {folder / ACCESS_FILE} cannot be "
                "used; work in a server of the hub or start `make serve` (nothing was sent)"
            ) from None


class Client:
    """One person's calls to the service, for one course."""

    patience = 5.0
    """Seconds that a call tries again while nobody answers."""

    patience_to_submit = 45.0
    """The same for a submission: the hub takes up to half a minute to start a service again that died."""

    def __init__(self, access: Access, course: str) -> None:
        self.access, self.course = access, course

    def public_key(self) -> str:
        """The service's public key, a PEM file's text."""
        return self._call("GET", "key").text

    def fetch_limits(self, patience: float | None = None) -> Limits:
        """What the service takes; it is asked first, so that a refusal comes before a long upload."""
        return Limits(**self._call("GET", self._path("limits"), patience=patience).json())

    def releases(self) -> list[dict[str, Any]]:
        """Every assignment that can be fetched: `assignment`, `released`, `files`."""
        return list(self._call("GET", self._path("assignments")).json())

    def fetch(self, assignment: str) -> dict[str, bytes]:
        """The files of a released assignment."""
        return self._files(self._path("assignments", assignment))

    def release(self, assignment: str, contents: Mapping[str, bytes], force: bool) -> None:
        """Let students fetch an assignment; `force` puts it in the place of an earlier release."""
        self._send(self._path("assignments", assignment) + ("?force=1" if force else ""), contents)

    def withdraw(self, assignment: str) -> None:
        """Let nobody fetch an assignment any longer; what was handed in stays."""
        self._call("DELETE", self._path("assignments", assignment))

    def submit(self, assignment: str, contents: Mapping[str, bytes]) -> Receipt:
        """Hand in; gives the receipt, which names just what was sent.

        Sent again under the same number when no answer came, so that it is kept once.
        """
        path = self._path("assignments", assignment, "submissions")
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        answer = self._send(path, contents, headers=headers, patience=self.patience_to_submit)
        receipt = Receipt.from_json(answer.content)
        if not same_files(receipt, contents):
            raise HandInError(
                f"the exchange received other files than were sent for {assignment!r}; submit again "
                "(your files are as they were)"
            )
        return receipt

    def submissions(
        self, assignment: str = "", student: str = "", everyone: bool = False, after: str = ""
    ) -> list[dict[str, Any]]:
        """Submissions, oldest first: one's own, or as staff a student's or everyone's.

        Each has `submission`, `assignment`, `student`, `received`, `due`, `files`, `feedback` (files, or empty) and
        `early` (is the feedback a machine's, to be replaced by staff's?). `after` leaves out a submission and those
        that came before it.
        """
        everyones = "1" if everyone else ""
        chosen = {"assignment": assignment, "student": student, "everyone": everyones, "after": after}
        query = "&".join(f"{name}={quote(value)}" for name, value in chosen.items() if value)
        return list(self._call("GET", self._path("submissions") + (f"?{query}" if query else "")).json())

    def submission(self, number: str) -> dict[str, bytes]:
        """The files of one submission."""
        return self._files(self._path("submissions", number))

    def receipt(self, number: str) -> Receipt:
        """The receipt of one submission, once more."""
        return Receipt.from_json(self._call("GET", self._path("submissions", number, "receipt")).content)

    def give_feedback(self, number: str, contents: Mapping[str, bytes], early: bool = False) -> None:
        """Let the author of a submission fetch these files; they replace earlier feedback on it.

        What is given `early` never takes the place of what was not.
        """
        self._send(self._path("submissions", number, "feedback") + ("?early=1" if early else ""), contents)

    def feedback(self, number: str) -> dict[str, bytes]:
        """The feedback on one submission."""
        return self._files(self._path("submissions", number, "feedback"))

    def _path(self, *parts: str) -> str:
        return "/".join(["courses", quote(self.course, safe=""), *(quote(part, safe="") for part in parts)])

    def _files(self, path: str) -> dict[str, bytes]:
        answer = self._call("GET", path)
        return dict(unpack(BytesIO(answer.content), TRUSTED))

    def _send(
        self,
        path: str,
        contents: Mapping[str, bytes],
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> requests.Response:
        self.fetch_limits(patience).check({name: len(content) for name, content in contents.items()})
        body = BytesIO()
        pack(contents, body)
        return self._call("POST", path, body.getvalue(), headers, patience)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> requests.Response:
        url = f"{self.access.url.rstrip('/')}/{path}"
        sent = {"Authorization": f"token {self.access.token}", **(headers or {})}
        answer = _with_patience(
            lambda: ask(method, url, body, sent, self.access.identity), url, patience or self.patience
        )
        if answer.status_code >= 400:
            raise HandInError(_why(answer))
        return answer


def ask(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], identity: Identity | None
) -> requests.Response:
    """One request to a service of the hub.

    Raises:
        requests.RequestException: no answer came.
    """
    with requests.Session() as session:
        session.trust_env = False  # the service is inside the hub's network: no proxy, no .netrc
        if identity:
            session.verify, session.cert = identity.trusted, (identity.certificate, identity.key)
        return session.request(
            method, url, data=body, headers=dict(headers), timeout=LONGEST_ANSWER, allow_redirects=False
        )


def _with_patience(ask: Callable[[], requests.Response], url: str, patience: float) -> requests.Response:
    """Ask until an answer comes or patience ends: a service that starts again is back in seconds."""
    deadline, pause = time.monotonic() + patience, 0.2
    while True:
        late = time.monotonic() + pause > deadline
        try:
            answer = ask()
            if answer.status_code not in BUSY or late:
                return answer
        except requests.RequestException as error:
            if late:
                raise HandInError(_unreachable(url, error)) from None
        time.sleep(pause)
        pause = min(2 * pause, 3.0)


def _unreachable(url: str, error: requests.RequestException) -> str:
    reason = "no answer in time" if isinstance(error, requests.Timeout) else type(error).__name__
    return (
        f"the exchange at {url} cannot be reached ({reason}); try again in a minute, then tell your instructor "
        "(your files are as they were)"
    )


def _why(answer: requests.Response) -> str:
    """The service's own line, or what stands in for it."""
    try:
        line = str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        line = f"the exchange answered {answer.status_code} {answer.reason}; try again, then tell your instructor"
    return " ".join(line.split())
