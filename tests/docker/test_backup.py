"""Backup of a class that works, its whole destruction, and what a restore brings back."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from hub.docker_installer import Installer
from tests.docker.installation import PROJECT, ROOT, Installation, in_terminal
from tests.farm.old_schemas import GRADEBOOK, HUB
from tests.hub.hub_client import Visitor
from tito.errors import BackupError

pytestmark = pytest.mark.e2e_docker

MODULE = "06_optimizers"
"""No other test of this folder uses it."""

MARK = """
import json
path = "{module}/{module}.ipynb"
book = json.load(open(path))
book["metadata"]["mark"] = {mark!r}
json.dump(book, open(path, "w"))
"""

STUDENT_NAME = """
import os
from nbgrader.api import Gradebook
with Gradebook(os.environ["TINYTORCH_DATABASE"]) as book:
    print({what})
"""

HANDED_IN = """
import json, os
from tito.exchange.client import Access, Client
from pathlib import Path
client = Client(Access.find(Path.home()), os.environ["TINYTORCH_COURSE_ID"])
marks = []
for row in client.submissions(everyone=True):
    if row["assignment"] == {module!r}:
        book = json.loads(client.submission(row["submission"])[{module!r} + ".ipynb"])
        marks.append((row["student"], book["metadata"]["mark"]))
print(json.dumps(marks))
"""
"""Every submission that has a record is asked for with its files."""


def hand_in(student: Visitor, mark: str) -> None:
    student.run(MARK.format(module=MODULE, mark=mark))
    in_terminal(student, f"nbgrader submit {MODULE}")


def test_a_destroyed_class_comes_back_from_its_backup(
    course: Installation, ada: Visitor, ta: Visitor, tmp_path: Path
) -> None:
    grace = course.visitor("Grace.H")
    in_terminal(ta, f"cd ~/course && tito release {MODULE[:2]} --publish")
    for student in (ada, grace):
        in_terminal(student, f"nbgrader fetch_assignment {MODULE}")
    hand_in(ada, "before")
    ada.run("open('kept.txt', 'w').write('kept')")
    ta.run(
        STUDENT_NAME.format(what='book.update_or_create_student("byron", last_name="Lovelace")')
    )  # who left the class
    marks, first_of_alan = backup_while(course, grace, tmp_path), course.password_of("alan")

    backup = next(tmp_path.glob("*.tar.gz"))
    assert backup.stat().st_mode & 0o777 == 0o600
    assert course.make("down", "--delete-all-work").returncode == 0
    assert course.left() == []
    shutil.rmtree(course.files)
    (course.course / "roster.csv").unlink()
    restored = course.make("restore", "--source", str(backup))
    assert restored.returncode == 0, restored.stderr
    take_databases_back(course)
    upgraded = course.make("upgrade-db")
    assert upgraded.returncode == 0, upgraded.stderr
    assert f"the database gradebook: {GRADEBOOK} -> " in upgraded.stdout
    assert f"the database hub: {HUB} -> " in upgraded.stdout
    assert len(list(course.files.glob("*.before-upgrade-*.dump"))) == 2
    roster = course.course / "roster.csv"
    roster.write_text(roster.read_text().replace("alan,2,B,student", "linus,4,B,student"))
    up = course.make("up")
    assert up.returncode == 0, f"{up.stdout}{up.stderr}\n{course.logs()}"

    assert Visitor(course.url, "linus").log_in(course.password_of("linus")).status == 200
    assert Visitor(course.url, "alan").log_in(first_of_alan).status == 403
    ada, ta = course.visitor("ada"), course.visitor("ta")
    assert ada.run("print(open('kept.txt').read())") == "kept\n"
    assert in_terminal(ada, f"ls {MODULE}/receipts").count(".json") == 1
    assert ta.run(STUDENT_NAME.format(what='book.find_student("byron").last_name')) == "Lovelace\n"
    found = json.loads(ta.run(HANDED_IN.format(module=MODULE)))
    assert ["ada", "before"] in found
    came_to = Visitor(course.url, "grace.h").log_in(course.password_of("Grace.H")).url
    assert "Grace.H" in came_to.split("/")  # the page that waits for their server, or the server when it was faster
    later = [mark for student, mark in found if student == "Grace.H"]
    assert later == marks[: len(later)]  # of what came meanwhile the first ones, each of them whole
    assert MODULE in in_terminal(ta, "ls ~/course/release")
    taken = course.make("restore", "--source", str(backup))
    assert (
        taken.returncode == BackupError.exit_code
        and f"the volume {PROJECT}" in taken.stderr
        and taken.stderr.count("\n") == 1
    )


def take_databases_back(course: Installation) -> None:
    """Leave both databases, which are full, as earlier versions of JupyterHub and nbgrader had them."""
    installer = Installer(course.files, course.course)
    installer.start_database()
    installer.keeper().wait_for_database()
    password = (installer.files.secrets / "database_password").read_text()
    gradebook = (installer.files.secrets / "gradebook_database").read_text()
    for image, step, address in (
        ("hub", "take_hub_back", f"postgresql+psycopg://hub:{password}@database/hub"),
        ("grader", "take_gradebook_back", gradebook),
    ):
        program = f"{(ROOT / 'tests/farm/old_schemas.py').read_text()}\n{step}({address!r})"
        course.ask("run", "--rm", f"--network={PROJECT}_records", installer.images[image], "python", "-c", program)


def backup_while(course: Installation, student: Visitor, folder: Path) -> list[str]:
    """Make a backup while somebody hands in again and again; gives what they handed in."""
    done = []
    maker = threading.Thread(target=lambda: done.append(course.make("backup", "--dest", str(folder))))
    maker.start()
    marks: list[str] = []
    while maker.is_alive() or not marks:
        hand_in(student, str(len(marks)))
        marks.append(str(len(marks)))
    maker.join()
    assert done[0].returncode == 0, done[0].stderr
    return marks
