"""What the service is told, from the environment: the same for a hub's own process and for a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tito.errors import ToolError
from tito.exchange.archive import MEBIBYTE, Limits

__all__ = ["PREFIX", "Settings"]

PREFIX = "TINYTORCH_EXCHANGE_"


@dataclass(frozen=True)
class Settings:
    """One start of the service. docs/exchange.md lists the variables."""

    data: Path
    course: Path
    database: str
    """A SQLAlchemy URL."""
    host: str
    port: int
    prefix: str
    limits: Limits
    submissions_per_hour: int = 60
    uploads_at_once: int = 4
    """The most that one person may have under way."""
    largest_student: int = 1000 * MEBIBYTE
    """Bytes of all submissions of one person: nobody fills the disk for all others."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """From the variables TINYTORCH_EXCHANGE_* and those that JupyterHub sets for a service.

        Raises:
            ToolError: one is missing or makes no sense.
        """
        variables = _Variables(environment)
        data = Path(variables.text("DATA")).absolute()
        bind = urlsplit(variables.text("BIND", environment.get("JUPYTERHUB_SERVICE_URL", "")))
        try:
            host, port = bind.hostname or "", bind.port or 0
        except ValueError:
            host, port = "", 0
        if not host or not port:
            raise ToolError(f"{PREFIX}BIND must be an address such as http://0.0.0.0:8090, got {bind.geturl()!r}")
        prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX", "/services/exchange/")
        return cls(
            data,
            Path(variables.text("COURSE")).absolute(),
            variables.secret("DATABASE") or f"sqlite:///{data / 'exchange.sqlite'}",
            host,
            port,
            "/" + prefix.strip("/") + "/",
            variables.limits(),
            variables.number("SUBMISSIONS_PER_HOUR", cls.submissions_per_hour),
            variables.number("UPLOADS_AT_ONCE", cls.uploads_at_once),
            variables.number("LARGEST_STUDENT_MIB", cls.largest_student // MEBIBYTE) * MEBIBYTE,
        )


@dataclass(frozen=True)
class _Variables:
    environment: Mapping[str, str]

    def text(self, name: str, default: str = "") -> str:
        value = self.environment.get(PREFIX + name, "") or default
        if not value:
            raise ToolError(f"{PREFIX}{name} is not set; docs/exchange.md says what it is (nothing was started)")
        return value

    def secret(self, name: str) -> str:
        """A value, or the content of the file that <NAME>_FILE names: secrets are files in a container."""
        path = self.environment.get(f"{PREFIX}{name}_FILE", "")
        if not path:
            return self.environment.get(PREFIX + name, "")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ToolError(f"{path} cannot be read: {error.strerror} (nothing was started)") from None

    def number(self, name: str, default: int) -> int:
        text = self.environment.get(PREFIX + name, "") or str(default)
        if not text.isdecimal() or not int(text):
            raise ToolError(f"{PREFIX}{name} must be a whole number above 0, got {text!r} (nothing was started)")
        return int(text)

    def limits(self) -> Limits:
        plain = Limits()
        return Limits(
            self.number("MOST_FILES", plain.most_files),
            self.number("LARGEST_FILE_MIB", plain.largest_file // MEBIBYTE) * MEBIBYTE,
            self.number("LARGEST_WHOLE_MIB", plain.largest_whole // MEBIBYTE) * MEBIBYTE,
        )
