"""nbgrader's exchange over HTTP: which class nbgrader's configuration takes for what."""

from __future__ import annotations

__all__ = ["OVER_HTTP"]

OVER_HTTP = {
    "exchange": "tito.exchange.base.Exchange",
    "fetch_assignment": "tito.exchange.student.FetchAssignment",
    "fetch_feedback": "tito.exchange.student.FetchFeedback",
    "list": "tito.exchange.listing.List",
    "submit": "tito.exchange.student.Submit",
    "release_assignment": "tito.exchange.staff.ReleaseAssignment",
    "release_feedback": "tito.exchange.staff.ReleaseFeedback",
    "collect": "tito.exchange.staff.Collect",
}
"""For `c.ExchangeFactory`, in the course's nbgrader_config.py and in a student's server's."""
