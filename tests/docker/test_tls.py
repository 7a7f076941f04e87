"""A class with a domain and TLS under Docker: reached by name, encrypted, and its servers still find the exchange."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import base_image
from tests.docker.installation import OWN, Installation, free_subnets, new_installation
from tests.hub.certificates import make_certificate
from tests.hub.named_site import visitor_by_name

pytestmark = pytest.mark.e2e_docker

DOMAIN = "tt.example.org"
HERE = f"tls-{OWN}"
"""Another project beside the class of the other tests."""


@pytest.fixture
def encrypted(docker: str, tmp_path: Path) -> Iterator[Installation]:
    found = new_installation(docker, base_image(docker), tmp_path)
    chain, key = make_certificate(tmp_path, DOMAIN, f"*.{DOMAIN}")
    more = {"TLS_CERTIFICATE": chain, "TLS_KEY": key, "DOMAIN": DOMAIN, "PROJECT": HERE, "SUBNETS": free_subnets()}
    kept = [
        line
        for line in (tmp_path / "settings.env").read_text(encoding="utf-8").splitlines()
        if not line.startswith(("TINYTORCH_PROJECT=", "TINYTORCH_SUBNETS="))
    ]
    lines = [*kept, *(f"TINYTORCH_{name}={value}" for name, value in more.items())]
    (tmp_path / "settings.env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        yield found
    finally:
        found.make("down", "--delete-all-work")


def test_a_class_with_a_domain_and_tls(encrypted: Installation, tmp_path: Path) -> None:
    up = encrypted.make("up")
    assert up.returncode == 0, f"{up.stdout}{up.stderr}"
    trusted = ssl.create_default_context(cafile=str(tmp_path / "chain.pem"))
    ada = visitor_by_name(DOMAIN, encrypted.port, trusted, "ada")
    assert ada.log_in(encrypted.passwords()["ada"]).status == 200
    ada.request_server()
    ada.url = f"https://ada.{DOMAIN}"
    ada.wait_for_server(180)
    assert {cookie.name for cookie in ada.jar if cookie.secure} >= {"__Host-jupyterhub-hub-login"}
    listed = encrypted.ask("exec", f"{HERE}-user-ada", "sh", "-c", "nbgrader list 2>&1")
    assert "Released assignments" in listed, listed

    # Services have names of their own, and ask the hub who comes.
    for service in ("grading", "libraries"):
        ada.url = f"https://{service}--service.{DOMAIN}"
        page = ada.ask(f"/services/{service}/")
        assert (page.status, page.url) == (200, f"{ada.url}/services/{service}/"), page.text[-2000:]
    there = f"{ada.url}/services/libraries/"
    ada.url = f"https://grading--service.{DOMAIN}"  # as the link from one's pages to the other's
    assert ada.ask("/services/libraries/").url == there
    ada.url = f"https://ada.{DOMAIN}"

    # One that was renewed in its place is given to browsers by make up.
    before = ssl.get_server_certificate(("127.0.0.1", encrypted.port))
    _, key = make_certificate(tmp_path, DOMAIN, f"*.{DOMAIN}")
    again = encrypted.make("up")
    assert again.returncode == 0, f"{again.stdout}{again.stderr}"
    assert ssl.get_server_certificate(("127.0.0.1", encrypted.port)) != before
    ada = visitor_by_name(DOMAIN, encrypted.port, ssl.create_default_context(cafile=str(tmp_path / "chain.pem")), "ada")
    ada.log_in(encrypted.passwords()["ada"])  # the new proxy joins her server's network within half a minute
    ada.url = f"https://ada.{DOMAIN}"
    ada.wait_for_server(180)

    # A key that the proxy cannot read is told before anything is touched, and so is a certificate that ran out.
    if os.geteuid() == 0:
        key.chmod(0o600)
        again = encrypted.make("up")
        assert (again.returncode, again.stderr.count("\n")) == (6, 1) and "cannot be read by user" in again.stderr
        key.chmod(0o644)
    make_certificate(tmp_path, DOMAIN, f"*.{DOMAIN}", begin=-9, end=-1)
    again = encrypted.make("up")
    assert (again.returncode, again.stderr.count("\n")) == (6, 1) and "expired on" in again.stderr
    assert ada.ask("/user/ada/api/status").status == 200
