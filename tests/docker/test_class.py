"""A class under Docker, for real: images, compose, servers in containers, and what keeps them apart."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.docker.installation import PROJECT, Installation
from tests.e2e.people import chromium
from tests.hub.hub_client import Visitor

pytestmark = pytest.mark.e2e_docker

HERE = Path(__file__).parent
TURNED_AWAY = {302, 401, 403, 404, 405}


def test_a_student_computes_in_a_container(ada: Visitor) -> None:
    printed = ada.run(
        "import os, numpy, tito; print(numpy.arange(4).sum(), os.getcwd(), os.path.exists('/.dockerenv'))"
    )
    assert printed.split() == ["6", "/home/course", "True"]


def test_a_server_has_its_bounds(course: Installation, ada: Visitor) -> None:
    host = json.loads(course.ask("inspect", "--format", "{{json .HostConfig}}", f"{PROJECT}-user-ada"))
    assert host["CapDrop"] == ["ALL"] and not host["Privileged"] and host["ReadonlyRootfs"]
    assert (host["Memory"], host["MemorySwap"], host["CpuQuota"], host["PidsLimit"]) == (2**30, 2**30, 100_000, 256)


def test_only_kernels_and_extensions_that_are_used(ada: Visitor) -> None:
    assert list(ada.ask(ada.path("api/kernelspecs")).json["kernelspecs"]) == ["python3"]
    assert ada.ask(ada.path("formgrader")).status == 404


def test_an_intruder_gets_nowhere(ada: Visitor, alan: Visitor) -> None:
    alan.run("open('alans-solution.txt', 'w').write('42')")
    program = (HERE / "intruder.py").read_text(encoding="utf-8").replace("tinytorch-e2e", PROJECT)
    report = json.loads(ada.run(program))
    answers = report.pop("hub")
    assert {path: status for path, status in answers.items() if status not in TURNED_AWAY} == {}
    none = "0000000000000000"
    assert report == {
        "opened": [],
        "proxy": [8000],
        "files": [],
        "sources": [],
        "written": [],
        "home": True,
        "powers": [none, none, none, "1"],
        "root": False,
        "secrets": [],
        "mount": False,
        "namespaces": False,
        "formgrader": False,
        "hub_code": False,
        "pip": False,
        "own": 200,
    }
    assert alan.run("print(open('alans-solution.txt').read())") == "42\n"


def test_a_hub_in_other_hands_gets_nothing_from_docker(course: Installation, ada: Visitor) -> None:
    image = course.ask("inspect", "--format", "{{.Config.Image}}", f"{PROJECT}-user-ada")
    program = (HERE / "hub_gone_bad.py").read_text(encoding="utf-8")
    report = json.loads(course.ask("exec", f"{PROJECT}-hub", "python", "-c", program, PROJECT, image))
    assert {what: status for what, status in report["answers"].items() if status != 403} == {}
    assert not report["socket"]


def test_secrets_are_their_owners_alone(course: Installation) -> None:
    files = [*(course.files / "secrets").iterdir(), course.files / "first-passwords.csv"]
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files} == {path.name: "0o600" for path in files}
    secrets = [path.read_text(encoding="utf-8") for path in files if path.stat().st_size]
    hub = course.ask("inspect", "--format", "{{.Config.Image}}", f"{PROJECT}-hub")
    for target in ("hub", "student", "grader", "database"):
        image = hub.replace("/hub:", f"/{target}:")
        told = course.ask("image", "inspect", image) + course.ask("history", "--no-trunc", image)
        assert not any(secret.strip() in told for secret in secrets)


def test_passwords(course: Installation) -> None:
    first = course.passwords()["alan"]
    assert Visitor(course.url, "alan").log_in("wrong").status == 403
    assert Visitor(course.url, "mallory").log_in(first).status == 403
    assert Visitor(course.url).ask("/hub/signup").status == 404
    alan = Visitor(course.url, "alan")
    assert alan.log_in(first).status == 200
    new = "a-longer-one-of-my-own"
    form = {"old_password": first, "new_password": new, "new_password_confirmation": new}
    alan.ask("/hub/change-password")
    said = alan.ask("/hub/change-password", "POST", form=form | {"_xsrf": alan.xsrf("/hub/change-password")})
    assert "changed successfully" in said.text
    assert Visitor(course.url, "alan").log_in(first).status == 403
    assert Visitor(course.url, "alan").log_in(new).status == 200


def test_staff_have_the_formgrader_and_the_sources(ta: Visitor) -> None:
    assert "Manage Assignments" in ta.ask(ta.path("formgrader")).text
    assert (
        ta.run("import tinytorch_lib, pathlib; print(pathlib.Path('course/source/02_tensor.py').is_file())") == "True\n"
    )


def test_staff_can_make_exam_rooms(ta: Visitor) -> None:
    room = "bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all --new-session sh -c 'id -u; ls /proc | head -n 1'"
    code = f"import subprocess; print(subprocess.run({room!r}, shell=True, capture_output=True, text=True).stdout)"
    assert ta.run(code).split() == ["1000", "1"]  # its own processes alone: the first is the room's


def in_terminal(who: Visitor, command: str) -> str:
    """What a command prints in somebody's server; it must end well."""
    code = (
        "import subprocess; done = subprocess.run(['bash', '-c', {!r}], capture_output=True, text=True);"
        "print(done.stdout + done.stderr, 'ended with', done.returncode)"
    )
    printed = who.run(code.format(command))
    assert printed.endswith("ended with 0\n"), printed
    return printed


