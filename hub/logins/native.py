"""Names and passwords in the hub's own database; nobody signs up, the roster's people begin with a given password."""

from __future__ import annotations

import asyncio
from hmac import compare_digest
from typing import Any

import bcrypt
from jupyterhub.handlers.login import LoginHandler
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.handlers import ChangePasswordHandler
from nativeauthenticator.orm import UserInfo
from traitlets import Dict, Unicode

from hub.authenticator import Rostered

__all__ = ["Native"]

LONGEST_PASSWORD = 72
"""Bytes that bcrypt takes."""


class Native(Rostered, NativeAuthenticator):
    """NativeAuthenticator, closed: an account is made when its owner first logs in with the password they were given.

    They change it on /hub/change-password; the given one is then worth nothing.
    """

    first_passwords = Dict(Unicode(), help="The password that each user begins with.").tag(config=True)

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:  # noqa: ARG002 - the hub's signature
        """JupyterHub's own log-in page and the page to change a password; none to sign up or to let others in.

        NativeAuthenticator 1.3's own log-in page asks the hub for what JupyterHub 6 no longer has.
        """
        return [("/login", LoginHandler), ("/change-password", ChangePasswordHandler)]

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:  # noqa: ARG002 - as above
        """The name to log in as, or None.

        A hash takes a quarter of a second, by design; it is made beside the loop that serves everybody else. An attempt
        counts as failed until it is known not to be, so that many at once gain nothing.
        """
        user, password = self.normalize_username(data["username"]), data["password"].encode()
        first = self.first_passwords.get(user, "").encode()
        if first and compare_digest(password, first) and not self.user_exists(user):
            await self._make_account(user, first)
        account = self.get_user(user)
        if account is None or not account.is_authorized or (self.allowed_failed_logins and self.is_blocked(user)):
            return None
        self.add_login_attempt(user)
        if not await asyncio.to_thread(_fits, password, account.password):
            return None
        self.successful_login(user)
        return str(user)

    async def _make_account(self, user: str, password: bytes) -> None:
        hashed = await asyncio.to_thread(bcrypt.hashpw, password, bcrypt.gensalt())
        if not self.user_exists(user):  # meanwhile, from another window
            self.db.add(UserInfo(username=user, password=hashed, is_authorized=True))
            self.db.commit()


def _fits(password: bytes, hashed: bytes) -> bool:
    return len(password) <= LONGEST_PASSWORD and bcrypt.checkpw(password, hashed)
