"""A hostile submission in a real browser: on its feedback page and in the formgrader, nothing of it runs.

Pictures of the page are in test-artifacts/feedback.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser, Dialog, Error, Page, expect

from hub.checks import free_ports
from tests.e2e.running_hub import ROOT, plain_environment
from tests.feedback.graded import LABEL, NAMES, leave, released
from tests.feedback.made_up import NUMPY, report, submission
from tests.feedback.made_up import page as feedback_page
from tests.tiny import make_course
from tito import gradebook
from tito.cells import is_graded, is_solution
from tito.course import Course
from tito.grading.result import Blame, CellReport, GradedSubmission

pytestmark = [
    pytest.mark.e2e,
    # nbgrader adds a submission's rows in an order that SQLAlchemy warns of.
    pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning"),
]

ALBUM = ROOT / "test-artifacts" / "feedback"

EXTENSIONS = {"nbgrader.server_extensions.formgrader": False, "tito.formgrader": True}
"""As in the servers of staff."""

RUN = "alert(document.title='ran')"
ATTACK = f"""</pre></code></style></textarea></title><script>{RUN}</script><img src=x onerror="{RUN}">
<svg onload="{RUN}"><animate onbegin="{RUN}" attributeName=x dur=1s></svg>
<iframe srcdoc="<script>{RUN}</script>"></iframe>
<iframe src="javascript:{RUN}"></iframe><details open ontoggle="{RUN}"><input autofocus onfocus="{RUN}">
<style>body {{ display: none }}</style><a class="navbar-fixed-top" id="statusmessage" href="javascript:{RUN}">click</a>
<script type="text/x-mathjax-config">{RUN}</script><math><mi><style><!--</style><img title="--><img src onerror={RUN}>">
<object data="data:text/html,<script>{RUN}</script>"></object>
<meta http-equiv="refresh" content="0;url=javascript:{RUN}">
"""
MARKDOWN = f"""# Mine
<div onclick="{RUN}" class="score">x</div>

[a](javascript:{RUN}) [b](evil.html) <b onmouseover="{RUN}">c</b> ![d](x" onerror="{RUN}) $<img src=x onerror="{RUN}">$
$$\\href{{javascript:{RUN}}}{{x}}$$

```html
{ATTACK}
```
"""

# nbconvert puts a cleaned HTML output that asks for it into a frame of its own, which may do nothing to the page.
FORBIDDEN = "script, iframe:not(.isolated-iframe), object, embed, form, style, [onerror], [onload], [onclick]"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in which Mallory's submission was graded."""
    found = make_course(tmp_path_factory.mktemp("hostile"))
    leave(found, "mallory", hostile_result(), hostile_notebook(found))
    return found


def hostile_result() -> GradedSubmission:
    said = {
        "title": ATTACK,
        "message": ATTACK,
        "line": ATTACK,
        "traceback": ATTACK,
        "stdout": ATTACK,
        "section": ATTACK,
    }
    tests = [report(name, "failed", points=20.0, **said) for name in NAMES[:3]]
    blamed = report(NAMES[3], points=20.0, earned=20.0, blame=Blame(ATTACK, (ATTACK,)))
    cell = CellReport("free-1", "failed", error=ATTACK, traceback=ATTACK)
    return submission(*tests, blamed, cells=[cell], findings=(ATTACK,), library=(ATTACK,), policy=ATTACK)


