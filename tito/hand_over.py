"""What instructors changed in the browser comes into the checkout's course.toml before it is handed over again.

Three texts decide, as in a merge: the checkout's, the class's, and the one that both last agreed on. A module that only
the class changed is taken; one that both changed differently is refused. Only the keys that the verbs write are looked
at. The standard library is enough here: `make up` has no other, and edits the text in a container by

    python -m tito.hand_over < three texts as JSON
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from tito.class_copy import Handed, has_class
from tito.course import COURSE_FILE, Course
from tito.errors import CourseFileError, ScheduleError, TitoError, UnknownModuleError
from tito.files import locked, write_if_changed
from tito.modules import MODULES, Module, find_module
from tito.schedule import Values, written
from tito.tables import read_toml

__all__ = ["Edit", "changed_in_browser", "edited_here", "main", "take_over", "taken", "to_hand_over"]

Edit = Callable[[str, str, str], str]
"""Gives the checkout's text with what is taken, of the three texts."""

KEYS = ("released", "hold", "shift_days", "following")
"""What the verbs write into a module's table."""


def taken(ours: str, base: str, theirs: str) -> dict[Module, Values]:
    """What is to be written into the checkout's text `ours` so that it has what the class's, `theirs`, got since then.

    Raises:
        ScheduleError: both changed a module, and not to the same.
    """
    here, before, there = (_verbs_of(text) for text in (ours, base, theirs))
    changes: dict[Module, Values] = {}
    for module in MODULES:
        own, old, new = (found.get(module.number, {}) for found in (here, before, there))
        if new in (old, own):
            continue
        if own != old:
            raise ScheduleError(
                f"{module.label} was changed in the browser ({_said(new)}) and in {COURSE_FILE} here ({_said(own)}): "
                f"write the former into [modules.{module.number:02d}] here, or the latter on the page "
                "/services/release/, and run this again (nothing was changed)"
            )
        changes[module] = {key: new.get(key) for key in KEYS if new.get(key) != own.get(key)}
    return changes


def take_over(course: Course, handed: Handed, edit: Edit) -> list[str]:
    """Write into the checkout's course.toml what was changed in the browser; gives one line a module.

    Whoever calls it holds the lock of `handed.folder`, since the class goes on changing its copy.

    Raises:
        TitoError: both sides changed a module, or the file would make no sense; it is as it was.
    """
    if not handed.changed():
        return []
    ours, base, theirs = _texts(course, handed)
    told = _lines(taken(ours, base, theirs), theirs)
    if told:
        text = edit(ours, base, theirs)
        try:
            Course.of(course.root, tomllib.loads(text))
        except CourseFileError as error:
            raise CourseFileError(f"{error}: so it is with what was changed in the browser, {told[0]}") from None
        _write_for_its_owner((course.root / COURSE_FILE).resolve(), text)
    write_if_changed(handed.record, theirs)
    return [f"changed in the browser, now in {COURSE_FILE} too: {line}" for line in told]


def edited_here(ours: str, base: str, theirs: str) -> str:
    """The edit, where tomlkit is installed: comments and order stay."""
    from tito.course_edit import checked

    return checked(ours, taken(ours, base, theirs), Path(COURSE_FILE))


def changed_in_browser(course: Course) -> list[str]:
    """Before a verb changes the checkout's file of a class under Docker, what the class has comes into it.

    Raises:
        TitoError: both sides changed a module.
    """
    if not has_class(course):
        return []
    handed = Handed.of(course)
    with locked(handed.folder):
        return take_over(course, handed, edited_here)


def to_hand_over(course: Course) -> str:
    """What is still to be done so that checkout and class have the same; empty where there is nothing."""
    if not has_class(course):
        return ""
    handed = Handed.of(course)
    if handed.agrees(course):
        return ""
    told = _waiting(course, handed) if handed.changed() else ""
    if told:
        return told
    return "The class under Docker has what stood here before: run `make up` again. Everybody's servers run on."


def _waiting(course: Course, handed: Handed) -> str:
    try:
        ours, base, theirs = _texts(course, handed)
        told = _lines(taken(ours, base, theirs), theirs)
    except TitoError as error:
        return str(error)
    return f"Changed in the browser, and not here yet: {', '.join(told)}. `make up` takes it over." if told else ""


def _texts(course: Course, handed: Handed) -> tuple[str, str, str]:
    """The checkout's, the one that both agreed on, and the class's.

    Raises:
        CourseFileError: the class's makes no sense.
    """
    read_toml(handed.copy)
    ours, base, theirs = (course.root / COURSE_FILE, handed.record, handed.copy)
    return ours.read_text(encoding="utf-8"), base.read_text(encoding="utf-8"), theirs.read_text(encoding="utf-8")


def _verbs_of(text: str) -> dict[int, Values]:
    """The verbs' keys of each module that has one."""
    found: dict[int, Values] = {}
    for name, values in tomllib.loads(text).get("modules", {}).items():
        try:
            number = find_module(name).number
        except UnknownModuleError:
            continue
        # What is off says what is absent says.
        kept = {key: values[key] for key in KEYS if key in values and values[key] is not False}
        if kept:
            found[number] = kept
    return found


def _said(values: Values) -> str:
    return ", ".join(written(key, value) for key, value in values.items()) or "as planned"


def _lines(changes: dict[Module, Values], theirs: str) -> list[str]:
    """`06_optimizers (hold = true)`, one a module that changes, as the class has it."""
    there = _verbs_of(theirs)
    return [f"{module.label} ({_said(there.get(module.number, {}))})" for module in changes]


def _write_for_its_owner(path: Path, text: str) -> None:
    """Root, who may run `make up`, leaves the file to whom it belongs."""
    before = path.stat()
    write_if_changed(path, text)
    path.chmod(stat.S_IMODE(before.st_mode))
    if os.geteuid() == 0:
        os.chown(path, before.st_uid, before.st_gid)


def main() -> int:
    """Edit the text on standard input in a container, where tomlkit is; gives the exit status."""
    try:
        sys.stdout.write(edited_here(*json.load(sys.stdin)))
    except TitoError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
