"""The configuration of a hub as on Kubernetes, on this machine: what the chart takes from its values, by its own rules.

Left out is what needs a cluster: the servers' pods, the database, and cookies that only https carries.
"""

import json
import os
import sys
from pathlib import Path

from hub.kubernetes_chart import chart_values
from hub.kubernetes_settings import Cluster, course_traits
from hub.settings import apply
from tests.hub.class_hub_names import LOGIN_SECRET, service_token
from tito.course import Course

told = json.loads(os.environ["CLASS_HUB"])
folder = Path(told["folder"])
public, own, inward, _ = told["ports"]
course = Course.load(Path(told["course"]))
values = chart_values(Cluster.from_environment(course.id, told["variables"]))["hub"]
traits = course_traits(course, "native", {}, LOGIN_SECRET)
traits.pop("CoursePod")

c = get_config()  # noqa: F821 - JupyterHub provides it
here = {"public_url", "cookie_host_prefix_enabled", "spawner_class"}
apply({"JupyterHub": {name: value for name, value in values["config"]["JupyterHub"].items() if name not in here}}, c)
apply(traits, c)
c.JupyterHub.services = [
    {"name": name, **service, "url": told["services"][name], "api_token": service_token(name)}
    for name, service in values["services"].items()
]
c.JupyterHub.load_roles = list(values["loadRoles"].values())
c.JupyterHub.bind_url = f"http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = c.JupyterHub.hub_connect_url = f"http://127.0.0.1:{own}"
c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
c.ConfigurableHTTPProxy.command = [sys.executable, "-m", "hub.proxy"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{inward}"
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")
c.JupyterHub.default_url = "/hub/home"  # who logs in is not sent to a server
