"""Log-in by LTI 1.3 and by OAuth 2, for real: a hub, its real authenticators, and a platform of the tests' own."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from class_hub import ROOT, ClassHub, class_hub
from cryptography.hazmat.primitives.asymmetric import rsa
from fake_platform import CLIENT, Platform, platform
from hub_client import Visitor

NOT_ON_THE_ROSTER = "you are not on this course's roster; ask your instructor to add you, then log in again"


@pytest.fixture(scope="module")
def there() -> Iterator[Platform]:
    with platform() as found:
        yield found


@pytest.fixture(autouse=True)
def honest(there: Platform) -> None:
    """What a test before this one did to the platform is undone."""
    there.key, there.changes, there.user = there.published, {}, "ada"


def hub(factory: pytest.TempPathFactory, **variables: str) -> Iterator[ClassHub]:
    folder = factory.mktemp("platform")
    shutil.copy(ROOT / "course.toml", folder)
    with class_hub(folder / "hub", folder, **variables) as found:
        yield found


@pytest.fixture(scope="module")
def lti(there: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassHub]:
    yield from hub(
        tmp_path_factory,
        LOGIN="lti",
        LTI_ISSUER=there.url,
        LTI_AUTHORIZE_URL=f"{there.url}/launch",
        LTI_JWKS_URL=f"{there.url}/jwks",
        LTI_CLIENT_ID=CLIENT,
        LTI_USERNAME_KEY="preferred_username",
    )


@pytest.fixture(scope="module")
def oauth(there: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClassHub]:
    yield from hub(
        tmp_path_factory,
        LOGIN="oauth",
        URL="{url}",
        OAUTH_CLIENT_ID=CLIENT,
        OAUTH_AUTHORIZE_URL=f"{there.url}/authorize",
        OAUTH_TOKEN_URL=f"{there.url}/token",
        OAUTH_USERDATA_URL=f"{there.url}/user",
        OAUTH_USERNAME_CLAIM="preferred_username",
    )


def launch(hub: ClassHub, there: Platform, client: str = CLIENT) -> tuple[requests.Session, requests.Response]:
    """A click on the course's link in the platform: the hub asks who is there, the browser carries the answer."""
    browser = requests.Session()
    begin = {"iss": there.url, "login_hint": "1", "target_link_uri": f"{hub.url}/hub", "client_id": client}
    asked = browser.post(f"{hub.url}/hub/lti13/oauth_login", begin, allow_redirects=False, timeout=30)
    assert asked.status_code == 302 and asked.headers["Location"].startswith(f"{there.url}/launch?")
    answer = browser.get(asked.headers["Location"], timeout=30).json()
    assert answer["to"] == f"{hub.url}/hub/lti13/oauth_callback"
    to = answer.pop("to")
    return browser, browser.post(to, answer, allow_redirects=False, timeout=30)


def said(page: str) -> str:
    """The line on the hub's error page."""
    found = re.search(r'class="error">.*?<p>\s*(.*?)\s*</p>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def who(hub: ClassHub, browser: requests.Session) -> str:
    page = browser.get(f"{hub.url}/hub/home", timeout=30, allow_redirects=False).text
    found = re.search(r'user: "([^"]*)"', page)
    return found[1] if found else ""


@pytest.mark.parametrize(("user", "name"), [("ada", "ada"), ("ADA", "ada"), ("ta", "ta")])
def test_whoever_comes_from_the_learning_platform_lands_as_themselves(
    lti: ClassHub, there: Platform, user: str, name: str
) -> None:
    there.user = user
    browser, answer = launch(lti, there)
    assert answer.status_code == 302, answer.text
    assert who(lti, browser) == name


@pytest.mark.parametrize(
    ("changes", "status", "line"),
    [
        ({"preferred_username": "mallory"}, 403, NOT_ON_THE_ROSTER),
        ({"iss": "http://other.example.org"}, 400, "issuer"),
        ({"aud": "another-hub"}, 401, "Audience doesn't match"),
        ({"exp": 1}, 400, "expired"),
        ({"iat": 2**33, "exp": 2**34}, 400, "not yet valid"),
        ({"nonce": "0" * 64}, 400, "nonce"),
    ],
)
def test_a_statement_that_does_not_hold_lets_nobody_in(
    lti: ClassHub, there: Platform, changes: dict[str, object], status: int, line: str
) -> None:
    there.changes = changes
    browser, answer = launch(lti, there)
    assert (answer.status_code, who(lti, browser)) == (status, "")
    assert line in said(answer.text) and "\n" not in said(answer.text), answer.text


def test_a_statement_that_somebody_else_signed_lets_nobody_in(lti: ClassHub, there: Platform) -> None:
    there.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    browser, answer = launch(lti, there)
    assert (answer.status_code, who(lti, browser)) == (400, "")
    assert "Signature verification failed" in said(answer.text)


def test_clocks_that_differ_by_some_seconds_keep_nobody_out(lti: ClassHub, there: Platform) -> None:
    there.changes = {"iat": int(time.time()) + 30}
    browser, _ = launch(lti, there)
    assert who(lti, browser) == "ada"


@pytest.mark.parametrize(("user", "name"), [("alan", "alan"), ("Instructor", "instructor")])
def test_whoever_the_identity_provider_knows_lands_as_themselves(
    oauth: ClassHub, there: Platform, user: str, name: str
) -> None:
    there.user = user
    visitor = Visitor(oauth.url, user)
    visitor.ask("/hub/oauth_login?next=%2Fhub%2Fhome")
    assert visitor.ask("/hub/api/user").json["name"] == name


def test_the_identity_providers_others_are_not_on_the_roster(oauth: ClassHub, there: Platform) -> None:
    there.user = "mallory"
    visitor = Visitor(oauth.url, "mallory")
    answer = visitor.ask("/hub/oauth_login")
    assert (answer.status, said(answer.text)) == (403, NOT_ON_THE_ROSTER)
    assert visitor.ask("/hub/api/user").status == 403


@pytest.mark.parametrize("forged", ["code", "state"])
def test_an_answer_that_was_not_asked_for_lets_nobody_in(oauth: ClassHub, there: Platform, forged: str) -> None:
    browser = requests.Session()
    asked = browser.get(f"{oauth.url}/hub/oauth_login", allow_redirects=False, timeout=30).headers["Location"]
    back = browser.get(asked, allow_redirects=False, timeout=30).headers["Location"]
    query = dict(parse_qsl(urlsplit(back).query)) | {forged: "0" * 16}
    answer = browser.get(f"{oauth.url}/hub/oauth_callback", params=query, allow_redirects=False, timeout=30)
    assert answer.status_code >= 400 and who(oauth, browser) == ""
