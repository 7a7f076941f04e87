"""A class with a domain and TLS, for real: each user's server has a subdomain, and no cookie reaches another's.

Every name leads to this machine, as the wildcard record of a real domain would.
"""

from __future__ import annotations

import re
import ssl
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from certificates import make_certificate
from class_hub import ROOT, ClassHub, class_hub
from class_hub_names import LOGIN_SECRET, service_token
from hub_client import Visitor
from named_site import visitor_by_name

from hub.checks import free_ports
from hub.login import first_password

DOMAIN = "tt.example.org"


@dataclass
class Site:
    """The hub behind its domain."""

    hub: ClassHub
    port: int
    trusted: ssl.SSLContext

    def visitor(self, name: str) -> Visitor:
        return visitor_by_name(DOMAIN, self.port, self.trusted, name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    text = (ROOT / "course.toml").read_text(encoding="utf-8").replace('"alan"]', '"alan", "Zoe.B"]')
    (folder / "course.toml").write_text(text, encoding="utf-8")
    chain, key = make_certificate(folder, DOMAIN, f"*.{DOMAIN}")
    (port,) = free_ports(1)
    options = ("--domain", DOMAIN, f"--ssl-cert={chain}", f"--ssl-key={key}", f"--ssl-port={port}")
    settings = {"DOMAIN": DOMAIN, "URL": f"https://{DOMAIN}"}
    with class_hub(folder / "hub", folder, *options, **settings) as hub:
        yield Site(hub, port, ssl.create_default_context(cafile=str(chain)))


def logged_in(site: Site, name: str) -> Visitor:
    visitor = site.visitor(name)
    answer = visitor.log_in(first_password(LOGIN_SECRET, "Zoe.B" if name == "zoe.b" else name))
    assert answer.status == 200, f"{answer.url} {site.hub.log}"
    return visitor


def test_each_users_server_has_a_subdomain_and_cookies_stay_with_their_host(site: Site) -> None:
    ada = logged_in(site, "ada")
    login = next(cookie for cookie in ada.jar if cookie.name == "__Host-jupyterhub-hub-login")
    assert login.secure and not login.domain_specified
    # The one cookie for all of the domain only says which session ends with a log-out.
    assert [cookie.name for cookie in ada.jar if cookie.domain_specified] == ["jupyterhub-session-id"]
    start_server(site, ada)
    for elsewhere in (DOMAIN, f"alan.{DOMAIN}", f"services.{DOMAIN}"):
        ada.url = f"https://{elsewhere}"
        assert ada.ask("/user/ada/api").url != f"https://{elsewhere}/user/ada/api", elsewhere


def start_server(site: Site, visitor: Visitor) -> None:
    """Have somebody's server started and wait until it answers; the visitor is then at its subdomain."""
    visitor.request_server()
    visitor.url = f"https://{visitor.name}.{DOMAIN}"
    deadline = time.monotonic() + 120
    while (answer := visitor.ask(f"/user/{visitor.name}/")).text != f"{visitor.name}'s server":
        assert time.monotonic() < deadline, (answer.url, answer.status, site.hub.log)
        time.sleep(0.2)


def test_a_name_that_is_no_label_of_a_domain_has_a_subdomain_too(site: Site) -> None:
    zoe = logged_in(site, "zoe.b")
    deadline = time.monotonic() + 120
    while (answer := zoe.ask("/hub/spawn/Zoe.B")).text != "Zoe.B's server":
        assert time.monotonic() < deadline, (answer.url, answer.status, site.hub.log)
        time.sleep(0.2)
    host = urlsplit(answer.url).hostname or ""
    assert re.fullmatch(r"[a-z0-9-]+", host.removesuffix(f".{DOMAIN}")), answer.url


def test_servers_on_the_inside_reach_the_hub_and_the_exchange_by_any_name_and_no_users_server(site: Site) -> None:
    token = {"Authorization": f"token {service_token('libraries')}"}

    def ask(path: str) -> requests.Response:
        return requests.get(site.hub.url + path, headers=token, allow_redirects=False, timeout=30)

    assert ask("/hub/api/user").json()["name"] == "libraries"
    exchange = ask("/services/exchange/health")
    assert (exchange.status_code, exchange.text) == (200, "")
    ada = logged_in(site, "ada")
    there = ada.ask("/services/exchange/health")  # a browser is sent to the service's own host
    assert (there.status, there.url) == (200, f"https://exchange--service.{DOMAIN}/services/exchange/health")
    start_server(site, ada)
    assert ask("/user/ada/").headers["Location"].startswith(f"https://{DOMAIN}/hub/")


def test_a_browser_that_does_not_know_the_certificate_refuses_it(site: Site, tmp_path: Path) -> None:
    other, _ = make_certificate(tmp_path, DOMAIN)
    site = Site(site.hub, site.port, ssl.create_default_context(cafile=str(other)))
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        site.visitor("ada").ask("/hub/login")
