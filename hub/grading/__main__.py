"""`python -m hub.grading`: run the service with what the environment says."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import Any

from hub.exchange.log import set_up
from hub.grading.checker import Checker
from hub.grading.deadlines import Deadlines
from hub.grading.pages import PAGES
from hub.grading.rooms import Rooms
from hub.web.base import Site, application
from hub.web.serve import Loop, serve
from hub.web.settings import read_address, read_folder
from tito.course import Course
from tito.errors import TitoError
from tito.exchange.client import Access, Client

NAME = "grading"


def main() -> int:
    """Serve until stopped; gives the process's exit status."""
    set_up()
    try:
        _serve()
    except TitoError as error:
        print(f"grading: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _serve() -> None:
    root = read_folder(os.environ, "TINYTORCH_GRADING_COURSE")
    data = read_folder(os.environ, "TINYTORCH_GRADING_DATA")
    os.environ["TINYTORCH_COURSE"] = str(root)  # what nbgrader's plug-ins look for
    client = Client(Access.find(root), Course.load(root).id)
    rooms = Rooms()
    checker, deadlines = Checker(root, data, client, rooms), Deadlines(root, client, rooms)
    loops = [Loop("on submit", checker.look), Loop("at the deadline", deadlines.look)]

    def health() -> dict[str, Any]:
        problems = {loop.name: loop.problem for loop in loops if loop.problem}
        alive = all(loop.is_alive() for loop in loops)
        return {"ok": alive, "room": rooms.kind, "failing": sorted(problems), "ungraded": len(deadlines.failing)}

    more = {"client": client, "summaries": checker.summaries, "clock": lambda: datetime.now(UTC)}
    address = read_address(os.environ, NAME)
    site = Site.of(os.environ, NAME, root, health, more)
    try:
        serve(loops, address, application(address, site, PAGES) if address else None)
    finally:
        rooms.close()


if __name__ == "__main__":
    sys.exit(main())
