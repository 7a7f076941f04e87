"""Times as people read them: in the course's time zone, to the minute."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

__all__ = ["local", "short"]


def short(moment: datetime, zone: ZoneInfo) -> str:
    """`27 Nov 2026 20:41`, for tables."""
    return f"{moment.astimezone(zone):%d %b %Y %H:%M}".lstrip("0")


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`27 November 2026, 20:41 CET`."""
    return f"{moment.astimezone(zone):%d %B %Y, %H:%M %Z}".lstrip("0")
