"""The term in the browser: the release service's page for instructors, and the same for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tornado.web import HTTPError

from hub.term_desk import Asked, Shown, TermDesk
from hub.web.base import Data, Page
from hub.web.moments import short
from hub.web.render import POLICY
from tito.errors import ScheduleError, TitoError

__all__ = ["PAGES", "Said"]

STALE = "This was not sent from the page of the term, or that page is too old: open it anew. Nothing was changed"
FORMS = POLICY.replace("form-action 'none'", "form-action 'self'")


@dataclass(frozen=True)
class Said:
    """What became of somebody's last change: told on the page that they are sent back to, once."""

    line: str
    done: bool


class Term(Page):
    """The term, with a form for each module."""

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Security-Policy", FORMS)

    @property
    def desk(self) -> TermDesk:
        desk: TermDesk = self.site.more["desk"]
        return desk

    def prepare(self) -> None:
        super().prepare()
        if not self._finished and not self.viewer.instructor:
            raise HTTPError(403, reason="The term is for instructors to see and change here")

    def refuse_stranger(self) -> None:
        """JupyterHub takes no cookie for a change that does not carry the page's own token with it (`_xsrf`)."""
        if self.request.method == "POST":
            raise HTTPError(403, reason=STALE)
        super().refuse_stranger()

    def told(self, status: int, error: BaseException | None) -> tuple[int, str]:
        """Who sees this page mends what is wrong with course.toml, or tells who does."""
        return (503, str(error)) if isinstance(error, TitoError) else super().told(status, error)

    async def get(self) -> None:
        found = await self.desk.shown()
        said: Said | None = self.site.more["said"].pop(self.viewer.name, None)
        token = self.xsrf_token
        xsrf = token.decode() if isinstance(token, bytes) else token
        self.show("term", course=found.course, problems=found.problems, lines=rows(found), said=said, xsrf=xsrf)

    async def post(self) -> None:
        names = ("verb", "module", "days", "following")
        try:
            asked = Asked.of({name: self.get_body_argument(name, "") for name in names})
            said = Said(await self.desk.change(self.viewer.name, asked), done=True)
        except TitoError as error:
            said = Said(str(error), done=False)
        self.site.more["said"][self.viewer.name] = said
        self.redirect(self.request.path, status=303)


class TermData(Data, Term):
    """The same as JSON; a change is what `tito schedule` sends from an instructor's terminal."""

    async def get(self) -> None:
        found = await self.desk.shown()
        self.show_data(
            [
                {
                    "module": line.module.label,
                    "release": line.release and line.release.isoformat(),
                    "due": line.due and line.due.isoformat(),
                    "state": line.state,
                    "days": line.days,
                    "wrong": found.wrong.get(line.module.label, ""),
                }
                for line in found.lines
            ]
        )

    async def post(self) -> None:
        try:
            said = await self.desk.change(self.viewer.name, Asked.of(self.body()))
        except TitoError as error:
            self.set_status(409)
            self.show_data({"error": str(error)})
        else:
            self.show_data({"said": said})

    def body(self) -> dict[str, Any]:
        """The request's JSON.

        Raises:
            ScheduleError: it is no object.
        """
        try:
            values = json.loads(self.request.body)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise ScheduleError("a change is a JSON object: verb, module, days, following (nothing was changed)")
        return values


def rows(found: Shown) -> list[dict[str, Any]]:
    """The term's lines as the page shows them."""
    zone = found.course.timezone
    return [
        {
            "module": line.module.label,
            "release": short(line.release, zone) if line.release else "",
            "due": short(line.due, zone) if line.due else "",
            "state": line.state,
            "days": line.days,
            "wrong": found.wrong.get(line.module.label, ""),
        }
        for line in found.lines
    ]


PAGES: dict[str, type[Page]] = {"": Term, "schedule.json": TermData}
