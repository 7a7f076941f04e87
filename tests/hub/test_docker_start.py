"""What stands in the way of `make up` is one line with a remedy; Docker is played by scripts on PATH."""

from __future__ import annotations

import csv
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from certificates import make_certificate
from jupyterhub.utils import subdomain_hook_idna

from hub.certificates import certificate_state, check_certificate, check_readable
from hub.checks import check_space, free_ports
from hub.docker_cli import Docker, find_compose, find_docker
from hub.docker_files import Files, copy_course, make_secrets, read_settings, state, write_passwords
from hub.docker_images import check_version
from hub.docker_installer import hosts
from hub.docker_waiting import wait_until_well
from tito.course import Course
from tito.course_edit import change_modules
from tito.errors import ToolError
from tito.images import version
from tito.modules import find_module

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH to put programs on."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(folder: Path, name: str, lines: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    file.chmod(0o755)


GOOD = """case "$*" in
version*) echo 20.10.24;;
info*) echo 20.10.24;;
esac"""


def test_no_docker(path: Path):
    with pytest.raises(ToolError, match=r"Docker is not installed; .*apt install docker.io.*nothing was started"):
        find_docker()


def test_docker_that_does_not_run(path: Path):
    program(
        path,
        "docker",
        'case "$*" in version*) echo 20.10.24; exit 1;; esac; echo "Cannot connect to the Docker daemon" >&2; exit 1',
    )
    with pytest.raises(ToolError, match=r"Cannot connect.*systemctl start docker"):
        find_docker()


def test_docker_that_one_may_not_use(path: Path):
    program(
        path, "docker", 'case "$*" in version*) echo 20.10.24; exit;; esac; echo "Got permission denied" >&2; exit 1'
    )
    with pytest.raises(ToolError, match="usermod -aG docker"):
        find_docker()


def test_docker_that_cannot_build(path: Path):
    program(path, "docker", 'case "$*" in version*) echo 28.2.2;; *) exit 1;; esac')
    with pytest.raises(ToolError, match="buildx"):
        find_docker()


def test_the_first_docker_that_can_build_is_taken(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("PATH", f"{path}:{other}")
    program(path, "docker", 'case "$*" in version*) echo 28.2.2;; *) exit 1;; esac')
    program(other, "docker", GOOD)
    assert find_docker() == str(other / "docker")


def test_compose_is_the_plugin_or_debians(path: Path):
    program(path, "docker", GOOD)
    with pytest.raises(ToolError, match="docker-compose"):
        find_compose(str(path / "docker"))
    program(path, "docker-compose", "")
    assert find_compose(str(path / "docker")) == [str(path / "docker-compose")]
    program(path, "docker", 'case "$*" in "compose version --short") echo 2.40;; esac')
    assert find_compose(str(path / "docker")) == [str(path / "docker"), "compose"]


def docker(path: Path, lines: str) -> Docker:
    program(path, "docker", lines)
    return Docker(str(path / "docker"), [], "tt", ROOT)


def test_a_command_that_fails_says_why(path: Path):
    with pytest.raises(ToolError, match=r"docker volume failed: no space left on device .*kept"):
        docker(path, "echo something >&2; echo 'no space left on device' >&2; exit 1").ask("volume", "create")


def test_a_registry_that_cannot_be_reached(path: Path, tmp_path: Path):
    here = docker(path, "echo '#3 ERROR'; echo 'failed to do request: Head https://r/v2: no such host'; exit 1")
    with pytest.raises(ToolError, match=r"deploy/base_image.sh"):
        here.build([], tmp_path / "log")


def test_an_image_of_another_version(path: Path):
    here = docker(path, """case "$*" in *json*) echo '{"org.tinytorch.version": "0.0.9-old"}';; esac""")
    with pytest.raises(
        ToolError, match=r"image x/student:1 has version 0.0.9-old, this checkout is 0.1.0-new; make image"
    ):
        check_version(here, "x/student:1", "0.1.0-new")
    check_version(here, "x/student:1", "0.0.9-old")


def test_an_image_that_is_not_there(path: Path):
    with pytest.raises(ToolError, match=r"image x/student:1 is not on this machine"):
        check_version(docker(path, "exit 1"), "x/student:1", "0.1.0")


def test_the_version_follows_what_goes_into_the_images(tmp_path: Path):
    for name in (
        "Dockerfile",
        "requirements-docker.lock",
        "pyproject.toml",
        "nbgrader_config.py",
        "README.md",
        "LICENSE",
    ):
        (tmp_path / name).write_text(name)
    (tmp_path / "tito").mkdir()
    (tmp_path / "tito" / "a.py").write_text("1")
    first = version(tmp_path, "base", 1000)
    (tmp_path / "course.toml").write_text("not in an image")
    (tmp_path / "tito" / "a.pyc").write_text("made")
    assert version(tmp_path, "base", 1000) == first
    assert version(tmp_path, "other", 1000) != first
    (tmp_path / "tito" / "a.py").write_text("2")
    assert version(tmp_path, "base", 1000) != first


def test_secrets_are_made_once_and_private(tmp_path: Path):
    files = Files(tmp_path / "docker")
    make_secrets(files)
    first = {path.name: path.read_text() for path in files.secrets.iterdir()}
    assert all(len(text) >= 48 for name, text in first.items() if name != "no_tls")
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in files.secrets.iterdir()}
    assert {name for name, mode in modes.items() if mode != "0o600"} == {
        "release_token",
        "grading_token",
        "gradebook_database",
        "broker",
        "farm_key",
    }
    assert (modes["release_token"], oct(files.secrets.stat().st_mode & 0o777)) == ("0o640", "0o700")
    make_secrets(files)
    assert {path.name: path.read_text() for path in files.secrets.iterdir()} == first


