"""The configuration of tests/hub/class_hub.py: a class's own, with what needs Docker put on this machine."""

import json
import os
import sys
from dataclasses import fields
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner

from hub.docker_installation import Installation, Secrets
from hub.docker_settings import docker_values
from hub.settings import apply
from tests.hub.class_hub_names import LOGIN_SECRET, service_token
from tito.course import Course

told = json.loads(os.environ["CLASS_HUB"])
folder = Path(told["folder"])
public, own, inward, quiet = told["ports"]
python = sys.executable


class SmallServer(SimpleLocalProcessSpawner):
    """Writes its token down and answers every request: enough to be a server in the hub's eyes."""

    cmd = [python, str(Path(__file__).with_name("small_server.py"))]  # noqa: RUF012 - a trait's value
    home_dir_template = str(folder / "homes" / "{username}")

    def get_env(self) -> dict[str, str]:
        return {**super().get_env(), "TOKEN_FILE": str(folder / "tokens" / self.user.name)}


course = Course.load(Path(told["course"]))
needed = {
    "TINYTORCH_STUDENT_IMAGE": "student:1",
    "TINYTORCH_GRADER_IMAGE": "grader:1",
    "TINYTORCH_LIBRARIES": "/libraries",
    "TINYTORCH_COURSE_FOLDER": "/course",
}
here = Installation.from_environment(needed | told["variables"])
secrets = {field.name: "of no use here" for field in fields(Secrets)} | {
    "cookie_secret": "ab" * 32,
    "login": LOGIN_SECRET,
}
values = docker_values(course, here, Secrets(**secrets))
for service in values["JupyterHub"]["services"]:
    service.pop("command", None)  # nothing is to be stopped for being idle
    service["api_token"] = service_token(service["name"])
    if "url" in service:
        service["url"] = told["services"].get(service["name"], f"http://127.0.0.1:{quiet}")
values["JupyterHub"] |= {
    "bind_url": f"http://127.0.0.1:{public}",
    "hub_bind_url": f"http://127.0.0.1:{own}",
    "hub_connect_url": f"http://127.0.0.1:{own}",
    "db_url": f"sqlite:///{folder / 'hub.sqlite'}",
    "spawner_class": SmallServer,
    "cleanup_servers": True,
    "cleanup_proxy": True,
}
values["ConfigurableHTTPProxy"] |= {
    "should_start": True,
    "command": [python, "-m", "hub.proxy", *told["proxy_options"]],
    "api_url": f"http://127.0.0.1:{inward}",
    "pid_file": str(folder / "proxy.pid"),
}
c = get_config()  # noqa: F821 - JupyterHub provides it
apply(values, c)
