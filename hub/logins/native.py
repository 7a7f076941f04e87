"""Names and passwords in the hub's own database; nobody signs up, the roster's people begin with a given password."""

from __future__ import annotations

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

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """The name to log in as, or None."""
        user = self.normalize_username(data["username"])
        first = self.first_passwords.get(user, "")
        if first and compare_digest(data["password"].encode(), first.encode()) and not self.user_exists(user):
            self.db.add(UserInfo(username=user, password=_hashed(first), is_authorized=True))
            self.db.commit()
        name: str | None = await super().authenticate(handler, data)
        return name


def _hashed(password: str) -> bytes:
    hashed: bytes = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
    return hashed
