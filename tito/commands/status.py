"""`tito status`: how far a student is, or how a course stands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.table import Table

from tito.commands.context import console, in_course, library_folder, section_students, student_notebook
from tito.course import Course
from tito.library.build import PACKAGE, read_record
from tito.modules import MODULES, PHASES, Module
from tito.notebooks import authored_modules

__all__ = ["module_state", "open_holes", "status"]

_STUB = "raise NotImplementedError()"


def status(section: str | None = None) -> None:
    course = in_course()
    if course is None:
        _student_status(library_folder())
    else:
        _course_status(course, section)


def open_holes(folder: Path, module: Module) -> int | None:
    """How many holes of `module` are still empty in the library in `folder`; None when it is not built."""
    path = folder / PACKAGE / module.library_file
    if not path.is_file():
        return None
    return sum(line.strip() == _STUB for line in path.read_text(encoding="utf-8").splitlines())


def module_state(folder: Path, module: Module) -> str:
    """One of `done`, `N holes left`, `fetched` and an empty text, for what the library and the home folder hold."""
    holes = open_holes(folder, module)
    if holes is None:
        return "fetched" if student_notebook(module).is_file() else ""
    return f"{holes} hole{'s' * (holes != 1)} left" if holes else "done"


def _student_status(folder: Path) -> None:
    messages = {build.module: build.message for build in read_record(folder)}
    states = {module: module_state(folder, module) for module in MODULES}
    for phase in PHASES:
        done = sum(states[module] == "done" for module in phase)
        count = phase.last - phase.first + 1
        mark = "unlocked: " if done == count else "unlocks: "
        console.print(f"[bold]{phase.title}[/bold]  {done} of {count} done, {mark}{phase.unlocks}", soft_wrap=True)
        for module in phase:
            if states[module] or messages.get(module.label):
                console.print(
                    f"  {module.label:<18} {states[module]:<14} {messages.get(module.label, '')}",
                    markup=False,
                )
    following = next((module for module in MODULES if states[module] != "done"), None)
    if following is None:
        console.print("Every module is done.")
    else:
        console.print(f"Next: {following.label}. `tito test {following.number:02d}` runs its tests.")


def _course_status(course: Course, section: str | None) -> None:
    only = None if section is None else frozenset(section_students(course, section))
    authored = authored_modules(course.root)
    where = course.root if section is None else f"{course.root}, section {section}"
    table = Table(title=f"{course.title} ({course.id}) in {where}")
    for heading in ("module", "release", "due", "in release/", "submitted", "autograded"):
        table.add_column(heading)
    for module in authored:
        table.add_row(
            module.label,
            _local(course, course.schedule.release(module)),
            _local(course, course.schedule.due(module)),
            "yes" if (course.root / "release" / module.label).is_dir() else "no",
            str(_students(course, "submitted", module, only)),
            str(_students(course, "autograded", module, only)),
        )
    console.print(table)
    if course.schedule.term_start is None:
        console.print("No term_start in course.toml: no module has a due date, nothing is late.")
    if len(authored) < len(MODULES):
        console.print(f"{len(authored)} of {len(MODULES)} modules are written.")


def _students(course: Course, folder: str, module: Module, only: frozenset[str] | None) -> int:
    found = (path.parent.name for path in (course.root / folder).glob(f"*/{module.label}"))
    return sum(only is None or name in only for name in found)


def _local(course: Course, moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(course.timezone).strftime("%a %Y-%m-%d %H:%M")
