"""JupyterHub's configuration under Docker. It decides nothing: hub/docker_settings.py does."""

import os
from pathlib import Path

from hub.docker_settings import Installation, Secrets, docker_values, limit_variables
from hub.settings import apply
from tito.course import Course


def secret(name: str) -> str:
    return Path("/run/secrets", name).read_text(encoding="utf-8").strip()


c = get_config()  # noqa: F821 - JupyterHub provides it
course = Course.load(Path("/srv/course"))
here = Installation.from_environment({**limit_variables(course.limits), **os.environ})
names = ("proxy_token", "cookie_secret", "login", "database_password", "exchange_token", "libraries_token")
secrets = Secrets(*map(secret, names))
apply(docker_values(course, here, secrets), c)
