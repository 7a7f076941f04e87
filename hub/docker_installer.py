"""An installation of a class under Docker: what `make up` and its sisters do, step by step.

Only the standard library is needed here: the machine has Docker and a Python, the rest is in the images.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from hub.certificates import certificate_state, check_certificate, check_readable
from hub.checks import check_port, check_space
from hub.container_names import Names
from hub.docker_backup import Keeper
from hub.docker_cli import Docker, find_compose, find_docker
from hub.docker_files import Files, make_secrets, read_settings, state, write_passwords
from hub.docker_handover import hand_over
from hub.docker_images import TARGETS, build, check_version, measure
from hub.docker_installation import Installation, Variables
from hub.docker_prune import prune
from hub.docker_removal import confirm_deletion, left_behind, work_volumes
from hub.docker_settings import LIBRARIES, RELEASE
from hub.docker_tls import make_certificates, other_certificates, tls_variables
from hub.docker_waiting import wait_until_well
from hub.docker_workers import Workers, start_workers, stop_workers, workers_trouble
from hub.settings import GRADING, roster
from tito.backup.archive import Contents
from tito.course import COURSE_FILE, Course
from tito.errors import ToolError
from tito.images import BASE_IMAGE, Images, hub_user, version

__all__ = ["Installer", "say"]

LEAST_SPACE = 3 * 1024**3
"""Bytes that building the images needs."""


class Installer:
    """One installation: its course, settings, names and Docker."""

    def __init__(self, folder: Path | None, course: Path | None = None) -> None:
        self.root = Path(__file__).parents[1]
        self.course = Course.load((course or self.root).absolute())
        self.files = Files((folder or self.root / "var" / "docker").absolute())
        self.settings = read_settings(self.files)
        self.project = self.settings.get("TINYTORCH_PROJECT", "tinytorch")
        docker = find_docker()
        self.docker = Docker(docker, find_compose(docker), self.project, self.root)
        self.base = os.environ.get("BASE_IMAGE") or self.settings.get("TINYTORCH_BASE_IMAGE", BASE_IMAGE)
        self.images = Images(version(self.root, self.base, hub_user()))

    def variables(self) -> dict[str, str]:
        """What deploy/compose.yaml asks for; settings come before what is computed here."""
        files, port = self.files, self.settings.get("TINYTORCH_PORT", "8000")
        socket = self.settings.get("TINYTORCH_SOCKET", "/var/run/docker.sock")
        if not Path(socket).exists():
            raise ToolError(f"TINYTORCH_SOCKET is {socket!r}, where no socket is; mend it (nothing was started)")
        tls = bool(self.settings.get("TINYTORCH_TLS_CERTIFICATE"))
        computed = {
            "TINYTORCH_PROJECT": self.project,
            "TINYTORCH_SETTINGS": str(files.settings),
            "TINYTORCH_SECRETS": str(files.secrets),
            "TINYTORCH_COURSE_FOLDER": str(files.course),
            "TINYTORCH_COURSE_ID": self.course.id,
            "TINYTORCH_HUB_USER": str(hub_user()),
            "TINYTORCH_SECRETS_GROUP": str((files.secrets / "release_token").stat().st_gid),
            "TINYTORCH_STATE": state(files),
            "TINYTORCH_PORT": port,
            **hosts(self.settings),
            "TINYTORCH_PROXY_PORT": "8443" if tls else "8000",
            "TINYTORCH_SOCKET": socket,
            "TINYTORCH_SOCKET_GROUP": str(Path(socket).stat().st_gid),
            "TINYTORCH_LIBRARIES": self.libraries(),
            "TINYTORCH_TLS_CERTIFICATE": str(files.secrets / "no_tls"),
            "TINYTORCH_TLS_KEY": str(files.secrets / "no_tls"),
            **{f"TINYTORCH_{target.upper()}_IMAGE": self.images[target] for target in TARGETS},
        }
        if Variables(self.settings).switch("INTERNAL_TLS"):
            computed |= tls_variables(files)
        found = computed | self.settings
        files_of_tls = (Path(found[name]) for name in ("TINYTORCH_TLS_CERTIFICATE", "TINYTORCH_TLS_KEY"))
        return found | {"TINYTORCH_TLS_STATE": certificate_state(files_of_tls)}

    def libraries(self) -> str:
        """Where Docker keeps the volume of the students' libraries: each server sees one folder in it."""
        name = Names(self.project).volumes()["libraries"]
        if not self.docker.has("volume", "inspect", name):
            self.make_volume(name)
        return self.docker.ask("volume", "inspect", "--format", "{{.Mountpoint}}", name)

    def make_volume(self, name: str) -> None:
        """Make a volume as compose would, if it is one of compose's."""
        labels = {"com.docker.compose.project": self.project, "com.docker.compose.volume": name.rpartition("_")[2]}
        ours = labels if name in Names(self.project).volumes().values() else {}
        self.docker.ask("volume", "create", *(f"--label={key}={value}" for key, value in ours.items()), name)

    def port(self) -> int:
        """Where browsers connect.

        Raises:
            ToolError: the setting is no number.
        """
        value = self.settings.get("TINYTORCH_PORT", "8000")
        if not value.isdecimal():
            raise ToolError(f"TINYTORCH_PORT is {value!r}, which is no port; mend it (nothing was started)")
        return int(value)

    def image(self) -> None:
        """Build the images and say what they weigh and how fast they start."""
        self.build()
        for line in measure(self.docker, self.images):
            say(line)

    def build(self) -> None:
        if not all(self.docker.has("image", "inspect", self.images[target]) for target in TARGETS):
            where = Path(self.docker.ask("info", "--format", "{{.DockerRootDir}}"))
            remedy = "(make prune, docker image prune, docker builder prune)"
            check_space(where if where.is_dir() else self.root, LEAST_SPACE, remedy)
            build(self.docker, self.images, self.base, hub_user(), self.files.folder, say)

    def build_missing(self) -> None:
        """Check the images that the settings name, and build the others.

        Raises:
            ToolError: one is of another version, or cannot be built.
        """
        names = {target: self.settings.get(f"TINYTORCH_{target.upper()}_IMAGE") for target in TARGETS}
        for name in filter(None, names.values()):
            check_version(self.docker, name, self.images.version)
        if not all(names.values()):
            self.build()

    def prune(self) -> None:
        """Remove the images of versions that are in no use."""
        named = {value for name, value in self.settings.items() if name.endswith("_IMAGE")}
        prune(self.docker, {*named, *(self.images[target] for target in TARGETS)}, say)

    def up(self) -> None:
        """Check, build what is missing, make the secrets, start, wait until it answers."""
        make_secrets(self.files)
        self.hand_over()
        variables = self.variables()
        self.check(variables)
        workers = self.workers(variables)
        running = self.docker.named("container", f"{self.project}-proxy")
        if not running:
            check_port(self.port(), f"TINYTORCH_PORT= in {self.files.settings}, with the number ")
        self.build_missing()
        variables = self.certify(variables)
        passwords = write_passwords(self.files, self.course, self.settings)
        say("starting the services")
        self.docker.compose(variables, "up", "--detach", "--remove-orphans")
        start_workers(self.docker, workers)
        wait_until_well(self.docker, self.project)
        say(f"{self.course.title} is served at  {address(variables)}")
        if passwords:
            say(f"everybody's first password stands in {self.files.passwords}")
        trouble = workers_trouble(self.docker, workers)
        if trouble:
            say(trouble)
        say("make down stops it and keeps all work")

    def hand_over(self) -> None:
        """Lay course.toml and the roster out for the class, with what instructors changed in the browser."""
        self.course = hand_over(self.course, self.files, self.docker, self.grader, say)

    def grader(self) -> str:
        """The grader's image, built if need be."""
        self.build_missing()
        return self.settings.get("TINYTORCH_GRADER_IMAGE", self.images["grader"])

    def certify(self, variables: dict[str, str]) -> dict[str, str]:
        """With internal TLS, see that everybody has certificates; servers that have others are stopped.

        Gives the variables again: the certificates are among them.
        """
        if "TINYTORCH_SERVER_KEYS" in variables:
            make_certificates(self.docker, self.files, variables["TINYTORCH_HUB_IMAGE"])
            variables = self.variables()
        if other_certificates(self.docker, Names(self.project).hub, variables.get("TINYTORCH_CERTIFICATES", "")):
            say("stopping everybody's server: internal TLS was switched, or its certificates are new")
            self.stop_servers()
        return variables

    def workers(self, variables: Mapping[str, str]) -> Workers:
        """The grading workers, as the settings have them.

        Raises:
            ToolError: a setting makes no sense.
        """
        read = Variables(variables)
        processes = int(read.text("WORKERS", r"\d{1,3}", self.docker.ask("info", "--format", "{{.NCPU}}")))
        return Workers(
            names=Names(self.project),
            image=variables["TINYTORCH_GRADER_IMAGE"],
            user=hub_user(),
            processes=processes,
            memory=read.text("WORKERS_MEMORY", r"[1-9]\d*[KMG]", f"{2 * processes + 1}G"),
            broker=self.files.secrets / "broker",
            key=self.files.secrets / "farm_key",
            profile=self.files.folder / "rooms.json",
        )

    def check(self, variables: Mapping[str, str]) -> None:
        """See that the settings make sense before anything is built.

        Raises:
            ToolError: one does not.
        """
        here = Installation.from_environment(variables)
        for name in ("TINYTORCH_TLS_CERTIFICATE", "TINYTORCH_TLS_KEY"):
            if not Path(variables[name]).is_file():
                raise ToolError(f"{name} is {variables[name]!r}, where no file is; mend it (nothing was started)")
        if "TINYTORCH_TLS_CERTIFICATE" in self.settings:
            chain, key = Path(variables["TINYTORCH_TLS_CERTIFICATE"]), Path(variables["TINYTORCH_TLS_KEY"])
            check_certificate(chain, key, here.hosts, time.time())
            for path in (chain, key):
                check_readable(path, hub_user())

    def stop_servers(self) -> None:
        """Stop and remove everybody's server."""
        for name in self.docker.named("container", f"{self.project}-user-.*"):
            self.docker.ask("rm", "--force", name)

    def down(self, delete_all_work: bool = False) -> None:
        """Stop every service and every server, and remove their networks. Volumes stay unless told otherwise.

        Raises:
            ToolError: Docker refuses a step, or somebody who was asked does not want all work deleted.
        """
        names = Names(self.project)
        if delete_all_work:
            confirm_deletion(self.docker, names, say)
        make_secrets(self.files)  # compose reads no file whose secrets are missing
        variables = self.variables()
        stop_workers(self.docker, names)
        self.docker.compose(variables, "down", "--remove-orphans")
        self.stop_servers()
        for name in self.docker.named("network", f"{self.project}-user-.*"):
            self.docker.ask("network", "rm", name)
        if not delete_all_work:
            say("stopped, all work is kept")
            return
        for name in work_volumes(self.docker, names):
            self.docker.ask("volume", "rm", name)
        say("stopped, all work is deleted")
        say(left_behind(self.docker, self.files.folder, self.images))

    def keeper(self) -> Keeper:
        """Who copies the class away and back."""
        names = {name: self.settings.get(f"TINYTORCH_{name.upper()}_IMAGE", self.images[name]) for name in TARGETS}
        course = (self.course.root / COURSE_FILE).resolve().parent
        return Keeper(self.docker, Names(self.project), self.files, course, names, say)

    def backup(self, dest: Path) -> None:
        """Everything of the class in one file, also while it runs."""
        self.keeper().backup(dest, self.course.id, datetime.now())

    def restore(self, source: Path, contents: Contents) -> None:
        """Put a checked backup back, in place of nothing."""
        keeper = self.keeper()
        keeper.refuse_work()
        self.build()
        keeper.restore_files(source, contents, datetime.now())
        keeper.restore_volumes(source, contents, self.make_volume)
        self.course = Course.load(self.course.root)
        self.start_database()
        keeper.restore_databases(source)
        self.down()
        say(f"restored {len(contents.files)} files of {contents.made}; now: make up")

    def upgrade(self) -> None:
        """Bring the databases to this version's schema while nothing else uses them.

        Raises:
            ToolError: the class runs, or a database cannot be upgraded.
        """
        if self.docker.named("container", Names(self.project).hub):
            raise ToolError("the class runs; make down first (nothing was changed)")
        self.build()
        self.start_database()
        self.keeper().upgrade(datetime.now())
        self.down()

    def start_database(self) -> None:
        """Start PostgreSQL alone."""
        make_secrets(self.files)
        self.hand_over()
        self.docker.compose(self.variables(), "up", "--detach", "database")

    def reset_password(self, name: str) -> None:
        """Let somebody log in with their first password again.

        Raises:
            ToolError: they are not on the roster, or the hub does not run.
        """
        if name not in roster(self.course):
            raise ToolError(f"{name!r} is not on the roster; say make reset-password NAME=ada (nothing was changed)")
        say(self.docker.ask("exec", f"{self.project}-hub", "python", "-m", "hub.logins.reset", name))
        say(f"it stands in {self.files.passwords}")

    def show(self) -> None:
        """The variables that compose.yaml asks for, for whoever runs compose by hand."""
        make_secrets(self.files)
        for name, value in sorted(self.variables().items()):
            say(f"{name}={value}")


def hosts(settings: Mapping[str, str]) -> dict[str, str]:
    """Where browsers find the hub and each service with pages: with a domain JupyterHub gives those subdomains too."""
    domain = settings.get("TINYTORCH_DOMAIN")
    names = {"HOST": "", **{f"{name.upper()}_HOST": f"{name}--service." for name in (GRADING, LIBRARIES, RELEASE)}}
    return {
        f"TINYTORCH_{variable}": f"{scheme(settings)}://{label}{domain}" if domain else ""
        for variable, label in names.items()
    }


def scheme(settings: Mapping[str, str]) -> str:
    """What browsers speak."""
    return "https" if Variables(settings).encrypted() else "http"


def address(variables: Mapping[str, str]) -> str:
    """Where browsers find it, as far as the settings say."""
    scheme = "https" if variables["TINYTORCH_PROXY_PORT"] == "8443" else "http"
    host = variables.get("TINYTORCH_LISTEN", "127.0.0.1")
    return variables.get("TINYTORCH_URL") or f"{scheme}://{host}:{variables['TINYTORCH_PORT']}"


def say(text: str) -> None:
    print(text, flush=True)
