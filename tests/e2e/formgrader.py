"""nbgrader's formgrader, in its frame inside JupyterLab."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages import choose

LONGEST = 300_000
"""Milliseconds that autograding one submission may take on a busy machine."""


class Formgrader:
    """The formgrader's page in front."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frame = page.frame_locator("#formgrader-iframe iframe")

    def open(self) -> None:
        """From JupyterLab's menu to the list of assignments, without a warning on it."""
        choose(self.page, "Formgrader")
        self.has_title("Manage Assignments")
        expect(self.row("01_setup")).to_be_visible()
        expect(self.frame.locator(".alert")).to_have_count(0)

    def has_title(self, title: str) -> None:
        """What the page says it is: a broken one answers with status 200 too."""
        expect(self.frame.get_by_role("heading", name=title)).to_be_visible()

    def go(self, section: str) -> None:
        """A section by its name on the left."""
        self.frame.locator(".nav-stacked").get_by_role("link", name=section).click()
        self.has_title(section)

    def row(self, text: str) -> Locator:
        return self.frame.locator("#main-table tr").filter(has_text=text)

    def act(self, row: Locator, what: str, done: str) -> None:
        """Click the icon in the column `what` and see that the message which then comes starts with `done`."""
        row.locator(f".{what} a").click()
        modal = self.frame.locator(".modal.in")
        expect(modal.locator(".modal-footer button")).to_be_visible(timeout=LONGEST)
        said = modal.locator(".modal-body").inner_text()
        assert said.startswith(done), f"expected {done!r}, the formgrader said:\n{said[:500]}\n...\n{said[-2000:]}"

    def close_message(self) -> None:
        self.frame.locator(".modal.in .modal-footer button").click()
        expect(self.frame.locator(".modal-backdrop")).to_have_count(0)  # it fades away after the message

    def collect(self, assignment: str) -> None:
        """Collect what was handed in; leaves the message open."""
        self.act(self.row(assignment), "collect", f"Successfully collected submissions of '{assignment}'")

    def give_feedback(self, assignment: str) -> None:
        """Generate and release feedback on all of it; leaves the last message open."""
        row = self.row(assignment)
        self.act(row, "generate-feedback", f"Successfully generated feedback of '{assignment}'")
        self.close_message()
        self.act(row, "release-feedback", f"Successfully released feedback of '{assignment}'")

    def list_submissions_to_grade(self, assignment: str) -> None:
        """The list of an assignment's submissions, in the section for manual grading."""
        self.go("Manual Grading")
        self.row(assignment).get_by_role("link", name=assignment).click()
        expect(self.frame.locator(".breadcrumb")).to_contain_text(assignment)
        self.row(assignment).get_by_role("link", name=assignment).click()
