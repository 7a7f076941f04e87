"""Whose submission is run next: a pure function of what was handed in and what was run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from hub.grading.inbox import Submission, by_work

__all__ = ["LONGEST_WAIT", "is_fresh", "next_turns"]

LONGEST_WAIT = timedelta(hours=24)
"""What was handed in longer ago is not run any more: after a long time away the newest work comes first."""


def is_fresh(submission: Submission, now: datetime) -> bool:
    return now - submission.received <= LONGEST_WAIT


def next_turns(
    submissions: Iterable[Submission],
    answered: Collection[str],
    began: Mapping[str, datetime],
    now: datetime,
    apart: timedelta,
) -> list[Submission]:
    """What may be run now, who waits longest first.

    The newest submission of a student's module stands for all of them. Each student has one turn, for what they
    handed in last, and the next one no sooner than `apart` after that began.
    """
    turns: dict[str, Submission] = {}
    for works in by_work(submissions).values():
        newest = works[-1]
        if newest.answered or newest.number in answered or not is_fresh(newest, now):
            continue
        if newest.student in began and now - began[newest.student] < apart:
            continue
        other = turns.get(newest.student)
        if other is None or other.received < newest.received:
            turns[newest.student] = newest
    return sorted(turns.values(), key=lambda submission: submission.received)
