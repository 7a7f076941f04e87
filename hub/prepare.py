"""What stands in the data folder before the hub starts: the course, everybody's home and library; then a first release.

Every step can run again and keeps what is there.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import tito
from hub.settings import Places, role_of, roster
from tito.course import Course
from tito.exchange.client import ACCESS_FILE
from tito.files import write_if_changed, write_whole
from tito.gradebook import record_people
from tito.library import build_student
from tito.notebooks import authored_modules, build, notebook_path
from tito.releases import release_once
from tito.workspace import lay_out_course

__all__ = ["password", "prepare", "release_first", "tools_token", "write_access"]

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that looks like something else on a terminal."""


def prepare(course: Course, places: Places, say: Callable[[str], None]) -> None:
    """Make the data folder ready for a hub; `say` is told of what takes a moment.

    Raises:
        TitoError: a step cannot be done; the steps before it stand.
    """
    build_notebooks(course.root, places.hub / "built.json", say)
    lay_out_course(places.course, course.root, exchange=False)
    for user in roster(course):
        make_home(course, places, user)
    record_people(Course.load(places.course))


def build_notebooks(root: Path, stamp: Path, say: Callable[[str], None]) -> None:
    """Build the notebooks, unless `stamp` says that no source and no tool changed: reading twenty takes a while."""
    sources = [*(root / "source").glob("*.py"), *Path(tito.__file__).parent.rglob("*.py")]
    now = json.dumps(sorted([str(path), path.stat().st_mtime_ns, path.stat().st_size] for path in sources))
    there = all(notebook_path(root, module).is_file() for module in authored_modules(root))
    if there and stamp.is_file() and stamp.read_text(encoding="utf-8") == now:
        return
    changed = build(root)
    if changed:
        say(f"built {len(changed)} notebooks")
    write_if_changed(stamp, now)


def make_home(course: Course, places: Places, user: str) -> None:
    """A user's home: staff find the course in it, students have a library beside it."""
    home = places.home(user)
    home.mkdir(parents=True, exist_ok=True)
    link = home / "course"
    if role_of(course, user) == "student":
        if link.is_symlink():
            link.unlink()  # was on the staff once
        if not (places.library(user) / "tinytorch_lib").is_dir():
            build_student(places.library(user), {}, lambda _: None)
    elif not link.is_symlink():
        link.symlink_to(places.course, target_is_directory=True)


def release_first(course: Course, say: Callable[[str], None]) -> None:
    """With the hub running, release the first module, so that students find something, unless course.toml says when.

    Instructors release the rest, or the release service does on its date.

    Raises:
        TitoError: the exchange or nbgrader refuses.
    """
    modules = authored_modules(course.root)
    if not modules or course.schedule.release(modules[0]) is not None or course.schedule.held(modules[0]):
        return
    if release_once(course, modules[0], datetime.now(UTC)) == "released":
        say(f"released {modules[0].label}")


def password(path: Path) -> str:
    """The hub's password, the same at every start: made at the first one, readable by its owner alone."""
    return _secret(path, "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2)))


def tools_token(path: Path) -> str:
    """The token with which commands in the course folder use the exchange, the same at every start."""
    return _secret(path, secrets.token_hex(32))


def _secret(path: Path, fresh: str) -> str:
    """What `path` holds; at the first start `fresh`, readable by its owner alone.

    An empty file is no secret: an older version left one when its first start was killed.
    """
    if not path.is_file() or not path.stat().st_size:
        write_whole(path, f"{fresh}\n".encode(), mode=0o600)
    return path.read_text(encoding="utf-8").strip()


def write_access(course: Path, url: str, token: str) -> None:
    """Tell commands in the course folder where this start's exchange is."""
    text = json.dumps({"url": url, "token": token}) + "\n"
    write_whole(course / ACCESS_FILE, text.encode(), mode=0o600)
