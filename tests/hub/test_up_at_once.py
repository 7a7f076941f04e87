"""Two who start or stop a class under Docker at the same time."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import up
from hub.docker_backup import Contents
from hub.docker_installer import Installer
from tests.tiny import make_checkout
from tito.errors import ToolError


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of a course and an installation of its own, on a machine whose Docker is not asked anything."""
    monkeypatch.setattr("hub.docker_installer.find_docker", lambda: "docker")
    monkeypatch.setattr("hub.docker_installer.find_compose", lambda _docker: ["docker", "compose"])
    return ["--course", str(make_checkout(tmp_path / "checkout")), "--files", str(tmp_path / "docker")]


@pytest.mark.parametrize("second", ["up", "down", "upgrade-db"])
@pytest.mark.parametrize("first", ["up", "down", "upgrade-db"])
def test_the_second_is_told_to_wait_and_does_nothing(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], first: str, second: str
) -> None:
    """Compose makes the network twice otherwise, and then Docker knows neither by its name: no start and no stop."""
    ended: list[int] = []

    def work(_installer: Installer, *_: object) -> None:
        ended.append(0)
        if len(ended) == 1:
            assert up.main([second, *arguments]) == ToolError.exit_code

    for name in ("up", "down", "upgrade"):
        monkeypatch.setattr(Installer, name, work)
    assert up.main([first, *arguments]) == 0
    assert ended == [0], "the second did nothing"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"make {second}: another make up, down, restore or upgrade-db is at work on ")
    assert up.main([second, *arguments]) == 0


def test_a_restore_keeps_others_out_too(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def restore(_installer: Installer, _source: Path, _contents: Contents) -> None:
        assert up.main(["up", *arguments]) == ToolError.exit_code

    monkeypatch.setattr(Installer, "restore", restore)
    monkeypatch.setattr(up, "check_backup", lambda _source: None)
    monkeypatch.setattr(up, "settings_of", lambda _source: "")
    assert up.main(["restore", *arguments, "--source", str(tmp_path / "b.tar.gz")]) == 0
    assert "is at work on" in capsys.readouterr().err
