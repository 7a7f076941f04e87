"""`tito audit NN`: does this assignment grade rightly?

An untouched release must earn nothing, small faults in a solution must lose points, other right solutions
must earn all of them, and no run may depend on a seed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tito.audit.report import print_report
from tito.audit.result import AuditResult, Limits
from tito.audit.run import audit

__all__ = ["AuditResult", "Limits", "audit", "main"]


def main(
    module: str,
    as_json: bool = False,
    jobs: int = 2,
    root: Path | None = None,
    limits: Limits | None = None,
) -> int:
    """Audit `module` in the course folder `root` (by default the one around the working folder) and print it.

    Returns:
        The exit status: 0 when the assignment grades rightly, else 1.

    Raises:
        TitoError: the audit could not be made.
    """
    if root is None:
        from tito.course import Course

        root = Course.find().root
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=as_json) as bar:
        task = bar.add_task("reading the notebook", total=None)
        result = audit(
            module,
            root=root,
            jobs=jobs,
            limits=limits,
            progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total),
        )
    if as_json:
        json.dump(result.as_json(), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        print_report(result, Console(highlight=False, emoji=False))
    return 0 if result.passed else 1