def hostile_notebook(course: Course) -> nbformat.NotebookNode:
    """Code, markdown and raw cells, and every kind of output, whatever the grader would have left of them."""
    notebook = released(course)
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=ATTACK),
        nbformat.v4.new_output("display_data", {"text/html": ATTACK}, metadata={"text/html": {"isolated": True}}),
        *(
            nbformat.v4.new_output("display_data", {kind: ATTACK})
            for kind in (
                "text/html",
                "image/svg+xml",
                "text/markdown",
                "text/latex",
                "application/javascript",
                "image/png",
            )
        ),
        nbformat.v4.new_output("display_data", {"application/javascript": RUN}),
        nbformat.v4.new_output("error", ename=ATTACK, evalue=ATTACK, traceback=[ATTACK]),
    ]
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = f"'''{ATTACK}'''"
        if is_graded(cell):
            cell.outputs = outputs
    notebook.cells += [nbformat.v4.new_markdown_cell(text) for text in (MARKDOWN, ATTACK)]
    notebook.cells.append(nbformat.v4.new_raw_cell(ATTACK))
    return notebook


@dataclass
class Watch:
    """What a page did that it should not."""

    page: Page
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._note_dialog)
        self.page.on("console", lambda message: self.seen.append(f"console: {message.text}"))
        self.page.on("request", lambda request: self.seen.append(f"request: {request.url}"))

    def _note_dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        with contextlib.suppress(Error):  # the page may be gone by now
            dialog.dismiss()

    def click_everything(self) -> None:
        self.page.evaluate("document.querySelectorAll('#notebook a, main a, summary').forEach(one => one.click())")

    def ran(self) -> bool:
        """Has anything of the submission run?"""
        self.page.wait_for_timeout(500)
        return self.page.title() == "ran" or any(line.startswith("dialog") for line in self.seen)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        yield context.new_page()


