"""settings.env: a name that nothing reads is refused, and the list of names is what the code and the manual have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hub.docker_files import Files, read_settings
from hub.docker_installation import Installation
from hub.docker_installer import Installer
from hub.kubernetes_settings import Cluster
from hub.login import LOGINS, OPTIONS
from hub.setting_names import DOCKER, KUBERNETES, PREFIX
from tito.errors import ToolError
from tito.images import Images

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("TINYTORCH_PRT=9", "did you mean TINYTORCH_PORT?"),
        ("TINYTORCH_STUDENT_MEMROY=2G", "did you mean TINYTORCH_STUDENT_MEMORY?"),
        ("TINYTORCH_tls_key=/k", "did you mean TINYTORCH_TLS_KEY?"),
        ("TINYTORCH_REGISTRY=r", "docs/operator/docker.md has them all"),
    ],
)
def test_a_name_that_nothing_reads_is_refused(tmp_path: Path, line: str, meant: str):
    files = Files(tmp_path)
    files.settings.write_text(f"TINYTORCH_PORT=8100\n# a comment\n{line}\n")
    with pytest.raises(ToolError) as refused:
        read_settings(files)
    said = str(refused.value)
    assert said.startswith(f"{files.settings}:3: {line.partition('=')[0]} is no setting; ") and meant in said
    assert said.endswith("mend or delete line 3 (nothing was started)") and "\n" not in said


def test_a_backups_settings_are_put_there_before_they_are_refused_so_that_a_line_can_be_deleted(tmp_path: Path):
    files, old = Files(tmp_path), "TINYTORCH_PORT=8100\nTINYTORCH_OF_AN_EARLIER_VERSION=1\n"
    with pytest.raises(ToolError, match="delete line 2"):
        read_settings(files, template=old)
    files.settings.write_text(files.settings.read_text().splitlines()[0])
    assert read_settings(files, template=old) == {"TINYTORCH_PORT": "8100"}


class Asked(Mapping[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values_by_name, self.names = values, set[str]()

    def __getitem__(self, name: str) -> str:
        self.names.add(name.removeprefix(PREFIX))
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


def environment(login: str) -> Asked:
    """What a hub or a chart cannot do without, under each log-in."""
    required = {"STUDENT_IMAGE": "s", "GRADER_IMAGE": "g", "LIBRARIES": "/l", "COURSE_FOLDER": "/c"}
    required |= {"REGISTRY": "r", "TAG": "1"} | dict.fromkeys(OPTIONS[login], "x")
    required |= {"URL": "https://course.example.org", "LOGIN": login}
    return Asked({PREFIX + name: value for name, value in required.items()})


def computed(folder: Path) -> set[str]:
    """What `make up` computes for compose.yaml; a name of these is a setting only where the manual says so."""
    (folder / "secrets").mkdir()
    (folder / "secrets" / "release_token").touch()
    installer = Installer.__new__(Installer)
    installer.files, installer.project, installer.images = Files(folder), "tt", Images("1")
    installer.settings = {"TINYTORCH_SOCKET": "/dev/null", "TINYTORCH_INTERNAL_TLS": "1"}
    installer.course = type("Named", (), {"id": "tt"})()  # type: ignore[assignment]
    installer.libraries = lambda: "/libraries"  # type: ignore[method-assign]
    (folder / "secrets" / "no_tls").touch()
    return {name.removeprefix(PREFIX) for name in installer.variables()}


def read_under_docker() -> set[str]:
    """Every name that the hub, compose.yaml or `make up` reads."""
    found = set[str]()
    for login in LOGINS:
        given = environment(login)
        Installation.from_environment(given)
        found |= given.names
    for path in (ROOT / "deploy").glob("*.yaml"):
        found |= set(re.findall(rf"\$\{{{PREFIX}([A-Z_]+)", path.read_text(encoding="utf-8")))
    # Building reads two more, of the environment alone: where packages come from is no setting of a class.
    sources = {*(ROOT / "hub").glob("docker_*.py"), ROOT / "tito/images.py"} - {ROOT / "hub/docker_images.py"}
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    found |= set(re.findall(r'\.(?:text|switch|network)\("([A-Z_]+)"', text))
    return found | set(re.findall(rf'(?:settings|variables|environment)(?:\.get\(|\[)"{PREFIX}([A-Z_]+)"', text))


def documented(page: str, end: str) -> set[str]:
    """The names in code type in a page's part on settings."""
    text = (ROOT / page).read_text(encoding="utf-8").partition("## Settings")[2].partition(end)[0]
    return set(re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", text))


def test_the_list_is_what_the_code_reads_and_what_the_manual_names(tmp_path: Path):
    read, made = read_under_docker(), computed(tmp_path)
    assert read - made <= DOCKER.names, "the code reads what settings.env may not hold: hub/setting_names.py"
    assert read >= DOCKER.names, "settings.env may hold what nothing reads: hub/setting_names.py"
    assert documented(DOCKER.guide, "\n## ") == DOCKER.names


def test_the_same_on_kubernetes():
    read = set[str]()
    for login in LOGINS:
        given = environment(login)
        Cluster.from_environment("tt", given)
        read |= given.names
    assert read == KUBERNETES.names
    assert documented(KUBERNETES.guide, "\n## ") <= KUBERNETES.names
