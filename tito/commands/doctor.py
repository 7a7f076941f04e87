"""`tito doctor`: what a grader's machine has, what is in force, what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import typer
from rich.markup import escape
from rich.table import Table

from tito.commands.context import console
from tito.course import Course
from tito.farm.probe import probe as probe_farm
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
    if any(finding.works is False and not finding.what.startswith("room: ") for finding in found):
        raise typer.Exit(1)


def findings(course: Course) -> Iterator[Finding]:
    """Try everything that grading this course would use."""
    policy = course.grading
    probes = probe_all(policy.plain_allowed, policy.image)
    for probe in probes:
        yield Finding(f"room: {probe.name}", probe.works, probe.why_not or _promise(probe))
    yield _in_force(policy, probes)
    yield Finding("limits", None, _limits(policy))
    yield Finding("earlier modules", None, policy.earlier_modules)
    yield Finding("grading processes", None, str(policy.workers or processors()))
    for what, works, remedy in probe_farm(course):
        yield Finding(what, works, remedy)


def _promise(probe: Probe) -> str:
    if probe.name == "plain":
        return f"no walls: for trying out only (allowed by [grading] allow_plain or {ALLOW_PLAIN}=1)"
    return "no network, own user, read-only files, limits"


def _in_force(policy: GradingPolicy, probes: list[Probe]) -> Finding:
    wanted = [probe for probe in probes if policy.room_here in {None, probe.name}]
    chosen = next((probe.name for probe in wanted if probe.works), None)
    nothing = f"[grading] room = {policy.room_here or 'auto'!r} does not work here: nothing can be graded"
    return Finding("room in force", chosen is not None, chosen or nothing)


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
