"""The demo's folders: a copy of what the course is made from, a course over it, a home for each student."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tito import notebooks
from tito.demo.expected import PERCENT_PER_DAY
from tito.demo.students import STUDENTS
from tito.errors import ToolError
from tito.library import build_reference
from tito.modules import Module
from tito.notebooks import authored_modules
from tito.percent import source_path

__all__ = ["course_file", "make_home", "snapshot"]

COURSE_ID = "demo"

_STUDENT_CONFIG = """\
from pathlib import Path

home = Path(__file__).parent
c = get_config()
c.CourseDirectory.course_id = {course!r}
c.CourseDirectory.student_id = {student!r}
c.Exchange.root = {exchange!r}
c.Exchange.assignment_dir = str(home)
c.Exchange.cache = str(home / "cache")
c.ExchangeFactory.submit = "tito.nbgrader_plugins.exchange.SubmitAndExport"
"""


def snapshot(checkout: Path, folder: Path, last: Module) -> Path:
    """Copy what the course up to module `last` is made from into `folder`, and make its notebooks and library there.

    An author who saves a source while the class is graded changes nothing here, and the demo writes nothing there.

    Raises:
        SourceError: a source cannot be read.
        ToolError: `folder` cannot be written.
    """
    try:
        (folder / "source").mkdir(parents=True)
        for module in authored_modules(checkout):
            if module > last:
                break
            shutil.copy(source_path(checkout, module.label), folder / "source")
        shutil.copy(checkout / "nbgrader_config.py", folder)
    except OSError as error:
        raise ToolError(f"{folder} cannot be set up: {error.strerror}: {error.filename} (nothing was graded)") from None
    notebooks.build(folder)
    build_reference(folder)
    return folder


def make_home(home: Path, student: str, exchange: Path) -> None:
    """A student's home, with the nbgrader configuration that their server would have."""
    home.mkdir(parents=True)
    text = _STUDENT_CONFIG.format(course=COURSE_ID, student=student, exchange=str(exchange))
    (home / "nbgrader_config.py").write_text(text, encoding="utf-8")


def course_file(modules: Iterable[Module], due: datetime) -> str:
    """The text of the demo's course.toml, with `due` (in UTC) as the due date of all `modules`."""
    local = due.replace(tzinfo=None).isoformat()
    dates = "".join(f"[modules.{module.number:02d}]\ndue = {local}\n\n" for module in modules)
    names = ", ".join(f'"{student.name}"' for student in STUDENTS)
    return (
        f'[course]\nid = "{COURSE_ID}"\ntitle = "A class of eight"\ntimezone = "UTC"\n\n{dates}'
        f"[late]\ngrace_minutes = 0\npercent_per_day = {PERCENT_PER_DAY}\nzero_after_days = 5\n\n"
        f'[roster]\ninstructors = ["instructor"]\nstudents = [{names}]\n'
    )
