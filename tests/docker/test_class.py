"""A class under Docker, for real: images, compose, servers in containers, and what keeps them apart."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from hub.docker_images import TARGETS
from tests.docker.installation import PROJECT, Installation, in_terminal, program
from tests.hub.hub_client import Visitor

pytestmark = pytest.mark.e2e_docker

TURNED_AWAY = {302, 401, 403, 404, 405}


def test_a_student_computes_in_a_container(ada: Visitor) -> None:
    printed = ada.run(
        "import os, numpy, tito; print(numpy.arange(4).sum(), os.getcwd(), os.path.exists('/.dockerenv'))"
    )
    assert printed.split() == ["6", "/home/course", "True"]


def test_a_server_has_its_bounds(course: Installation, ada: Visitor) -> None:
    host = json.loads(course.ask("inspect", "--format", "{{json .HostConfig}}", f"{PROJECT}-user-ada"))
    assert host["CapDrop"] == ["ALL"] and not host["Privileged"] and host["ReadonlyRootfs"]
    assert host["Ulimits"] == [{"Name": "fsize", "Hard": 64 * 2**20, "Soft": 64 * 2**20}]
    assert (host["Memory"], host["MemorySwap"], host["CpuQuota"], host["PidsLimit"]) == (2**30, 2**30, 100_000, 256)


def test_only_kernels_and_extensions_that_are_used(ada: Visitor) -> None:
    assert list(ada.ask(ada.path("api/kernelspecs")).json["kernelspecs"]) == ["python3"]
    assert ada.ask(ada.path("formgrader")).status == 404


def test_an_intruder_gets_nowhere(ada: Visitor, alan: Visitor) -> None:
    alan.run("open('alans-solution.txt', 'w').write('42')")
    report = json.loads(ada.run(program("doors.py", "intruder.py")))
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
    asked = course.ask("exec", f"{PROJECT}-hub", "python", "-c", program("hub_gone_bad.py"), PROJECT, image)
    report = json.loads(asked)
    assert {what: status for what, status in report["answers"].items() if status != 403} == {}
    assert not report["socket"] and report["links"] == []


def test_secrets_are_their_owners_alone(course: Installation) -> None:
    files = [*(course.files / "secrets").iterdir(), course.files / "first-passwords.csv"]
    assert not any(path.stat().st_mode & 0o037 for path in files)
    assert (course.files / "secrets").stat().st_mode & 0o077 == 0
    secrets = [path.read_text(encoding="utf-8") for path in files if path.stat().st_size]
    hub = course.ask("inspect", "--format", "{{.Config.Image}}", f"{PROJECT}-hub")
    for target in TARGETS:
        image = hub.replace("/hub:", f"/{target}:")
        told = course.ask("image", "inspect", image) + course.ask("history", "--no-trunc", image)
        assert not any(secret.strip() in told for secret in secrets)


def test_passwords(course: Installation) -> None:
    first = course.password_of("alan")
    assert Visitor(course.url, "alan").log_in("wrong").status == 403
    assert Visitor(course.url, "mallory").log_in(first).status == 403
    assert Visitor(course.url).ask("/hub/signup").status == 404
    alan, new = Visitor(course.url, "alan"), "a-longer-one-of-my-own"
    assert alan.log_in(first).status == 200
    change_password(alan, first, new)
    assert Visitor(course.url, "alan").log_in(first).status == 403
    assert Visitor(course.url, "alan").log_in(new).status == 200
    reset = course.make("reset-password", "--name", "alan")
    assert "alan logs in with their first password again" in reset.stdout, reset.stderr
    assert Visitor(course.url, "alan").log_in(new).status == 403
    assert Visitor(course.url, "alan").log_in(first).status == 200
    unknown = course.make("reset-password", "--name", "mallory")
    assert "'mallory' is not on the roster" in unknown.stderr and unknown.stderr.count("\n") == 1


def change_password(who: Visitor, old: str, new: str) -> None:
    form = {"old_password": old, "new_password": new, "new_password_confirmation": new}
    who.ask("/hub/change-password")
    said = who.ask("/hub/change-password", "POST", form=form | {"_xsrf": who.xsrf("/hub/change-password")})
    assert "changed successfully" in said.text


def test_staff_have_the_formgrader_and_the_sources(ta: Visitor) -> None:
    page = ta.ask(ta.path("formgrader")).text
    assert "Manage Assignments" in page and "You see sections A and B: " in page
    assert (
        ta.run("import tinytorch_lib, pathlib; print(pathlib.Path('course/source/02_tensor.py').is_file())") == "True\n"
    )


def test_staff_can_make_exam_rooms(ta: Visitor) -> None:
    room = "bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all --new-session sh -c 'id -u; ls /proc | head -n 1'"
    code = f"import subprocess; print(subprocess.run({room!r}, shell=True, capture_output=True, text=True).stdout)"
    assert ta.run(code).split() == ["1000", "1"]  # its own processes alone: the first is the room's


def test_fetching_submitting_and_collecting(ada: Visitor, ta: Visitor) -> None:
    in_terminal(ta, "cd ~/course && tito release 05 --publish")
    assert "05_losses" in in_terminal(ada, "nbgrader list")
    in_terminal(ada, "nbgrader fetch_assignment 05_losses && nbgrader submit 05_losses && tito milestone list")
    assert "05_losses" in in_terminal(ada, "ls 05_losses/receipts && nbgrader list --cached")
    refused = "nbgrader release_assignment 05_losses --force 2>&1; test $? -ne 0"
    in_terminal(ada, refused)
    in_terminal(ta, "cd ~/course && nbgrader collect 05_losses && test -f submitted/ada/05_losses/05_losses.ipynb")
    in_terminal(ta, "cd ~/course && tito grade 05 && test -f autograded/ada/05_losses/05_losses.ipynb")


ADD_A_LINE = """
import json
path = "04_layers/04_layers.ipynb"
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
    in_terminal(ta, "cd ~/course && tito release 04 --publish")
    in_terminal(ada, "nbgrader fetch_assignment 04_layers")
    ada.run(ADD_A_LINE)
    in_terminal(ada, "nbgrader submit 04_layers")
    begin = time.monotonic()
    code = "import glob; print(any('MINE = 4711' in open(p).read() for p in glob.glob('/opt/library/*/*/*.py')))"
    while ada.run(code) != "True\n":
        assert time.monotonic() < begin + 180, course.logs()
    print(f"the library was there after {time.monotonic() - begin:.1f} s")
    assert ada.run("import tinytorch_lib; print(tinytorch_lib.__file__)") == "/opt/library/tinytorch_lib/__init__.py\n"


