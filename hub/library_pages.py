"""The library service's pages: what one's own library holds; for staff, a table of their students' libraries."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from hub.library_status import ModuleStatus, status_of
from hub.web.base import Answer, Data, Page
from hub.web.moments import local, short
from tito.course import Course

__all__ = ["PAGES"]


class Libraries(Page):
    """The libraries of all whose work the viewer may look at: their own, or their students'."""

    def get(self) -> None:
        zone = Course.load(self.site.course).timezone
        form = short if self.viewer.staff else local

        def shown(moment: str) -> str:
            return form(datetime.fromisoformat(moment), zone) if moment else ""

        found = [
            replace(
                status,
                built=shown(status.built),
                received=shown(status.received),
                failed_received=shown(status.failed_received),
            )
            for status in self.found()
        ]
        self.show("libraries_staff" if self.viewer.staff else "libraries", modules=found)

    def found(self) -> list[ModuleStatus]:
        folder: Path = self.site.more["libraries"]
        return [status for student in self.viewer.sees for status in status_of(folder / student, student)]


class LibrariesData(Data, Libraries):
    """The same as JSON."""

    def get(self) -> None:
        self.show_data([asdict(status) for status in self.found()])


PAGES: dict[str, type[Answer]] = {"": Libraries, "libraries.json": LibrariesData}
