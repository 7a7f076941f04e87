"""`tito doctor`: what a grader's machine has, what is in force, what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import typer
from rich.markup import escape
from rich.table import Table

from tito import gradebook
from tito.commands.context import console
from tito.course import Course
from tito.errors import TitoError
from tito.grading.policy import ALLOW_PLAIN, GradingPolicy, processors
from tito.sandbox.choose import Probe, probe_all

__all__ = ["Finding", "doctor", "findings"]


@dataclass(frozen=True)
class Finding:
    """One line of the report. `works` is None for what is only told."""

    what: str
    works: bool | None
    detail: str


def doctor() -> None:
    table = Table()
    for heading in ("what", "", "detail"):
        table.add_column(heading, overflow="fold")
    found = list(findings(Course.find()))
    for finding in found:
        mark = {True: "works", False: "missing", None: ""}[finding.works]
        table.add_row(finding.what, mark, escape(finding.detail))
    console.print(table)
    usable = [finding for finding in found if finding.what.startswith("room: ") and finding.works]
    broken = [finding for finding in found if finding.what in {"database", "broker"} and finding.works is False]
    if not usable or broken:
        raise typer.Exit(1)


def findings(course: Course) -> Iterator[Finding]:
    """Try everything that grading this course would use."""
    policy = course.grading
    probes = probe_all(policy.plain_allowed, policy.image)
    for probe in probes:
        yield Finding(f"room: {probe.name}", probe.works, probe.why_not or _promise(probe))
    yield Finding("room in force", None, _in_force(policy, probes))
    yield Finding("limits", None, _limits(policy))
    yield Finding("earlier modules", None, policy.earlier_modules)
    yield Finding("grading processes", None, str(policy.workers or processors()))
    yield _database(course)


def _promise(probe: Probe) -> str:
    if probe.name == "plain":
        return f"no walls: for trying out only (allowed by [grading] allow_plain or {ALLOW_PLAIN}=1)"
    return "no network, own user, read-only files, limits"


def _in_force(policy: GradingPolicy, probes: list[Probe]) -> str:
    wanted = [probe for probe in probes if policy.room in {"auto", probe.name}]
    chosen = next((probe.name for probe in wanted if probe.works), None)
    return chosen or f"none: [grading] room = {policy.room!r} does not work here, nothing can be graded"


def _limits(policy: GradingPolicy) -> str:
    limits = policy.limits
    parts = (
        f"{policy.cell_seconds:g} s a cell",
        f"{policy.notebook_seconds:g} s a notebook",
        f"{limits.cpu_seconds} s of processor time",
        f"{policy.memory_mb} MB",
        f"{limits.processes} processes",
        f"{limits.open_files} open files",
    )
    return ", ".join(parts)


def _database(course: Course) -> Finding:
    from nbgrader.api import Gradebook

    with gradebook.inside(course.root):
        try:
            url = str(gradebook.nbgrader_api(course).coursedir.db_url)
            with Gradebook(url, course.id) as book:
                count = len(book.assignments)
        except TitoError as error:
            return Finding("database", False, str(error))
        except Exception as error:  # whatever a database driver raises
            return Finding("database", False, f"{type(error).__name__}: {str(error).splitlines()[0]}")
    return Finding("database", True, f"{_without_password(url)}, {count} assignments")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{parts.hostname}:{parts.port or ''}".rstrip(":")))
