"""`python -m hub.kubernetes FOLDER`: the files that bring a class onto Kubernetes (docs/operator/kubernetes.md).

It reads course.toml and FOLDER/settings.env, and writes the chart's values, our own objects and the filter for pods
with exam rooms, as JSON, which helm and kubectl read as they read YAML. Secrets are in files of their own, made once.
It needs no cluster. With --example it writes deploy/kubernetes/ instead: the same as YAML, and no secrets.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from hub.docker_files import Files, read_settings, write_passwords
from hub.docker_installation import limit_variables
from hub.kubernetes_chart import chart_values
from hub.kubernetes_networks import policies
from hub.kubernetes_pods import claims, deployments, services
from hub.kubernetes_secrets import make_secrets
from hub.kubernetes_settings import Cluster
from hub.rooms_profile import PROFILE
from hub.setting_names import KUBERNETES
from tito.course import Course
from tito.errors import TitoError, ToolError
from tito.files import write_if_changed

__all__ = ["example", "files", "main"]

GENERATED = "# Made by python -m hub.kubernetes --example deploy/kubernetes; do not edit.\n"


def files(here: Cluster) -> dict[str, Any]:
    """The content of each file by its name. None holds a secret."""
    objects = [*claims(here), *services(), *policies(), *deployments(here)]
    return {
        "values.json": chart_values(here),
        "objects.json": {"apiVersion": "v1", "kind": "List", "items": objects},
        "rooms.json": PROFILE,
    }


def write(folder: Path, course: Course, environment: Mapping[str, str]) -> list[Path]:
    """Write everything into `folder`; gives the paths. Variables of the environment come before the settings' lines.

    Raises:
        ToolError: a setting makes no sense, or the folder cannot be written.
    """
    own = Files(folder)
    try:
        settings = {**read_settings(own, KUBERNETES), **environment}
        made = files(Cluster.from_environment(course.id, {**limit_variables(course.limits), **settings}))
        for name, content in made.items():
            write_if_changed(folder / name, json.dumps(content, indent=2) + "\n")
        make_secrets(own.secrets)
        passwords = [own.passwords] if write_passwords(own, course, settings) else []
    except OSError as error:
        raise ToolError(
            f"{folder} cannot be written: {error.strerror}; give another folder (what was there is kept)"
        ) from None
    return [*(folder / name for name in made), own.secrets, *passwords]


def example(folder: Path, course: Course) -> dict[Path, str]:
    """What `folder`, which is in the repository, holds: all of it follows from its settings.env and the course.

    Raises:
        ToolError: a setting makes no sense.
    """
    made = files(
        Cluster.from_environment(
            course.id, {**limit_variables(course.limits), **read_settings(Files(folder), KUBERNETES)}
        )
    )
    plain = json.loads(json.dumps(made))  # a value that stands twice is written twice, without YAML's references
    options = {"sort_keys": False, "width": 120}
    return {
        folder / "values.yaml": GENERATED + yaml.safe_dump(plain["values.json"], **options),
        folder / "objects.yaml": GENERATED + yaml.safe_dump_all(plain["objects.json"]["items"], **options),
        folder / "rooms.json": json.dumps(plain["rooms.json"], indent=2) + "\n",
    }


def write_example(folder: Path, course: Course) -> list[Path]:
    """Write what `example` gives."""
    made = example(folder, course)
    for path, text in made.items():
        write_if_changed(path, text)
    return list(made)


def main() -> int:
    """Run the program; gives the process's exit status."""
    match sys.argv[1:]:
        case [str(folder)] if not folder.startswith("-"):
            make = partial(write, Path(folder), environment=os.environ)
        case ["--example", str(folder)]:
            make = partial(write_example, Path(folder))
        case _:
            print("usage: python -m hub.kubernetes [--example] FOLDER", file=sys.stderr)
            return 2
    try:
        for path in make(course=Course.find()):
            print(f"wrote {path}")
    except TitoError as error:
        print(f"hub.kubernetes: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
