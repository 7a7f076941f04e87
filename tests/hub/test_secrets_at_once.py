"""Two that make an installation's secrets at once: two `make up`, or two that write Kubernetes objects."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from hub import docker_files, kubernetes_secrets
from hub.docker_files import Files

MAKERS: dict[str, Callable[[Path], None]] = {
    "docker": lambda folder: docker_files.make_secrets(Files(folder)),
    "kubernetes": lambda folder: kubernetes_secrets.make_secrets(folder / "secrets"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_every_address_holds_the_password_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The one has seen that the broker's password is missing; before it writes one, the other makes everything."""
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    make, token, others = MAKERS[kind], secrets.token_hex, list[Future[None]]()

    def meanwhile(length: int) -> str:
        if not others and (tmp_path / "secrets" / "gradebook_password").exists():
            others.append(threads.submit(make, tmp_path))
            wait(others, timeout=1)
        return token(length)

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(secrets, "token_hex", meanwhile)
        make(tmp_path)
        others[0].result(timeout=60)
    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "secrets").iterdir()}
    assert found["broker"] == f"redis://:{found['broker_password']}@broker:6379/0"
    assert not [name for name in found if name.startswith(".") or name.endswith(".new")]
