"""Two requests for a kernel of one notebook, at once, give one kernel."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager

from hub.settings import ROLES
from tito.server.sessions import OneAtATime


class Kernels(MappingKernelManager):
    """Starts nothing, and takes a moment for it."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[str] = []

    async def launch(self, **_: Any) -> str:
        await asyncio.sleep(0.01)
        self.started.append(f"kernel {len(self.started) + 1}")
        return self.started[-1]

    def kernel_model(self, kernel_id: str) -> dict[str, str]:
        return {"id": kernel_id}

    def __contains__(self, kernel_id: str) -> bool:
        return kernel_id in self.started


def asked_at_once(kind: type[SessionManager], *paths: str) -> tuple[list[str], list[str]]:
    """The kernels that were started, and those that the requests were given."""

    async def ask() -> list[dict[str, Any]]:
        manager = kind(kernel_manager=kernels)
        manager.start_kernel_for_session = kernels.launch
        asked = [manager.create_session(path=path, name=path, type="notebook", kernel_name="python3") for path in paths]
        return list(await asyncio.gather(*asked))

    kernels = Kernels()
    return kernels.started, [session["kernel"]["id"] for session in asyncio.run(ask())]


def test_one_notebook_gets_one_kernel():
    assert asked_at_once(OneAtATime, "a.ipynb", "a.ipynb") == (["kernel 1"], ["kernel 1", "kernel 1"])


def test_two_notebooks_get_two():
    started, given = asked_at_once(OneAtATime, "a.ipynb", "b.ipynb")
    assert sorted(given) == sorted(started) == ["kernel 1", "kernel 2"]


def test_jupyter_servers_own_gives_two():
    """What this is for: when it does not hold any more, ours can go."""
    assert asked_at_once(SessionManager, "a.ipynb", "a.ipynb") == (["kernel 1", "kernel 2"], ["kernel 1", "kernel 2"])


@pytest.mark.parametrize("role", ["student", "staff"])
def test_every_server_has_it(role: str):
    text = (ROLES / role / "jupyter_server_config.json").read_text(encoding="utf-8")
    assert json.loads(text)["ServerApp"]["session_manager_class"] == f"{OneAtATime.__module__}.{OneAtATime.__name__}"
