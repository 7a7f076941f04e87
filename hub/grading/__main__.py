"""`python -m hub.grading`: run the service with what the environment says.

What grades takes seconds to import. It is imported by the loops and not here: pages and health are there at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.exchange.log import set_up
from hub.exits import exit_status
from hub.grading.pages import PAGES
from hub.grading.records import Summaries
from hub.grading.rooms import Rooms
from hub.web.base import Site, application
from hub.web.serve import Loop, serve
from hub.web.settings import read_address, read_folder
from tito.course import Course
from tito.exchange.client import Access, Client

if TYPE_CHECKING:
    from hub.grading.checker import Checker
    from hub.grading.deadlines import Deadlines

NAME = "grading"


def main() -> int:
    """Serve until stopped; gives the process's exit status."""
    set_up()
    return exit_status(NAME, _serve)


def _serve() -> None:
    root = read_folder(os.environ, "TINYTORCH_GRADING_COURSE")
    data = read_folder(os.environ, "TINYTORCH_GRADING_DATA")
    os.environ["TINYTORCH_COURSE"] = str(root)  # what nbgrader's plug-ins look for
    client = Client(Access.find(root), Course.load(root).id)
    rooms, failing = Rooms(), dict[str, str]()
    loops = [
        Loop("on submit", _on_submit(root, data, client, rooms)),
        Loop("at the deadline", _at_the_deadline(root, client, rooms, failing)),
    ]

    def health() -> dict[str, Any]:
        names = sorted(loop.name for loop in loops if loop.problem)
        alive = all(loop.is_alive() for loop in loops)
        return {"ok": alive, "room": rooms.kind, "failing": names, "ungraded": len(failing)}

    def problems() -> list[str]:
        return list(dict.fromkeys(filter(None, (rooms.trouble, *(loop.problem for loop in loops)))))

    def stands_still() -> bool:
        return bool(rooms.trouble or loops[0].problem)

    more = {"client": client, "summaries": Summaries(data / "summaries"), "clock": lambda: datetime.now(UTC)}
    more |= {"problems": problems, "stands_still": stands_still}
    address = read_address(os.environ, NAME)
    site = Site.of(os.environ, NAME, root, health, more)
    try:
        serve(loops, address, application(address, site, PAGES) if address else None)
    finally:
        rooms.close()


def _on_submit(root: Path, data: Path, client: Client, rooms: Rooms) -> Callable[[], float]:
    @cache
    def checker() -> Checker:
        from hub.grading.checker import Checker

        return Checker(root, data, client, rooms)

    return lambda: checker().look()


def _at_the_deadline(root: Path, client: Client, rooms: Rooms, failing: dict[str, str]) -> Callable[[], float]:
    @cache
    def deadlines() -> Deadlines:
        from hub.grading.deadlines import Deadlines

        return Deadlines(root, client, rooms, failing=failing)

    return lambda: deadlines().look()


if __name__ == "__main__":
    sys.exit(main())