def test_a_hub_killed_while_a_server_starts(course: Installation, ada: Visitor) -> None:
    ada.run("open('kept.txt', 'w').write('kept')")
    instructor = Visitor(course.url, "instructor")
    assert instructor.log_in(course.passwords()["instructor"]).status == 200
    browser = course.visitor(ada.name)  # her server asks the hub about each browser every five minutes: now about this
    instructor.request_server()
    os.kill(int(course.ask("inspect", "--format", "{{.State.Pid}}", f"{PROJECT}-hub")), signal.SIGKILL)
    assert browser.run("print(open('kept.txt').read())") == "kept\n"  # the proxy still knows her server
    wait_until_healthy(course)
    instructor.request_server()
    instructor.wait_for_server(180)
    assert ada.run("print(6 * 7)") == "42\n"


def test_a_proxy_that_died_leads_everywhere_again(course: Installation, ada: Visitor) -> None:
    watcher = course.visitor(ada.name)  # the hub's pages for nobody, which come meanwhile, take a browser's XSRF token
    os.kill(int(course.ask("inspect", "--format", "{{.State.Pid}}", f"{PROJECT}-proxy")), signal.SIGKILL)
    begun = time.monotonic()
    waiting = ["/hub/health", ada.path("api/status"), "/services/exchange/health", "/services/grading/"]
    while waiting:
        assert time.monotonic() - begun < 120, f"{waiting[0]} is not reached"
        if answers(watcher, waiting[0]):
            waiting.pop(0)
        else:
            time.sleep(0.5)


def answers(who: Visitor, path: str) -> bool:
    try:
        return who.ask(path).status == 200
    except OSError:
        return False


def wait_until_healthy(course: Installation) -> None:
    deadline = time.monotonic() + 300
    form = "{{.State.Health.Status}}"
    while course.ask("inspect", "--format", form, f"{PROJECT}-hub") != "healthy":
        assert time.monotonic() < deadline, "the hub did not come back"
        time.sleep(0.5)
    while Visitor(course.url).ask("/hub/health").status != 200:
        assert time.monotonic() < deadline, "the hub did not come back behind the proxy"
        time.sleep(0.5)


def test_up_again_brings_a_roster_and_dates_to_a_running_class(course: Installation, ada: Visitor, ta: Visitor) -> None:
    kernel, started = ada.start_kernel(), [since(course, name) for name in ("ada", "ta")]
    ada.run_in(kernel, "kept = 42")
    refused = in_terminal(ta, "cd ~/course && ! tito schedule hold 10 2>&1")
    assert "the term is changed by instructors" in refused and "nothing was changed" in refused
    with (course.course / "roster.csv").open("a", encoding="utf-8") as roster:
        roster.write("marie,9,A,student\n")
    with (course.course / "course.toml").open("a", encoding="utf-8") as dates:
        dates.write("\n[modules.10]\nhold = true\n")
    shown = "cd ~/course && COLUMNS=120 tito schedule | grep 10_dataloader"
    assert "held" not in in_terminal(ta, shown)
    up = course.make("up")
    assert up.returncode == 0, up.stderr
    assert Visitor(course.url, "marie").log_in(course.password_of("marie")).status == 200
    assert "held" in in_terminal(ta, shown)
    assert ada.run_in(kernel, "print(kept)") == "42\n"
    assert [since(course, name) for name in ("ada", "ta")] == started


def since(course: Installation, name: str) -> str:
    """When somebody's server was started."""
    return course.ask("inspect", "--format", "{{.State.StartedAt}}", f"{PROJECT}-user-{name}")


def test_files_outlive_the_server(course: Installation, ada: Visitor) -> None:
    ada.run("open('homework.txt', 'w').write('done')")
    assert ada.ask("/hub/api/users/ada/server", "DELETE").status in (202, 204)
    deadline = time.monotonic() + 180
    while any("user-ada" in name for name in course.left()):
        assert time.monotonic() < deadline, course.left()
        time.sleep(0.2)
    ada.request_server()
    ada.wait_for_server(180)
    assert ada.run("print(open('homework.txt').read())") == "done\n"


def test_down_leaves_nothing(course: Installation) -> None:
    down = course.make("down")
    assert down.returncode == 0, down.stderr
    assert {name.split()[0] for name in course.left()} == {"volume"}  # everybody's work
    again = course.make("down", "--delete-all-work")
    assert again.returncode == 0, again.stderr
    assert course.left() == []
