"""Who may log in, by which means: names and passwords (the default), a learning platform, or an identity provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from hub.settings import People, groups_by_user, roster
from tito.errors import ToolError

__all__ = ["LOGINS", "first_password", "login_options", "login_values"]

LOGINS = {
    "native": "hub.logins.native.Native",
    "lti": "hub.logins.lti.Lti",
    "oauth": "hub.logins.oauth.OAuth",
}
"""The authenticator of each value of TINYTORCH_LOGIN."""

CLOCKS_DIFFER = 60
"""Seconds that a learning platform's clock may be before or behind this machine's."""

OPTIONS: dict[str, dict[str, str]] = {
    "native": {},
    "lti": {
        "LTI_ISSUER": "issuer",
        "LTI_AUTHORIZE_URL": "authorize_url",
        "LTI_JWKS_URL": "jwks_endpoint",
        "LTI_CLIENT_ID": "client_id",
        "LTI_USERNAME_KEY": "username_key",
    },
    "oauth": {
        "URL": "oauth_callback_url",
        "OAUTH_CLIENT_ID": "client_id",
        "OAUTH_AUTHORIZE_URL": "authorize_url",
        "OAUTH_TOKEN_URL": "token_url",
        "OAUTH_USERDATA_URL": "userdata_url",
        "OAUTH_USERNAME_CLAIM": "username_claim",
    },
}
"""Each log-in's variables, all of them needed, and the traits that they set."""


def login_options(login: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The traits that the variables of the log-in `login` set.

    Raises:
        ToolError: one is missing.
    """
    found = {trait: environment.get(f"TINYTORCH_{name}", "") for name, trait in OPTIONS[login].items()}
    for name, trait in OPTIONS[login].items():
        if not found[trait]:
            raise ToolError(
                f"TINYTORCH_{name} is not set, and the log-in {login!r} needs it; set it (nothing was started)"
            )
    return found


def first_password(secret: str, user: str) -> str:
    """The password that `user` begins with. It follows from the secret and the name, so nothing else need be kept."""
    digest = hmac.new(secret.encode(), user.encode(), hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode().lower()[:16]
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def login_values(people: People, login: str, options: Mapping[str, str], secret: str) -> dict[str, dict[str, Any]]:
    """The traits of the log-in `login`: only the roster gets in, whichever it is.

    `secret` is what first passwords follow from, or what an identity provider knows this hub by.
    """
    everyone = roster(people)
    traits: dict[str, Any] = {
        "allowed_users": set(everyone),
        # Without these two, whoever logged in once stays allowed after leaving the roster.
        "allow_existing_users": False,
        "delete_invalid_users": True,
        "course_groups": groups_by_user(people),
        **options,
    }
    if login == "native":
        traits |= {
            "first_passwords": {user: first_password(secret, user) for user in everyone},
            "enable_signup": False,
            "minimum_password_length": 10,
            "check_common_password": True,
            "allowed_failed_logins": 10,
            "seconds_before_next_try": 60,
        }
    elif login == "lti":
        traits["client_id"] = {options["client_id"]}
    else:
        callback = f"{options['oauth_callback_url'].rstrip('/')}/hub/oauth_callback"
        traits |= {"client_secret": secret, "oauth_callback_url": callback, "scope": ["openid"]}
    name = LOGINS[login]
    values: dict[str, dict[str, Any]] = {"JupyterHub": {"authenticator_class": name}, name.rpartition(".")[2]: traits}
    if login == "lti":
        values["LTI13LaunchValidator"] = {"time_leeway": CLOCKS_DIFFER}
    return values
