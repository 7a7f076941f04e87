"""What a student's library holds and how it came to that, as the library service notes it in their folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tito.files import write_if_changed
from tito.library.build import PACKAGE, ModuleBuild
from tito.modules import MODULES, Module

__all__ = ["DONE", "Built", "Entry", "ModuleStatus", "note_build", "read_done", "status_of"]

DONE = "submissions.json"
"""Beside a library: for each module the submission that was built last, and the last that could be built."""


@dataclass(frozen=True)
class Built:
    """A build that worked."""

    submission: str
    received: str
    at: str
    sha256: str
    """Of the module's file."""


@dataclass(frozen=True)
class Entry:
    """The last build of a module, and the last that worked."""

    submission: str
    received: str = ""
    at: str = ""
    state: str = ""
    """As `ModuleBuild` has it, or `refused` where the submission was no notebook."""
    message: str = ""
    good: Built | None = None


@dataclass(frozen=True)
class ModuleStatus:
    """One module of one student's library. Times are ISO 8601."""

    student: str
    module: str
    version: str
    """The first digits of the SHA-256 of the module's file; empty when there is none."""
    built: str
    submission: str
    """Of the file that is there; empty when it was not built of a submission (`tito export`)."""
    received: str
    """When that was handed in."""
    failed: str
    """Why the last build did not work; empty when it did."""
    failed_submission: str
    failed_received: str
    kept: bool
    """Did the last build fail while an earlier version stayed?"""


def read_done(folder: Path) -> dict[str, Entry]:
    """What was built in a student's folder, by assignment. A lost record costs one more build."""
    try:
        found = json.loads((folder / DONE).read_text(encoding="utf-8"))
        return {label: _entry(values) for label, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def _entry(values: Any) -> Entry:
    if isinstance(values, str):  # all that was noted before there was this page
        return Entry(values)
    good = values["good"]
    return Entry(**{**values, "good": Built(**good) if good else None})


def note_build(folder: Path, label: str, row: Mapping[str, Any], build: ModuleBuild, now: datetime) -> None:
    """Note that the submission in the exchange's `row` was built, and what came of it.

    Raises:
        ToolError: it cannot be written.
    """
    done = read_done(folder)
    at = now.isoformat(timespec="seconds")
    number, received = str(row["submission"]), str(row["received"])
    before = done.get(label)
    good = before.good if before else None
    if build.state == "built":
        good = Built(number, received, at, _sha256(folder, label))
    done[label] = Entry(number, received, at, build.state, build.message, good)
    text = json.dumps({label: asdict(entry) for label, entry in done.items()}, indent=1, sort_keys=True)
    write_if_changed(folder / DONE, text + "\n")


def status_of(folder: Path, student: str) -> list[ModuleStatus]:
    """Every module that the library of `student` in `folder` holds or should hold, in order."""
    done = read_done(folder)
    found = (_status(folder, student, module, done.get(module.label)) for module in MODULES)
    return [status for status in found if status is not None]


def _status(folder: Path, student: str, module: Module, entry: Entry | None) -> ModuleStatus | None:
    path = folder / PACKAGE / module.library_file
    there = path.is_file()
    if not there and entry is None:
        return None
    digest = _sha256(folder, module.label) if there else ""
    good = entry.good if entry and entry.good and entry.good.sha256 == digest else None
    built = good.at if good else _changed(path) if there else ""
    failed = entry is not None and entry.state not in ("", "built")
    return ModuleStatus(
        student=student,
        module=module.label,
        version=digest[:12],
        built=built,
        submission=good.submission if good else "",
        received=good.received if good else "",
        failed=(entry.message or entry.state) if entry and failed else "",
        failed_submission=entry.submission if entry and failed else "",
        failed_received=entry.received if entry and failed else "",
        kept=failed and there,
    )


def _sha256(folder: Path, label: str) -> str:
    module = next(module for module in MODULES if module.label == label)
    return hashlib.sha256((folder / PACKAGE / module.library_file).read_bytes()).hexdigest()


def _changed(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