def test_nbgraders_own_page_runs_it(course: Course, browser: Browser, tmp_path: Path) -> None:
    """So that the tests below can see it if ours does."""
    stock = tmp_path / "stock.html"
    stock.write_text(stock_formgrader_page(course), encoding="utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        watch = Watch(page)
        with page.expect_event("dialog"):
            page.goto(stock.as_uri(), wait_until="commit")
        assert any(line.startswith("dialog") for line in watch.seen)


def test_nothing_of_a_submission_runs(course: Course, page: Page) -> None:
    outcome = gradebook.nbgrader_api(course).generate_feedback(LABEL, "mallory", force=True)
    assert outcome["success"], outcome.get("log")
    address = (course.root / "feedback" / "mallory" / LABEL / f"{LABEL}.html").as_uri()
    watch = Watch(page)
    page.goto(address)
    watch.click_everything()
    assert not watch.ran()
    assert [line for line in watch.seen if line.split("#")[0] != f"request: {address}"] == []
    expect(page.get_by_role("heading", level=1)).to_have_text("20 of 100 points")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "only blocks of code may be wider than a phone"


def test_nothing_of_a_submission_runs_in_the_formgrader(course: Course, browser: Browser) -> None:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as book:
        submission_id = book.find_submission_notebook(LABEL, LABEL, "mallory").id
    with browser.new_context() as context, formgrader(course) as url:
        page = context.new_page()
        watch = Watch(page)
        page.goto(f"{url}/formgrader/submissions/{submission_id}/")
        expect(page.locator(f"input.score[id='{NAMES[0]}']")).to_be_visible()
        watch.click_everything()
        assert not watch.ran()
        inside = page.locator("#notebook-container")
        links = [link.get_attribute("href") or "" for link in inside.locator("a").all()]
        assert not [link for link in links if link and not link.startswith(("http://", "https://", "mailto:"))]
        assert inside.locator(FORBIDDEN).count() == 0
        assert inside.get_by_text("Mine").is_visible()


def test_links_within_the_page_work_in_jupyterlabs_viewer(page: Page, tmp_path: Path) -> None:
    """The viewer gives the page's `base` element an address, to which every `#anchor` would then lead."""
    html = feedback_page(submission(report("test-sgd", error="AssertionError", message=NUMPY, section="6.2")))
    assert '<base target="_self">' in html
    path = tmp_path / "viewed.html"
    path.write_text(
        html.replace('<base target="_self">', '<base target="_self" href="http://127.0.0.1:9/files/x.html">')
    )
    page.goto(path.as_uri())
    page.get_by_role("link", name="title of test-sgd").first.click()
    expect(page).to_have_url(f"{path.as_uri()}#test-0")
    assert page.locator("#code-1").is_hidden()
    page.get_by_role("link", name="hole-of-test-sgd").click()
    expect(page.locator("#code-1")).to_be_visible()  # the browser opens what is folded around it


def test_what_it_looks_like(page: Page, tmp_path: Path) -> None:
    """A submission with something of everything, for somebody to look at."""
    ALBUM.mkdir(parents=True, exist_ok=True)
    path = tmp_path / "page.html"
    path.write_text(feedback_page(usual_result(), late_penalty=4.0, score=86.0))
    page.goto(path.as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=ALBUM / f"phone-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1000, "height": 800})
    page.screenshot(path=ALBUM / "wide.png", full_page=True)
    page.emulate_media(media="print")
    page.screenshot(path=ALBUM / "print.png", full_page=True)


def usual_result() -> GradedSubmission:
    momentum = report(
        title="SGD with momentum",
        error="AssertionError",
        message=NUMPY,
        section="6.2",
        line="np.testing.assert_allclose(a.data, [1.0 - 0.85, -2.0 - 1.7], rtol=1e-6)",
        stdout="velocity [2. 4.]\n",
    )
    adam = report(
        "test-adam",
        title="Adam on other shapes",
        error="ValueError",
        message="operands could not be broadcast together with shapes (2,) (3,)",
        hidden=True,
        traceback="hole-of-test-adam, line 12, in step\n    m = self.beta1 * m + (1 - self.beta1) * grad",
    )
    xor = report(
        "test-xor",
        title="XOR from twenty random starts",
        earned=25.0,
        error="AssertionError",
        message="It should learn from each start, and learnt from 3.",
        blame=Blame("03_activations", ("test-relu", "test-tanh")),
    )
    return submission(
        report("test-base", "passed", title="what an optimizer holds"),
        momentum,
        adam,
        xor,
        report("test-schedule", "timeout", title="a schedule", message="the cell ran longer than 30 s"),
        report(
            "test-last", "not run", title="AdamW", message="the time for the whole notebook was up before this cell"
        ),
        cells=[
            CellReport(
                "free-3", "failed", error="NameError: name 'plt' is not defined", traceback="line 2\n    plt.plot(x)"
            )
        ],
        findings=("The locked cell `imports` was changed. The original was used.",),
        library=(
            "04_layers: the cell `linear` is not Python (line 3); your library keeps the last version that worked.",
        ),
    )


def stock_formgrader_page(course: Course) -> str:
    """The submission as nbgrader shows it to graders without our configuration."""
    exporter = HTMLExporter(template_name="formgrade", extra_template_basedirs=[handlers.template_path])
    resources = {
        "base_url": "",
        "submission_id": "x",
        "notebook_id": LABEL,
        "assignment_id": LABEL,
        "index": 0,
        "total": 1,
    }
    html, _ = exporter.from_filename(
        str(course.root / "autograded" / "mallory" / LABEL / f"{LABEL}.ipynb"), resources=resources
    )
    return str(html)


class formgrader:  # noqa: N801  a context manager
    """A Jupyter server with nbgrader's formgrader in the course's folder, configured as the course is."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def __enter__(self) -> str:
        (port,) = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
        command += ["--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--ServerApp.root_dir={self.course.root}"]
        command += [f"--ServerApp.jpserver_extensions={EXTENSIONS}"]
        home = self.course.root.parent / "home"
        home.mkdir()
        environment = plain_environment() | {"HOME": str(home), "JUPYTER_CONFIG_DIR": str(home)}
        with (home / "log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=self.course.root, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 180
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                urlopen(f"{url}/api", timeout=20).close()
            except OSError:
                time.sleep(0.1)
            else:
                return url
        self.__exit__()
        raise AssertionError((home / "log").read_text())

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
