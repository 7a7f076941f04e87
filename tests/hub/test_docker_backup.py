"""Backups of a class under Docker, as far as they need no Docker: what is in one, what goes where, what is refused."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub import docker_archive
from hub.container_names import Names
from hub.docker_archive import unpack
from hub.docker_backup import Keeper, check_backup, settings_of
from hub.docker_cli import Docker
from hub.docker_files import Files
from tito.backup import Places, make_backup, places_for_restore
from tito.backup.places import IN_CONTAINER
from tito.errors import BackupError

ROOT = Path(__file__).parents[2]
NOW = datetime(2027, 3, 1, tzinfo=UTC)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What the container that makes a backup sees."""
    data = tmp_path / "data"
    write(data / "homes" / "Grace.H" / "kept.txt", "kept")
    (data / "homes" / "Grace.H" / "kept.txt").chmod(0o640)
    write(data / "course" / "release" / "x.ipynb", "{}")
    (data / "course" / "course.toml").symlink_to("/opt/tinytorch/course.toml")
    write(data / "exchange" / "blob", "handed in")
    write(data / "databases" / "hub.dump", "dump")
    write(data / "installation" / "settings.env", "TINYTORCH_PORT=8100\n")
    write(data / "installation" / "secrets" / "login", "secret")
    write(tmp_path / "course" / "course.toml", '[course]\nid = "old"\n')
    return data


@pytest.fixture
def archive(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = data.parent / "backup.tar.gz"
    contents = make_backup(Places(data.parent / "course", data), "old", made, {}, NOW)
    assert contents.data == str(data)
    # Where the container has them; here it is a folder of the test's.
    for module in ("hub.docker_backup", "hub.docker_archive", "tito.backup.places"):
        monkeypatch.setattr(f"{module}.IN_CONTAINER", str(data))
    return made


def test_volumes_are_filled_and_nothing_else(archive: Path, tmp_path: Path):
    target = tmp_path / "volumes"
    target.mkdir()
    check_backup(archive)
    unpack(archive, target)
    assert {path.name for path in target.iterdir()} == {"homes", "course", "exchange"}
    assert (target / "homes" / "Grace.H" / "kept.txt").read_text() == "kept"
    assert (target / "homes" / "Grace.H" / "kept.txt").stat().st_mode & 0o777 == 0o640
    assert str((target / "course" / "course.toml").readlink()) == "/opt/tinytorch/course.toml"
    assert settings_of(archive) == "TINYTORCH_PORT=8100\n"


def keeper(folder: Path, docker: str = "exit 0") -> Keeper:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{docker}\n", encoding="utf-8")
    program.chmod(0o755)
    files = Files(folder / "files")
    files.folder.mkdir()
    (folder / "checkout").mkdir()
    played = Docker(str(program), [], "tt", folder)
    return Keeper(played, Names("tt"), files, folder / "checkout", {"grader": "g", "hub": "h"}, lambda _: None)


def test_what_a_restore_replaces_beside_the_containers_is_put_aside(archive: Path, tmp_path: Path):
    found = keeper(tmp_path)
    write(found.files.secrets / "login", "another secret")
    write(found.course / "course.toml", '[course]\nid = "new"\n')
    found.restore_files(archive, check_backup(archive), NOW)
    assert (found.files.secrets / "login").read_text() == "secret"
    assert oct((found.files.secrets / "login").stat().st_mode & 0o777) == "0o600"
    assert 'id = "old"' in (found.course / "course.toml").read_text()
    (aside,) = found.files.folder.glob("before-restore-*")
    assert (aside / "secrets" / "login").read_text() == "another secret"
    assert 'id = "new"' in (aside / "course.toml").read_text()


def test_what_was_changed_in_the_browser_of_the_class_before_goes_aside_too(archive: Path, tmp_path: Path):
    found = keeper(tmp_path)
    handed = found.files.handed
    write(handed.copy, '[course]\nid = "new"\n[modules.06]\nhold = true\n')
    write(handed.record, '[course]\nid = "new"\n')
    found.restore_files(archive, check_backup(archive), NOW)
    (aside,) = found.files.folder.glob("before-restore-*")
    assert "hold = true" in (aside / "class-course.toml").read_text()
    assert not handed.changed()  # `make up` takes nothing of it into what the backup held


def test_neither_kind_of_backup_is_taken_for_the_other(data: Path, tmp_path: Path):
    with pytest.raises(BackupError, match="make restore DOCKER=1"):
        places_for_restore(tmp_path, None, IN_CONTAINER)
    made = data.parent / "backup.tar.gz"
    make_backup(Places(data.parent / "course", data), "old", made, {}, NOW)
    with pytest.raises(BackupError, match="no backup of a class under Docker"):
        check_backup(made)


def test_a_damaged_backup_is_refused_before_anything_is_touched(archive: Path):
    cut = archive.with_name("cut.tar.gz")
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(BackupError, match="nothing was changed"):
        check_backup(cut)


def test_a_class_that_does_not_run_is_not_backed_up(tmp_path: Path):
    with pytest.raises(BackupError, match="make up first"):
        keeper(tmp_path).backup(tmp_path / "disk", "tt", NOW)
    assert not (tmp_path / "disk").exists()


def test_a_restore_replaces_no_volume(tmp_path: Path):
    keeper(tmp_path).refuse_work()
    busy = keeper_of_volumes(tmp_path / "busy")
    with pytest.raises(BackupError, match="the volume tt-home-ada is there, and a restore replaces nothing"):
        busy.refuse_work()


def keeper_of_volumes(folder: Path) -> Keeper:
    folder.mkdir()
    return keeper(folder, 'case "$1 $2" in "volume ls") printf "other\\ntt2_hub\\ntt-home-ada\\ntt_hub\\n" ;; esac')


@pytest.mark.parametrize(("what", "said"), [("backup", "DEST=/another/disk"), ("restore", "SRC=file.tar.gz")])
def test_a_verb_without_its_place_says_what_it_needs(tmp_path: Path, what: str, said: str):
    for name in ("docker", "docker-compose"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 20.10.24\n", encoding="utf-8")
        program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "hub.up", what, "--files", str(tmp_path / "files")],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"make {what}: say where: ") and said in done.stderr and done.stderr.count("\n") == 1


def test_a_step_that_fails_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(docker_archive, "ADDRESS", str(tmp_path / "address"))
    write(tmp_path / "address", f"sqlite:///{tmp_path}/nowhere/gradebook.db")
    assert docker_archive.main(["revisions", "nbgrader"]) == BackupError.exit_code
    assert "cannot be opened" in capsys.readouterr().err
    assert docker_archive.main(["other"]) == 2
