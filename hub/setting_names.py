"""The settings of an installation that serves a class: every name that settings.env may hold, and no other.

A name that nothing reads is a typing error, and with it a limit or a certificate that is not in force.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.login import OPTIONS
from tito.tables import near

__all__ = ["DOCKER", "KUBERNETES", "PREFIX", "Settings"]

PREFIX = "TINYTORCH_"

_LOGIN = {"LOGIN", *(name for options in OPTIONS.values() for name in options)}
_LIMITS = {f"{role}_{what}" for role in ("STUDENT", "STAFF") for what in ("MEMORY", "PROCESSORS", "PROCESSES", "DISK")}


@dataclass(frozen=True)
class Settings:
    """What a kind of installation reads.

    Attributes:
        names: all settings, without the prefix.
        guide: the page that explains them.
        template: a file that has none yet.
    """

    names: frozenset[str]
    guide: str
    template: str

    def trouble(self, name: str) -> str:
        """Why the setting `name`, with its prefix, is not taken; empty if it is."""
        bare = name.removeprefix(PREFIX)
        if bare in self.names:
            return ""
        meant = near(bare.upper(), self.names)
        return f"{name} is no setting; " + (
            f"did you mean {PREFIX}{meant}?" if meant else f"{self.guide} has them all:"
        )


DOCKER = Settings(
    frozenset(
        {
            *("PORT", "LISTEN", "URL", "DOMAIN", "SUBNETS", "TLS_CERTIFICATE", "TLS_KEY", "INTERNAL_TLS"),
            *("WORKERS", "WORKERS_MEMORY", "IDLE_MINUTES", "PROJECT", "SOCKET", "BASE_IMAGE"),
            *("STUDENT_IMAGE", "GRADER_IMAGE", "HUB_IMAGE", "DATABASE_IMAGE", "BROKER_IMAGE"),
            *_LOGIN,
            *_LIMITS,
        }
    ),
    "docs/operator/docker.md",
    """\
# Settings of this installation; `make up` reads them. docs/operator/docker.md explains each.
# TINYTORCH_PORT=8000
# TINYTORCH_LISTEN=127.0.0.1
# TINYTORCH_URL=https://course.example.org
""",
)

KUBERNETES = Settings(
    frozenset(
        {
            *("URL", "REGISTRY", "TAG", "BROKER_IMAGE", "TLS_SECRET", "IDLE_MINUTES", "WORKERS"),
            *("EXCHANGE_STORAGE", "STORAGE_CLASS", "SHARED_STORAGE_CLASS"),
            *("DOMAIN", "INTERNAL_TLS"),  # to be told why they cannot be used
            *_LOGIN,
            *_LIMITS,
        }
    ),
    "docs/operator/kubernetes.md",
    """\
# Settings of this installation; `make kubernetes` reads them. docs/operator/kubernetes.md explains each.
# TINYTORCH_URL=https://course.example.org
# TINYTORCH_REGISTRY=registry.example.org/course
# TINYTORCH_TAG=2027.1
""",
)
