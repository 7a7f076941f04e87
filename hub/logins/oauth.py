"""Log-in by a university's identity provider, OAuth 2 or OpenID Connect; who is not on the roster stays out."""

from __future__ import annotations

from oauthenticator.generic import GenericOAuthenticator

from hub.authenticator import ByPlatform

__all__ = ["OAuth"]


class OAuth(ByPlatform, GenericOAuthenticator):
    """OAuth 2, closed."""