def test_services_can_read_the_course_at_every_moment_of_a_make_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They run as other users, and look every few seconds; a make up that is killed must not shut them out either."""
    files, folder = Files(tmp_path / "docker"), tmp_path / "checkout"
    folder.mkdir()
    (folder / "course.toml").write_text('[course]\nid = "a"\n')
    make_secrets(files)
    seen, replace = [], Path.replace

    def look(self: Path, target: Path) -> Path:
        found = replace(self, target)
        if target.parent == files.course:
            seen.append(oct(target.stat().st_mode & 0o777))
        return found

    monkeypatch.setattr(Path, "replace", look)
    copy_course(files, Course.load(folder))
    assert seen == ["0o644"]


def test_the_state_follows_the_course_and_the_secrets(tmp_path: Path):
    files, folder = Files(tmp_path / "docker"), tmp_path / "checkout"
    folder.mkdir()
    (folder / "course.toml").write_text('[course]\nid = "a"\n')
    make_secrets(files)
    copy_course(files, Course.load(folder))
    seen = [state(files)]
    assert state(files) == seen[0]
    (folder / "roster.csv").write_text("name,id,section,role\nada,1,A,student\n")
    copy_course(files, Course.load(folder))
    seen.append(state(files))
    os.utime(files.secrets / "login", ns=(1, 1))
    seen.append(state(files))
    assert len(set(seen)) == 3
    # What services mount is the whole course: with the same people, for every container's user.
    assert Course.load(files.course).students == ("ada",)
    assert {oct(path.stat().st_mode & 0o777) for path in files.course.iterdir()} == {"0o644"}
    (folder / "roster.csv").unlink()
    copy_course(files, Course.load(folder))
    assert [path.name for path in files.course.iterdir()] == ["course.toml"]


def test_first_passwords_are_written_where_there_are_passwords(tmp_path: Path):
    files, course = Files(tmp_path), Course.load(ROOT)
    make_secrets(files)
    assert not write_passwords(files, course, {"TINYTORCH_LOGIN": "lti"})
    assert not files.passwords.exists()
    assert write_passwords(files, course, {})
    assert oct(files.passwords.stat().st_mode & 0o777) == "0o600"
    assert [line.split(",")[0] for line in files.passwords.read_text().splitlines()][:2] == ["name", "instructor"]


def test_first_passwords_can_be_sent_by_a_mail_merge(tmp_path: Path):
    (tmp_path / "course.toml").write_text('[course]\nid = "mail"\n[roster]\ninstructors = ["prof"]\n')
    (tmp_path / "roster.csv").write_text(
        "name,id,section,role,first_name,last_name,email\n"
        'ada,1,,student,Ada,"Lovelace, Countess",ada@example.edu\n'
        "alan,2,,student,,,\n"
    )
    files = Files(tmp_path / "files")
    make_secrets(files)
    write_passwords(files, Course.load(tmp_path), {})
    with files.passwords.open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["prof", "ada", "alan"]
    assert rows["ada"]["last_name"] == "Lovelace, Countess" and rows["ada"]["email"] == "ada@example.edu"
    assert rows["prof"]["email"] == rows["alan"]["first_name"] == ""
    assert all(row["first password"] for row in rows.values())


@pytest.mark.parametrize("line", ["PORT=1", "TINYTORCH_PORT", "TINYTORCH_PORT : 1", "export TINYTORCH_PORT=1"])
def test_a_setting_that_is_not_understood_names_its_line(tmp_path: Path, line: str):
    files = Files(tmp_path)
    assert read_settings(files) == {}
    files.settings.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(ToolError, match=r"settings.env:3: "):
        read_settings(files)


def test_make_up_without_docker_is_one_line(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "hub.up", "up", "--files", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("make up: Docker is not installed") and done.stderr.count("\n") == 1


def test_make_up_needs_nothing_installed():
    """An administrator's machine has Docker and a Python, no virtual environment."""
    program = "import sys; sys.path.insert(0, sys.argv[1]); import hub.up; print(hub.up.main.__name__)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("main\n", "")


