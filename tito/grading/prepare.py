"""From a course folder to a grading job: the student's files are read as data, nothing of them runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tito.course import Course
from tito.files import write_if_changed
from tito.grading.job import GradingJob, exam_cells, points_by_test
from tito.grading.result import METADATA_KEY
from tito.grading.reuse import hash_of, input_keys
from tito.library import build_student
from tito.library.build import PACKAGE, library_files, read_record, reference_text
from tito.modules import Module, find_module, modules_below
from tito.percent import source_path

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["attempt_of", "failing_tests", "prepare_job"]

FORMAT = 1
"""Part of every job's key: a change of how grading works makes all grades stale."""


def prepare_job(
    course: Course,
    module: Module,
    student: str,
    assembled: NotebookNode,
    findings: Sequence[str],
    lent: Collection[Module] | None = None,
) -> GradingJob:
    """The job for a submission that was put back into the released shape (`tito.submission.assemble`).

    `lent` are the earlier modules whose reference may stand in for the student's own; all of them if it is None.
    """
    from tito.nbgrader_plugins.skeleton import course_skeleton

    own, notes = _own_texts(course, module, student)
    reference = _reference(course, module)
    if lent is not None:
        notes |= dict.fromkeys(reference.keys() - own.keys() - set(lent), "it was not handed in")
        reference = {found: text if found in lent else own.get(found, "") for found, text in reference.items()}
        reference = {found: text for found, text in reference.items() if text}
    if course.grading.earlier_modules != "own":
        for found in reference.keys() - own.keys():
            own[found] = reference[found]
            notes[found] = f"{notes.get(found) or 'it was not handed in'}; the reference's stood in for it"
    cells = exam_cells(assembled, course_skeleton(course, module.label))
    policy = course.grading
    files = library_files(own), library_files(reference)
    first = files[1] if policy.earlier_modules == "reference" else files[0]
    points = points_by_test(assembled.cells)
    return GradingJob(
        module=module.label,
        student=student,
        attempt=attempt_of(course, module, student),
        cells=tuple(cells),
        points=points,
        own=files[0],
        reference=files[1],
        modules={found.label: str(found.library_file) for found in reference},
        findings=tuple(findings),
        library=tuple(f"{found}: {note}" for found, note in sorted(notes.items())),
        policy=asdict(policy),
        key=hash_of(
            (
                FORMAT,
                module.label,
                [[cell.id, cell.source, cell.kind] for cell in cells],
                points,
                first,
                policy.verdict_settings(),
                list(findings),
            )
        ),
        reference_key=hash_of([files[1]]),
        keys=input_keys(cells, FORMAT, module.label, first, policy.verdict_settings()),
    )


def attempt_of(course: Course, module: Module, student: str) -> str:
    """When the submission was handed in, as nbgrader's timestamp file says; empty when there is none."""
    path = course.root / "submitted" / student / module.label / "timestamp.txt"
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def failing_tests(course: Course, student: str, label: str) -> list[str]:
    """The tests that fail in a module of the student's that was graded before; empty when it was not."""
    path = course.root / "autograded" / student / label / f"{label}.ipynb"
    try:
        tests = json.loads(path.read_bytes())["metadata"][METADATA_KEY]["tests"]
        return [test["id"] for test in tests if test["status"] != "passed"]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _own_texts(course: Course, module: Module, student: str) -> tuple[dict[Module, str], dict[Module, str]]:
    """The student's own earlier modules, brought up to date with what they handed in, and what is wrong with them."""
    earlier = modules_below(module.number)
    folder = course.root / "libraries" / student
    notebooks = {
        found: path
        for found in earlier
        if (path := course.root / "submitted" / student / found.label / f"{found.label}.ipynb").exists()
    }
    _bring_up_to_date(course, folder, notebooks)
    texts = {
        found: path.read_text(encoding="utf-8")
        for found in earlier
        if (path := folder / PACKAGE / found.library_file).is_file()
    }
    record = {found: build for build in read_record(folder) if (found := find_module(build.module)) in notebooks}
    return texts, {found: build.message for found, build in record.items() if build.message}


def _bring_up_to_date(course: Course, folder: Path, notebooks: dict[Module, Path]) -> None:
    """Build what was handed in, or whose source was changed, since the library was built last."""
    from tito.nbgrader_plugins.skeleton import course_skeleton

    stamps = folder / "built.json"
    try:
        before = json.loads(stamps.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    now = {found.label: _stamp(path, source_path(course.root, found.label)) for found, path in notebooks.items()}
    stale = {found: path for found, path in notebooks.items() if before.get(found.label) != now[found.label]}
    if stale:
        build_student(folder, stale, lambda found: course_skeleton(course, found.label))
        write_if_changed(stamps, json.dumps({**before, **now}, sort_keys=True) + "\n")


def _stamp(*paths: Path) -> list[int]:
    return [value for path in paths for value in (path.lstat().st_size, path.lstat().st_mtime_ns)]


def _reference(course: Course, module: Module) -> dict[Module, str]:
    """The text of the reference's modules below `module`."""
    versions = tuple(
        (found, path.stat().st_mtime_ns)
        for found in modules_below(module.number)
        if (path := source_path(course.root, found.label)).is_file()
    )
    texts = {found: _reference_text(course.root, found, version) for found, version in versions}
    return {found: text for found, text in texts.items() if text}


@lru_cache(maxsize=64)
def _reference_text(root: Path, module: Module, _version: int) -> str:
    """One module's text. Reading its source takes a third of a second, so what it gave is kept under its hash."""
    source = source_path(root, module.label).read_bytes()
    kept = root / "libraries" / ".reference" / f"{module.label}-{hashlib.sha256(source).hexdigest()[:32]}.py"
    if not kept.is_file():
        write_if_changed(kept, reference_text(root, module) or "")
    return kept.read_text(encoding="utf-8")
