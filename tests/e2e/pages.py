"""JupyterLab as its users see it: nbgrader's menu, the assignment list, a notebook, a console, the feedback."""

from __future__ import annotations

import re

from playwright.sync_api import FrameLocator, Locator, Page, expect

LONGEST_RUN = 300_000
"""Milliseconds that running a whole notebook may take on a busy machine."""


def open_menu(page: Page, name: str = "Nbgrader") -> list[str]:
    """Open a menu; gives what it offers."""
    page.get_by_role("menuitem", name=name, exact=True).click()
    items = page.locator(".lm-Menu .lm-Menu-itemLabel:visible")  # those of a disabled extension are there, hidden
    expect(items.first).to_be_visible()
    return items.all_inner_texts()


def close_menu(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator(".lm-Menu")).to_have_count(0)


def choose(page: Page, label: str, menu: str = "Nbgrader") -> None:
    """Open a menu and click an entry."""
    open_menu(page, menu)
    page.get_by_role("menuitem", name=label, exact=True).click()


def show_tab(page: Page, title: str) -> None:
    page.locator("#jp-main-dock-panel .lm-TabBar-tab").filter(has_text=title).click()


def wait_for_kernel(page: Page) -> None:
    """Until the kernel of the tab in front is ready: what is typed before is lost or queued."""
    expect(page.locator("#jp-main-statusbar")).to_contain_text(re.compile(r"Python 3.*\| Idle"))


class AssignmentList:
    """The page with the released, downloaded and submitted assignments."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def refresh(self) -> None:
        show_tab(self.page, "Assignments")
        self.page.locator("#refresh_assignments_list").click()

    def row(self, part: str, label: str) -> Locator:
        """The assignment `label` under `part`: released, fetched or submitted."""
        return self.page.locator(f"#{part}_assignments_list > .list_item").filter(has_text=label)

    def fetch(self, label: str) -> None:
        self.row("released", label).get_by_role("button", name="Fetch").click()
        expect(self.row("fetched", label)).to_be_visible()

    def open_notebook(self, label: str) -> Notebook:
        """Unfold the downloaded assignment and click its notebook."""
        row = self.row("fetched", label)
        row.locator(".assignment-notebooks-link").click()
        row.get_by_role("link", name=label).click()
        return Notebook(self.page)

    def submit(self, label: str) -> None:
        show_tab(self.page, "Assignments")
        self.row("fetched", label).get_by_role("button", name="Submit").click()
        expect(self.row("submitted", label)).to_be_visible()


class Notebook:
    """The notebook of the tab in front."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.locator(".jp-NotebookPanel:visible")

    def wait_until_ready(self, cells: int) -> None:
        """Until all cells stand there and the kernel answers."""
        expect(self.panel.locator(".jp-Cell")).to_have_count(cells)
        wait_for_kernel(self.page)

    def cell(self, index: int) -> Locator:
        return self.panel.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def output(self, index: int) -> Locator:
        return self.cell(index).locator(".jp-Cell-outputWrapper")

    def run(self, index: int, shows: str = "") -> str:
        """Run a cell as a student does, with Ctrl-Enter; gives what it printed, once `shows` is in it."""
        cell = self.cell(index)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(re.compile(r"\[\d+\]:"), timeout=LONGEST_RUN)  # [*] while it runs
        expect(self.output(index)).to_contain_text(shows)  # the page may draw it after the number
        return self.output(index).inner_text()

    def retype(self, index: int, old: str, new: str) -> None:
        """Replace the one line `old` of a cell by the lines `new`, key by key. Their first column is `old`'s."""
        line = self.cell(index).locator(".cm-line").filter(has_text=old)
        expect(line).to_have_count(1)
        text = line.inner_text()
        indent = text[: len(text) - len(text.lstrip())]
        line.click()
        keyboard = self.page.keyboard
        keyboard.press("End")
        keyboard.press("Shift+Home")  # to the line's first letter
        for number, words in enumerate(new.splitlines()):
            if number:
                keyboard.press("Enter")
                keyboard.press("Shift+Home")  # the editor indents a new line: typing replaces that
            keyboard.type(indent + words if number else words)

    def validate(self) -> Locator:
        """Click Validate, which saves first; gives the dialog with the verdict."""
        self.panel.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Validate").click()
        dialog = self.page.locator(".jp-Dialog")
        expect(dialog).to_contain_text("Validation Results", timeout=LONGEST_RUN)
        return dialog


def show_end(text: Locator) -> None:
    """Scroll until the end of `text` is in sight, as somebody does who reads a message."""
    text.evaluate("element => element.scrollIntoView({block: 'end'})")


def close_dialog(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Ok").click()
    expect(dialog).to_have_count(0)


def in_new_console(page: Page, code: str) -> str:
    """What one line of code prints in a kernel that was just started."""
    page.locator("#jp-main-dock-panel .lm-TabBar-addButton:visible").first.click()  # a new launcher
    page.locator(".jp-Launcher-section").filter(has_text="Console").locator(".jp-LauncherCard").click()
    console = page.locator(".jp-CodeConsole:visible")
    wait_for_kernel(page)
    expect(console.locator(".jp-CodeConsole-banner")).to_contain_text("Python 3")
    console.locator(".jp-CodeConsole-input .cm-content").click()
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    output = console.locator(".jp-CodeConsole-content .jp-OutputArea-output")
    expect(output).to_have_text(re.compile(r"\S"))  # one, and the page has drawn it
    return output.inner_text()


def open_feedback(page: Page, row: Locator, label: str) -> FrameLocator:
    """From a submission in the assignment list to the page that its grader wrote."""
    row.get_by_text("(view feedback)").click()
    file = page.locator(".jp-DirListing-item").filter(has_text=f"{label}.html")
    file.dblclick()
    return page.frame_locator(".jp-HTMLViewer iframe")
