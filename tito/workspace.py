"""A course folder of its own for `make serve`, the demo and the tests: none of them touches a checkout's records."""

from __future__ import annotations

from pathlib import Path

from tito.course import COURSE_FILE
from tito.errors import ToolError

__all__ = ["lay_out_course"]

_SHARED = ("source", "nbgrader_config.py", "tinytorch_lib")
_OWN = ("release", "submitted", "autograded", "feedback")


def lay_out_course(dest: Path, checkout: Path, course_file: str | None = None, exchange: bool = True) -> Path:
    """Make `dest` a course folder that shares what `checkout` authors and keeps its own records.

    `course_file` is the text of its course.toml; without it the checkout's is shared. `exchange` also makes the folder
    that nbgrader exchanges files through; a hub has a service for that. Running it again keeps everything.

    Raises:
        ToolError: `dest` cannot be written.
    """
    try:
        dest.mkdir(parents=True, exist_ok=True)
        for name in _OWN:
            (dest / name).mkdir(exist_ok=True)
        if exchange:
            (dest / "exchange").mkdir(exist_ok=True)
            (dest / "exchange").chmod(0o777)  # nbgrader refuses an exchange that others cannot write
        for name in (*_SHARED, *([] if course_file is not None else [COURSE_FILE])):
            _link(dest / name, checkout / name)
        if course_file is not None:
            (dest / COURSE_FILE).write_text(course_file, encoding="utf-8")
    except OSError as error:
        raise ToolError(f"{dest} cannot be set up: {error.strerror}; what was there is kept") from None
    return dest


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target.absolute():
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target.absolute())
