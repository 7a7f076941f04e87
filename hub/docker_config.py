"""JupyterHub's configuration under Docker. It decides nothing: hub/docker_settings.py does."""

import os
from dataclasses import fields
from pathlib import Path

from hub.docker_installation import Installation, Secrets, limit_variables
from hub.docker_settings import docker_values
from hub.settings import apply
from tito.course import Course


def secret(name: str) -> str:
    return Path("/run/secrets", name).read_text(encoding="utf-8").strip()


c = get_config()  # noqa: F821 - JupyterHub provides it
course = Course.load(Path("/srv/course"))
here = Installation.from_environment({**limit_variables(course.limits), **os.environ})
secrets = Secrets(**{field.name: secret(field.name) for field in fields(Secrets)})
apply(docker_values(course, here, secrets), c)