UP = """case "$*" in
version*) echo 20.10.24;;
"info --format {{.DockerRootDir}}") echo /;;
"info --format {{.NCPU}}") echo 2;;
info*) echo 20.10.24;;
"volume inspect"*) echo /volumes;;
*"ls"*) ;;
"image inspect"*) exit 1;;
esac"""
"""A Docker that answers and has no image and no container."""


def make_up(path: Path, settings: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program(path, "docker", UP)
    program(path, "docker-compose", "exit 1")
    files = path.parent / "files"
    files.mkdir()
    (files / "settings.env").write_text(settings)
    return subprocess.run(
        [sys.executable, "-m", "hub.up", *(arguments or ["up"]), "--files", str(files)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_up_takes_what_was_changed_in_the_browser_by_way_of_a_container(path: Path, tmp_path: Path):
    """Docker runs the image's program; the machine's own Python has no library that keeps comments."""
    course, files = tmp_path / "course", Files(tmp_path / "files")
    course.mkdir()
    (course / "course.toml").write_text('[course]\nid = "tt"  # ours\nterm_start = 2030-03-04\n')
    make_secrets(files)
    copy_course(files, Course.load(course))
    change_modules(Course.load(files.course), {find_module("06"): {"hold": True}})
    runs = f'cd {ROOT}; echo "$*" >{tmp_path}/asked; for last; do :; done; exec {sys.executable} -m "$last"'
    program(path, "docker", f'case "$1" in run) {runs};; esac\n{UP.replace("exit 1", "exit 0")}')
    program(path, "docker-compose", "exit 1")
    files.settings.write_text(f"TINYTORCH_PORT={free_ports(1)[0]}\nTINYTORCH_SOCKET=/dev/null\n")
    done = subprocess.run(
        [sys.executable, "-m", "hub.up", "up", "--files", str(files.folder), "--course", str(course)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "changed in the browser, now in course.toml too: 06_optimizers (hold = true)\n" in done.stdout, done.stderr
    assert "docker compose up failed" in done.stderr  # there is no class here
    assert "# ours" in (course / "course.toml").read_text() and Course.load(course).schedule.held(find_module("06"))
    assert "--network=none" in (tmp_path / "asked").read_text()


def test_make_up_on_a_taken_port(path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = make_up(path, f"TINYTORCH_PORT={port}\nTINYTORCH_SOCKET=/dev/null\n")
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"make up: port {port} is taken; ") and "TINYTORCH_PORT=" in done.stderr


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("TINYTORCH_PORT=http\nTINYTORCH_SOCKET=/dev/null\n", "TINYTORCH_PORT is 'http'"),
        ("TINYTORCH_SOCKET=/nowhere\n", "/nowhere"),
        ("TINYTORCH_PORT=1\nTINYTORCH_LOGIN=ldap\nTINYTORCH_SOCKET=/dev/null\n", "TINYTORCH_LOGIN is 'ldap'"),
        ("TINYTORCH_TLS_CERTIFICATE=/nowhere.pem\nTINYTORCH_SOCKET=/dev/null\n", "/nowhere.pem"),
    ],
)
def test_make_up_with_a_setting_that_makes_no_sense(path: Path, settings: str, said: str):
    done = make_up(path, settings)
    assert (done.returncode, done.stdout) == (6, "")
    assert said in done.stderr and done.stderr.count("\n") == 1


def test_a_course_that_is_kept_elsewhere(path: Path, tmp_path: Path):
    (tmp_path / "course.toml").write_text('[course]\nid = "elsewhere"\n')
    done = make_up(path, "TINYTORCH_SOCKET=/dev/null\n", "variables", "--course", str(tmp_path))
    assert "TINYTORCH_COURSE_ID=elsewhere\n" in done.stdout


@pytest.mark.parametrize(
    ("days", "names", "said"),
    [
        ((-9, -1), ("tt.example.org",), r"the certificate \S+ expired on \w+ .* GMT; renew it, then make up"),
        ((1, 9), ("tt.example.org",), r"is valid from .* GMT only; set this machine's clock"),
        (
            (-1, 9),
            ("other.org",),
            r"is for 127.0.0.1, other.org and not for tt.example.org, user.tt.example.org; have it",
        ),
        ((-1, 9), ("tt.example.org",), r"not for user.tt.example.org; "),
    ],
)
def test_make_up_with_a_certificate_that_browsers_refuse(
    path: Path, days: tuple[int, int], names: tuple[str, ...], said: str
):
    chain, key = make_certificate(path, *names, begin=days[0], end=days[1])
    settings = {
        "PORT": free_ports(1)[0],
        "SOCKET": "/dev/null",
        "TLS_CERTIFICATE": chain,
        "TLS_KEY": key,
        "DOMAIN": "tt.example.org",
    }
    done = make_up(path, "".join(f"TINYTORCH_{name}={value}\n" for name, value in settings.items()))
    assert (done.returncode, done.stderr.count("\n")) == (6, 1)
    assert re.search(said, done.stderr), done.stderr


def test_services_with_pages_are_found_where_jupyterhub_puts_them():
    plain = hosts({})
    assert set(plain.values()) == {""}
    found = hosts({"TINYTORCH_DOMAIN": "tt.example.org", "TINYTORCH_URL": "https://tt.example.org"})
    assert found.keys() == plain.keys()
    assert found["TINYTORCH_HOST"] == "https://tt.example.org"
    for name in ("grading", "libraries", "release"):
        host = subdomain_hook_idna(name, "tt.example.org", kind="service")
        assert found[f"TINYTORCH_{name.upper()}_HOST"] == f"https://{host}"


def test_a_certificate_that_browsers_take(tmp_path: Path):
    chain, key = make_certificate(tmp_path, "tt.example.org", "*.tt.example.org")
    check_certificate(chain, key, ["tt.example.org", "user.tt.example.org", "127.0.0.1"], time.time())
    with pytest.raises(ToolError, match=r"not for a\.b\.tt\.example\.org"):  # a star is one label
        check_certificate(chain, key, ["a.b.tt.example.org"], time.time())


def test_make_up_with_anothers_key(path: Path, tmp_path: Path):
    chain, _ = make_certificate(path, "tt.example.org")
    other = tmp_path / "other"
    other.mkdir()
    _, key = make_certificate(other)
    done = make_up(path, f"TINYTORCH_TLS_CERTIFICATE={chain}\nTINYTORCH_TLS_KEY={key}\nTINYTORCH_SOCKET=/dev/null\n")
    assert (done.returncode, done.stderr.count("\n")) == (6, 1)
    assert "cannot be used: KEY_VALUES_MISMATCH; give a PEM chain" in done.stderr


def test_make_up_on_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr("hub.checks.shutil.disk_usage", lambda _: SimpleNamespace(free=2**20))
    with pytest.raises(ToolError, match=r"is full \(1 MB free, 3072 MB needed\); free some space \(docker image prune"):
        check_space(tmp_path, 3 * 1024**3, "(docker image prune)")


@pytest.mark.parametrize(
    ("mode", "user", "readable"), [(0o600, 0, True), (0o600, 1, False), (0o604, 1, True), (0o060, 0, False)]
)
def test_a_key_that_the_proxys_user_cannot_read_is_told_before_anything_is_replaced(
    tmp_path: Path, mode: int, user: int, readable: bool
):
    key = tmp_path / "key.pem"
    key.touch()
    key.chmod(mode)
    wanted = os.geteuid() + user
    if readable:
        check_readable(key, wanted)
        return
    with pytest.raises(ToolError, match=rf"cannot be read by user {wanted}, .*chown {wanted} {key}.*what runs goes on"):
        check_readable(key, wanted)


def test_a_certificate_that_was_renewed_in_its_place_is_another_state(tmp_path: Path):
    files = [tmp_path / "chain.pem", tmp_path / "key.pem"]
    states = set()
    for text in ("old", "new"):
        for file in files:
            file.write_text(text)
            states.add(certificate_state(files))
    assert len(states) == 4


INSPECTED = """case "$*" in
logs*{broken}) echo why >&2;;
inspect*-hub) echo "running 4 {health}";;
inspect*-proxy) {proxy};;
esac"""
COUNTED = 'n=$(cat "$0.n" 2>/dev/null || echo 5); echo $((n + 1)) >"$0.n"; echo "restarting $n "'


def test_containers_that_were_started_again_long_ago_are_no_trouble(tmp_path: Path):
    program(tmp_path, "docker", INSPECTED.format(broken="", health="healthy", proxy='echo "running 7 healthy"'))
    wait_until_well(Docker(str(tmp_path / "docker"), [], "tt", ROOT), "tt", patience=5)


@pytest.mark.parametrize(
    ("proxy", "broken"), [(COUNTED, "proxy"), ('echo "restarting 7 "', "proxy"), ('echo "running 7 starting"', "hub")]
)
def test_who_does_not_start_is_told(tmp_path: Path, proxy: str, broken: str):
    program(tmp_path, "docker", INSPECTED.format(broken=broken, health="starting", proxy=proxy))
    docker = Docker(str(tmp_path / "docker"), [], "tt", ROOT)
    with pytest.raises(ToolError, match=rf"the {broken} did not start: why; read docker logs tt-{broken} \(all work"):
        wait_until_well(docker, "tt", patience=3)
