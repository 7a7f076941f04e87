"""Requests that bring files: the body goes to a file as it arrives, and nothing is kept before all of it is there."""

from __future__ import annotations

import re
import uuid
from contextlib import ExitStack
from typing import IO

from tornado.http1connection import HTTP1Connection
from tornado.web import stream_request_body

from hub.exchange.handlers import Member
from hub.exchange.log import LOG
from hub.exchange.metrics import KEPT
from hub.exchange.refusal import RefusedError
from hub.exchange.service import Service
from tito.exchange.receipt import File, Receipt

__all__ = ["FeedbackUpload", "ReleaseFiles", "SubmissionUpload"]

_REQUEST = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Upload(Member):
    """Takes a tar of files."""

    def initialize(self, service: Service) -> None:
        super().initialize(service)
        self.refused: RefusedError | None = None
        self.received = 0
        self.upload = self.service.incoming / f"{uuid.uuid4().hex}.tar"
        self.file: IO[bytes] | None = None
        self.gone = False
        self.open_things = ExitStack()

    async def prepare(self) -> None:
        connection = self.request.connection
        if isinstance(connection, HTTP1Connection):
            connection.set_max_body_size(2 * self.service.settings.limits.largest_body)
        # A refusal waits until the body is in: whoever still sends would see a broken connection, not the line.
        try:
            await super().prepare()
            if self.request.method == "POST" and not self.gone:
                self._begin()
        except RefusedError as refused:
            self.refused = refused

    def _begin(self) -> None:
        self.check_upload()
        size = self.request.headers.get("Content-Length", "")
        largest = self.service.settings.limits.largest_body
        if size.isdecimal() and int(size) > largest:
            raise RefusedError(413, f"more than {largest} bytes; take files out (nothing was kept)")
        self.service.check_room(int(size) if size.isdecimal() else largest)
        self.open_things.enter_context(self.service.one_more_upload(self.member.name))
        self.file = self.open_things.enter_context(self.upload.open("xb"))

    def check_upload(self) -> None:
        """Raises RefusedError where the caller may not send this."""
        raise NotImplementedError

    def not_refused(self) -> None:
        """Raises what was found before the body came."""
        if self.refused:
            raise self.refused

    def data_received(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > self.service.settings.limits.largest_body:
            self.refused = self.refused or RefusedError(413, "too large; take files out (nothing was kept)")
        if self.file and not self.refused:
            try:
                self.file.write(chunk)
            except OSError as error:
                LOG.error("upload failed", extra={"reason": error.strerror})
                self.refused = RefusedError(507, "the exchange cannot write; tell your instructor (nothing was kept)")

    async def take(self) -> list[File]:
        """The files that came, stored.

        Raises:
            RefusedError: the request was refused.
            HandInError: they are not as they must be.
        """
        self.not_refused()
        if self.file is None:
            raise RefusedError(400, "nothing came (nothing was kept)")
        self.file.close()  # what is still in its buffer may meet a full disk, which write_error tells
        self.noted["bytes"] = self.received
        return await self.service.run(self.service.keep, self.upload)

    def on_finish(self) -> None:
        super().on_finish()
        self._clean_up()

    def on_connection_close(self) -> None:
        self.gone = True  # in the middle of sending
        self._clean_up()

    def _clean_up(self) -> None:
        self.open_things.close()
        self.upload.unlink(missing_ok=True)


@stream_request_body
class SubmissionUpload(Upload):
    """A student's hand-in. Who and when are the server's to say."""

    def check_upload(self) -> None:
        if not _REQUEST.fullmatch(self.request.headers.get("Idempotency-Key", "")):
            raise RefusedError(
                400, "a submission needs an Idempotency-Key of 8 to 64 letters and digits (nothing was kept)"
            )

    async def post(self, course: str, assignment: str) -> None:  # noqa: ARG002
        self.not_refused()
        receipt = await self.service.run(self._known, assignment)
        if receipt is None:
            files = await self.take()
            receipt = await self.service.run(self._keep, assignment, files)
            KEPT.labels(assignment).inc()
        self.noted |= {"submission": receipt.submission, "assignment": assignment, "files": len(receipt.files)}
        self.set_status(201)
        self.set_header("Content-Type", "application/json")
        self.finish(receipt.to_json())

    def _known(self, assignment: str) -> Receipt | None:
        """The receipt, if this hand-in came before; what may not come is refused before its contents are stored."""
        service, student = self.service, self.member.name
        known = service.store.by_request(student, self.request.headers["Idempotency-Key"])
        if known:
            return known
        if not service.store.was_released(assignment):
            raise RefusedError(404, f"{assignment!r} is not released in this course (nothing was kept)")
        most, room = service.settings.submissions_per_hour, service.settings.largest_student
        if service.store.recent(student) >= most:
            raise RefusedError(429, f"{most} submissions within an hour are the most; wait a little (all are kept)")
        if service.store.size_of(student) + self.received > room:
            raise RefusedError(413, f"your submissions would be over {room} bytes; tell your instructor (all are kept)")
        return None

    def _keep(self, assignment: str, files: list[File]) -> Receipt:
        service, student = self.service, self.member.name
        service.watch_clock()
        request, due = self.request.headers["Idempotency-Key"], service.deadlines.due(assignment, student)
        return service.store.submit(assignment, student, request, files, due)


@stream_request_body
class ReleaseFiles(Upload):
    """An assignment's files: fetched by everybody, released and withdrawn by staff."""

    def check_upload(self) -> None:
        self.staff_only()

    async def get(self, course: str, assignment: str) -> None:  # noqa: ARG002
        self.not_refused()
        files = await self.service.run(self.service.store.released_files, assignment)
        if files is None:
            raise RefusedError(404, f"{assignment!r} is not released in this course")
        await self.send_files(files)

    async def post(self, course: str, assignment: str) -> None:  # noqa: ARG002
        files = await self.take()
        force = bool(self.get_query_argument("force", ""))
        if not await self.service.run(self.service.store.release, assignment, files, self.member.name, force):
            raise RefusedError(
                409, f"{assignment!r} is released already; add --force to replace it (it was not changed)"
            )
        self.noted |= {"released": assignment, "files": len(files)}
        self.set_status(201)
        self.send_json({"assignment": assignment})

    async def delete(self, course: str, assignment: str) -> None:  # noqa: ARG002
        self.not_refused()
        self.staff_only()
        if not await self.service.run(self.service.store.withdraw, assignment):
            raise RefusedError(404, f"{assignment!r} is not released in this course (nothing was changed)")
        self.noted["withdrawn"] = assignment
        self.send_json({"assignment": assignment})


@stream_request_body
class FeedbackUpload(Upload):
    """Feedback on one submission: fetched by its author, given by staff."""

    def check_upload(self) -> None:
        self.staff_only()

    async def get(self, course: str, number: str) -> None:  # noqa: ARG002
        self.not_refused()
        receipt = await self.visible(number)
        files = await self.service.run(self.service.store.feedback, receipt.submission)
        if not files:
            raise RefusedError(404, "there is no feedback on this submission yet")
        await self.send_files(files)

    async def post(self, course: str, number: str) -> None:  # noqa: ARG002
        files = await self.take()
        receipt = await self.visible(number)
        store = self.service.store
        give = store.give_early_feedback if self.get_query_argument("early", "") else store.give_feedback
        await self.service.run(give, receipt.submission, files, self.member.name)
        self.noted |= {"feedback": number, "student": receipt.student}
        self.set_status(201)
        self.send_json({"submission": number})
