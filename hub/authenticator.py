"""Who may log in to a hub on one's own machine: the course's roster, with one password for all."""

from __future__ import annotations

from collections.abc import Collection
from hmac import compare_digest
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Dict, Unicode

from hub.settings import INSTRUCTORS, SECTION, STAFF, STUDENTS

__all__ = ["ByPlatform", "RosterAuthenticator", "Rostered", "leave_groups"]


def leave_groups(user: Any, theirs: Collection[str]) -> None:
    """Take a hub user out of the course's groups that are not theirs any more: a TA of last term is no staff now."""
    for group in list(user.groups):
        of_the_course = group.name in (STUDENTS, STAFF, INSTRUCTORS) or group.name.startswith(SECTION)
        if of_the_course and group.name not in theirs:
            user.groups.remove(group)


class Rostered(Authenticator):
    """The part that every way to log in has in common: only the roster's names, in the roster's spelling."""

    course_groups = Dict(help="The groups that each user is in.").tag(config=True)

    def add_user(self, user: Any) -> None:
        """Called for every known user at the hub's start, which itself only ever adds to groups."""
        super().add_user(user)
        leave_groups(user, self.course_groups.get(user.name, ()))

    def normalize_username(self, username: str) -> str:
        """The roster's spelling of `username`, in any case: nbgrader files submissions under that spelling."""
        if username in self.allowed_users:
            return username
        alike = [name for name in self.allowed_users if name.casefold() == username.casefold()]
        return alike[0] if len(alike) == 1 else username

    def validate_username(self, username: str) -> bool:
        """Only the roster's names, so that the hub forgets who left it, cookies and tokens included."""
        return username in self.allowed_users and bool(super().validate_username(username))


class ByPlatform(Rostered):
    """For log-ins from elsewhere: whoever the platform vouches for and the roster does not name reads why."""

    async def get_authenticated_user(self, handler: Any, data: Any) -> Any:
        """Who logs in, as the hub keeps them.

        Raises:
            HTTPError: nobody of this course.
        """
        found = await super().get_authenticated_user(handler, data)
        if not found:
            raise HTTPError(
                403, "you are not on this course's roster; ask your instructor to add you, then log in again"
            )
        return found


class RosterAuthenticator(Rostered):
    """Anyone on the roster, by the password that `make serve` printed.

    For trying the course out: whoever knows the password can be anybody. It only keeps other users of the machine out.
    """

    password = Unicode(help="The one password; an empty one lets nobody in.").tag(config=True)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:  # noqa: ARG002 - the hub's signature
        """The name to log in as, or None."""
        given, wanted = data.get("password", ""), self.password
        right = bool(wanted) and compare_digest(given.encode(), wanted.encode())
        return data["username"] if right else None
