"""Laying course.toml and the roster out for a class under Docker, with what instructors changed in the browser.

Only the standard library is needed here; the edit that keeps comments takes one more, and is done in a container.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hub.docker_cli import Docker
from hub.docker_files import Files, copy_course, make_course_folder
from tito.course import Course
from tito.files import locked
from tito.hand_over import take_over

__all__ = ["hand_over"]


def hand_over(
    course: Course, files: Files, docker: Docker, image: Callable[[], str], say: Callable[[str], None]
) -> Course:
    """Give the class what stands in the checkout; gives the course as both have it then.

    Args:
        course: the checkout's.
        files: where the class's copies are.
        docker: runs the edit.
        image: gives the grader's image, which is built where there is none.
        say: tells people.

    Raises:
        TitoError: a module was changed in the browser and here, or a file cannot be written.
    """
    make_course_folder(files)
    if files.handed.changed():
        image()  # before the class has to wait
    with locked(files.course):
        for line in take_over(course, files.handed, partial(_edited, docker, image, files.folder)):
            say(line)
        course = Course.load(course.root)
        copy_course(files, course)
    return course


def _edited(docker: Docker, image: Callable[[], str], folder: Path, *texts: str) -> str:
    """What `tito.hand_over`'s program makes of the three texts."""
    options = ["--rm", "--interactive", "--network=none", "--read-only", "--cap-drop=ALL"]
    with tempfile.TemporaryDirectory(dir=folder) as name:
        source, target = Path(name, "texts.json"), Path(name, "course.toml")
        source.write_text(json.dumps(texts), encoding="utf-8")
        docker.pipe("run", *options, image(), "python", "-m", "tito.hand_over", source=source, target=target)
        return target.read_text(encoding="utf-8")