def test_fetching_submitting_and_collecting(ada: Visitor, ta: Visitor) -> None:
    in_terminal(ta, "cd ~/course && tito release 01 --publish")
    assert "01_setup" in in_terminal(ada, "nbgrader list")
    in_terminal(ada, "nbgrader fetch_assignment 01_setup && nbgrader submit 01_setup && tito milestone list")
    assert "01_setup" in in_terminal(ada, "ls 01_setup/receipts && nbgrader list --cached")
    refused = "nbgrader release_assignment 01_setup --force 2>&1; test $? -ne 0"
    in_terminal(ada, refused)
    in_terminal(ta, "cd ~/course && nbgrader collect 01_setup && test -f submitted/ada/01_setup/01_setup.ipynb")
    in_terminal(ta, "cd ~/course && tito grade 01 && test -f autograded/ada/01_setup/01_setup.ipynb")


ADD_A_LINE = """
import json
path = "02_tensor/02_tensor.ipynb"
book = json.load(open(path))
for cell in book["cells"]:
    text = "".join(cell["source"])
    if cell["metadata"].get("nbgrader", {}).get("solution") and text.startswith("#| export"):
        cell["source"] = text + "\\nMINE = 4711\\n"
        break
json.dump(book, open(path, "w"))
"""


def test_what_is_handed_in_becomes_the_library(course: Installation, ada: Visitor, ta: Visitor) -> None:
    """In the running server, read-only, within seconds; the student's own code, not the reference."""
    in_terminal(ta, "cd ~/course && tito release 02 --publish")
    in_terminal(ada, "nbgrader fetch_assignment 02_tensor")
    ada.run(ADD_A_LINE)
    in_terminal(ada, "nbgrader submit 02_tensor")
    begin = time.monotonic()
    code = "import glob; print(any('MINE = 4711' in open(p).read() for p in glob.glob('/opt/library/*/*/*.py')))"
    while ada.run(code) != "True\n":
        assert time.monotonic() < begin + 60, course.logs()
    print(f"the library was there after {time.monotonic() - begin:.1f} s")
    assert ada.run("import tinytorch_lib; print(tinytorch_lib.__file__)") == "/opt/library/tinytorch_lib/__init__.py\n"


def test_a_hub_killed_while_a_server_starts(course: Installation, ada: Visitor) -> None:
    ada.run("open('kept.txt', 'w').write('kept')")
    instructor = Visitor(course.url, "instructor")
    assert instructor.log_in(course.passwords()["instructor"]).status == 200
    instructor.request_server()
    os.kill(int(course.ask("inspect", "--format", "{{.State.Pid}}", f"{PROJECT}-hub")), signal.SIGKILL)
    assert ada.run("print(open('kept.txt').read())") == "kept\n"  # the proxy still knows her server
    wait_until_healthy(course)
    instructor.request_server()
    instructor.wait_for_server(180)
    assert ada.run("print(6 * 7)") == "42\n"


def wait_until_healthy(course: Installation) -> None:
    deadline = time.monotonic() + 120
    form = "{{.State.Health.Status}}"
    while course.ask("inspect", "--format", form, f"{PROJECT}-hub") != "healthy":
        assert time.monotonic() < deadline, "the hub did not come back"
        time.sleep(0.5)
    while Visitor(course.url).ask("/hub/health").status != 200:
        assert time.monotonic() < deadline, "the hub did not come back behind the proxy"
        time.sleep(0.5)


def test_files_outlive_the_server(course: Installation, ada: Visitor) -> None:
    ada.run("open('homework.txt', 'w').write('done')")
    assert ada.ask("/hub/api/users/ada/server", "DELETE").status in (202, 204)
    deadline = time.monotonic() + 60
    while any("user-ada" in name for name in course.left()):
        assert time.monotonic() < deadline, course.left()
        time.sleep(0.2)
    ada.request_server()
    ada.wait_for_server(180)
    assert ada.run("print(open('homework.txt').read())") == "done\n"


def test_jupyterlab_in_a_browser(course: Installation) -> None:
    executable = shutil.which("chromium")
    assert executable, "the browser test needs Debian's chromium: apt install chromium"
    with sync_playwright() as driver, chromium(driver, executable) as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{course.port}")
        page.get_by_label("Username").fill("ada")
        page.get_by_label("Password").fill(course.passwords()["ada"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".jp-Launcher")).to_be_visible(timeout=90_000)
        expect(page.locator(".jp-Dialog")).to_have_count(0)


def test_down_leaves_nothing(course: Installation) -> None:
    down = course.make("down")
    assert down.returncode == 0, down.stderr
    assert {name.split()[0] for name in course.left()} == {"volume"}  # everybody's work
    again = course.make("down", "--delete-all-work")
    assert again.returncode == 0, again.stderr
    assert course.left() == []
