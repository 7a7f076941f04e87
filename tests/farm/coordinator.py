"""`tito grade 01 --farm` with little patience, for tests: `python -m tests.farm.coordinator <broker> <lease>`.

Prints a line of JSON for each outcome and `sent` when everything is with the farm.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tito import gradebook
from tito.course import Course
from tito.farm.pool import FarmPool
from tito.farm.rules import Rules
from tito.grading.batch import Outcome, grade_class
from tito.modules import find_module


def rules(lease: float) -> Rules:
    return Rules(lease=lease, backoff=0.2, patience=60.0)


def say(outcome: Outcome) -> None:
    points = outcome.graded.earned if outcome.graded else None
    print(json.dumps([outcome.student, outcome.state, points, outcome.reason]), flush=True)


def main() -> None:
    broker, lease = sys.argv[1:]
    course, module = Course.find(), find_module("01")
    students = sorted(path.parent.name for path in Path(course.root, "submitted").glob(f"*/{module.label}"))
    pool = FarmPool(course.id, "01", broker, rules(float(lease)), tell=print)
    with gradebook.inside(course.root):
        grade_class(course, module, students, on_outcome=say, pool=pool)


if __name__ == "__main__":
    main()
