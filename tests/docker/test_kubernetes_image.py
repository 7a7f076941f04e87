"""The hub's image for Kubernetes: it can be built, and takes the chart's values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.docker_cli import Docker
from hub.docker_images import build_options
from tests.docker.engine import ROOT, base_image
from tests.docker.installation import PROJECT, Installation

pytestmark = pytest.mark.e2e_docker

NAME = f"{PROJECT}-kubernetes"
LOOK = """
import json, os
from traitlets.config import Config
from jupyterhub.app import JupyterHub
from kubespawner import spawner as its
its.load_config = its.shared_client = lambda *_, **__: None  # no cluster is here to be asked
c = Config(json.loads(os.environ["CONFIG"]))
exec(os.environ["EXTRA"])
hub = JupyterHub(config=c)
spawner = hub.spawner_class(config=c, _mock=True)
print(json.dumps([os.getuid(), type(spawner).__name__, hub.authenticator_class.__name__, sorted(spawner.staff)]))
"""
"""As the chart's own configuration file does: `hub.config`, then `hub.extraConfig`."""


def test_the_hubs_image_for_kubernetes_takes_the_charts_values(docker: str, course: Installation, tmp_path: Path):
    """`course` has built the layers below."""
    hub = example()["hub"]
    extra, config = hub["extraConfig"]["course"], hub["config"]
    handed = tmp_path / "handed"  # pytest's own folder is closed to others, such as the container's user
    handed.mkdir()
    handed.chmod(0o755)
    (handed / "course.toml").write_text('[course]\nid = "tt"\n[roster]\ntas = ["ta"]\nstudents = ["ada"]\n')
    (handed / "login").write_text("a secret")
    for path in handed.iterdir():
        path.chmod(0o644)  # and so may be what it makes
    log = tmp_path / "build.log"
    log.write_bytes(b"")
    engine = Docker(docker, [], PROJECT, ROOT)
    engine.build(["--target=hub-kubernetes", f"--tag={NAME}", *build_options("test", base_image(docker), 1000)], log)
    try:
        given = {"CONFIG": json.dumps(config), "EXTRA": extra, "TINYTORCH_LOGIN": "native", "POD_NAMESPACE": "course"}
        variables = [f"--env={name}={value}" for name, value in given.items()]
        mounts = [f"--volume={handed}:{place}:ro" for place in ("/srv/course", "/srv/login")]
        found = engine.ask("run", "--rm", "--network=none", *variables, *mounts, NAME, "python", "-c", LOOK)
    finally:
        engine.ask("image", "rm", NAME)
    assert json.loads(found) == [1000, "CoursePod", "Native", ["ta"]]


def example() -> dict[str, Any]:
    """The values that are committed, which a test compares with what is made today."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    return found
