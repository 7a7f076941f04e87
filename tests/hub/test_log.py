"""The hub's log: what the terminal is told of it, and how a failure is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import log as hub_log
from hub.log import HubLog


@pytest.fixture
def log(tmp_path: Path) -> HubLog:
    """A log that an earlier start has written to."""
    path = tmp_path / "hub.log"
    path.write_text("[E 2026-11-20 10:00:00.000 JupyterHub app:1] of yesterday\n")
    return HubLog(path)


def write(log: HubLog, text: str) -> None:
    with log.path.open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[W 2026-11-21 23:10:04.496 JupyterHub base:12] ada's server is slow", ["ada's server is slow"]),
        ("[E 2026-11-21 23:10:04.496 JupyterHub base:12] no", ["no"]),
        ("[I 2026-11-21 23:10:04.496 JupyterHub base:12] fine", []),
        ("[W 2026-11-21 23:10:04.496 JupyterHub proxy:783] Running JupyterHub without SSL.  I hope", []),
        ("[W 2026-11-21 23:10:04,691 tornado.access] 404 GET /x", []),
        ("[W 2026-11-21 23:10:21.170 JupyterHub log:192] 404 GET /hub/nowhere (@127.0.0.1) 6.86ms", []),
        ("    raise ValueError", []),
    ],
)
def test_the_terminal_is_told_the_hubs_warnings_alone(log: HubLog, line: str, told: list[str]):
    write(log, line + "\n")
    assert list(log.news()) == told
    assert list(log.news()) == []


def test_half_a_line_waits_for_its_other_half(log: HubLog):
    write(log, "[E 2026 JupyterHub base:12] one\n[E 2026 JupyterHub base:12] tw")
    assert list(log.news()) == ["one"]
    write(log, "o\n")
    assert list(log.news()) == ["two"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it gave no reason"),
        ("[I 2026 JupyterHub app:1] fine\n", "it gave no reason"),
        (
            "[E 2026 JupyterHub app:1] no\n  File x\nproxy: port 1 cannot be had: Permission denied\n",
            "proxy: port 1 cannot be had: Permission denied",
        ),
        (
            "Traceback (most recent call last):\n  x\nsqlite3.OperationalError: disk is full\n",
            "sqlite3.OperationalError: disk is full",
        ),
        (
            "proxy: port 1 cannot be had\n[C 2026 JupyterHub app:1] Failed to start proxy\n",
            "proxy: port 1 cannot be had",
        ),
        ("[E 2026 JupyterHub app:1] \n", "it gave no reason"),
        ("[E 2026-11-21 23:10:04,690 configurable_http_proxy] Failed to get custom error page\n", "it gave no reason"),
        ("[C 2026 JupyterHub app:1] bad config\n[C 2026 JupyterHub app:1] Received signal SIGTERM\n", "bad config"),
    ],
)
def test_a_failure_is_explained_by_this_starts_last_error(log: HubLog, text: str, reason: str):
    write(log, text)
    assert log.why() == f"{reason} (log: {log.path}; all work is kept)"


def test_a_large_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_log, "LARGEST", 10)
    path = tmp_path / "hub.log"
    path.write_text("x" * 11)
    HubLog(path)
    assert path.read_text() == ""
    assert path.with_suffix(".log.1").read_text() == "x" * 11
