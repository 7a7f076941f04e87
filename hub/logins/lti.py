"""Log-in from a learning platform (Moodle, Canvas, ...) by LTI 1.3; who is not on the roster stays out."""

from __future__ import annotations

from ltiauthenticator.lti13.auth import LTI13Authenticator

from hub.authenticator import ByPlatform

__all__ = ["Lti"]


class Lti(ByPlatform, LTI13Authenticator):
    """LTI 1.3, closed."""
