"""The service's interface: who may ask for what. docs/exchange.md lists it."""

from __future__ import annotations

import errno
import json
import tempfile
from dataclasses import asdict
from typing import IO, Any

from sqlalchemy.exc import SQLAlchemyError
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from hub.exchange.log import LOG
from hub.exchange.metrics import FREE, REFUSED, SECONDS
from hub.exchange.people import Who
from hub.exchange.refusal import RefusedError
from hub.exchange.service import Service
from hub.web.metrics import send_metrics
from tito.errors import HandInError
from tito.exchange.archive import pack
from tito.exchange.receipt import File, Receipt

__all__ = [
    "Base",
    "Health",
    "Key",
    "Metrics",
    "ReceiptAgain",
    "Releases",
    "ShownLimits",
    "SubmissionFiles",
    "Submissions",
]

PIECE = 256 * 1024
"""Bytes written at a time, so that a slow reader holds no whole answer in memory."""


class Base(RequestHandler):
    """Knows the service and says what went wrong as JSON on one line."""

    def initialize(self, service: Service) -> None:
        self.service = service
        self.who: Who | None = None
        self.noted: dict[str, Any] = {}
        """What the log's line on this request says beyond the usual."""

    def set_default_headers(self) -> None:
        self.set_header("Server", "exchange")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **more: Any) -> None:
        error = more.get("exc_info", (None, None))[1]
        self.set_status(*_status_of(error, status_code))
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"error": _line_of(error, status_code)}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if isinstance(value, (RefusedError, HandInError)):
            self.noted["refused"] = value.line if isinstance(value, RefusedError) else str(value)
        else:
            LOG.error("failed", exc_info=(typ, value, tb), extra={"path": self.request.path})

    def on_finish(self) -> None:
        status = self.get_status()
        SECONDS.labels(type(self).__name__, self.request.method, status).observe(self.request.request_time())
        if 400 <= status < 500:
            REFUSED.labels(status).inc()

    def send_json(self, value: Any) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(value))

    async def send_files(self, files: tuple[File, ...]) -> None:
        """Answer with a tar of stored files."""
        contents = await self.service.run(self.service.contents, files)
        self.set_header("Content-Type", "application/x-tar")
        self.set_header("Content-Disposition", "attachment; filename=files.tar")
        with tempfile.TemporaryFile(dir=self.service.incoming) as tar:
            await self.service.run(pack, contents, tar)
            del contents
            self.set_header("Content-Length", tar.tell())
            tar.seek(0)
            await self._send(tar)

    async def _send(self, stream: IO[bytes]) -> None:
        try:
            while piece := stream.read(PIECE):
                self.write(piece)
                await self.flush()
        except StreamClosedError:
            self.noted["left"] = True  # whoever asked is gone


def _status_of(error: BaseException | None, status: int) -> tuple[int, str | None]:
    if isinstance(error, HandInError):
        return 400, None
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return 507, None
    if isinstance(error, SQLAlchemyError):
        return 503, None
    return status, None


def _line_of(error: BaseException | None, status: int) -> str:
    if isinstance(error, RefusedError):
        return error.line
    if isinstance(error, HandInError):
        return str(error)
    if status == 404:
        return "there is nothing here"
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the exchange's disk is full; tell your instructor (earlier submissions are kept)"
    if status < 500 and error is not None:
        return "the exchange does not understand this request"
    return "the exchange failed at this and wrote down why; try again, then tell your instructor (nothing was lost)"


class Health(Base):
    """Does the service work? Open to all: it says nothing but that."""

    quiet = True
    """Asked every few seconds: only what is wrong goes into the log."""

    async def get(self) -> None:
        try:
            await self.service.run(self.service.store.check)
            await self.service.run(self._write_something)
        except (OSError, SQLAlchemyError) as error:
            LOG.error("unhealthy", extra={"reason": str(error).splitlines()[0]})
            self.set_status(503)
            self.send_json({"status": "failing"})
        else:
            self.send_json({"status": "well"})

    def _write_something(self) -> None:
        with tempfile.TemporaryFile(dir=self.service.incoming) as file:
            file.write(b"well")


class Key(Base):
    """The public key, with which anybody checks receipts."""

    def get(self) -> None:
        self.set_header("Content-Type", "application/x-pem-file")
        self.finish(self.service.public_key)


class Member(Base):
    """A request of somebody in the course."""

    async def prepare(self) -> None:
        self.who = await self.service.people.identify(self.request.headers)
        if not self.who.member:
            raise RefusedError(403, f"{self.who.name!r} is not in this course; ask your instructor (nothing was kept)")
        self.check_course()

    def check_course(self) -> None:
        course = self.path_kwargs.get("course", self.service.course)
        if course != self.service.course:
            raise RefusedError(
                404, f"this exchange serves {self.service.course!r}, not {course!r} (nothing was changed)"
            )

    @property
    def member(self) -> Who:
        if self.who is None:
            raise RefusedError(401, "who are you? (nothing was kept)")
        return self.who

    def staff_only(self) -> None:
        if not self.member.staff:
            raise RefusedError(403, "only staff may do this (nothing was changed)")

    async def visible(self, number: str) -> Receipt:
        """A submission that the caller may see: their own, or as one who reads them all anybody's."""
        receipt = await self.service.run(self.service.store.submission, number)
        if receipt is None or not (self.member.reads or receipt.student == self.member.name):
            raise RefusedError(404, "there is no such submission of yours")  # the same whether it exists or not
        return receipt


class Metrics(Base):
    """For Prometheus, with a token that holds the hub's own `read:metrics`, and for staff."""

    async def get(self) -> None:
        self.who = await self.service.people.identify(self.request.headers)
        if not (self.who.metrics or self.who.staff):
            raise RefusedError(403, "only staff and Prometheus may do this")
        FREE.set(self.service.free())
        send_metrics(self)


class ShownLimits(Member):
    """What the service takes in one hand-in."""

    def get(self, course: str) -> None:  # noqa: ARG002
        self.send_json(asdict(self.service.settings.limits))


class Releases(Member):
    """What students can fetch."""

    async def get(self, course: str) -> None:  # noqa: ARG002
        self.send_json(await self.service.run(self.service.store.releases))


class Submissions(Member):
    """The caller's submissions; staff ask for one student's or everyone's."""

    async def get(self, course: str) -> None:  # noqa: ARG002
        assignment, student = self.get_query_argument("assignment", ""), self.get_query_argument("student", "")
        everyone = bool(self.get_query_argument("everyone", ""))
        if everyone or student not in {"", self.member.name}:
            if not self.member.reads:
                raise RefusedError(403, "only staff may do this (nothing was changed)")
        else:
            student = self.member.name
        after = self.get_query_argument("after", "")
        found = await self.service.run(self.service.store.submissions, assignment, student, after)
        self.quiet = everyone and not found  # services ask every second
        self.send_json(found)


class SubmissionFiles(Member):
    """What was handed in."""

    async def get(self, course: str, number: str) -> None:  # noqa: ARG002
        receipt = await self.visible(number)
        self.noted["submission"] = number
        await self.send_files(receipt.files)


class ReceiptAgain(Member):
    """The receipt of a submission, once more."""

    async def get(self, course: str, number: str) -> None:  # noqa: ARG002
        receipt = await self.visible(number)
        self.set_header("Content-Type", "application/json")
        self.finish(receipt.to_json())
