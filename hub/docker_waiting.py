"""Waiting for a class under Docker, and which of its containers to look at when it does not come."""

from __future__ import annotations

import time

from hub.docker_cli import Docker
from tito.errors import ToolError

__all__ = ["wait_until_well"]

LONGEST_START = 180.0
"""Seconds. PostgreSQL's first start on a busy machine is most of it."""

TRIES = 3
"""So often may a container end and be started again while somebody waits; it may have before, for other reasons."""

_STATE = "{{.State.Status}} {{.RestartCount}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"


def wait_until_well(docker: Docker, project: str, patience: float = LONGEST_START) -> None:
    """Wait until the hub says that it is well, and the proxy that it leads there: it learns its routes anew.

    Raises:
        ToolError: it, or the proxy, ends again and again, or does not answer in time.
    """
    hub, proxy = f"{project}-hub", f"{project}-proxy"
    before = {name: _state(docker, name)[1] for name in (proxy, hub)}
    deadline = time.monotonic() + patience
    broken = ""
    while not broken and time.monotonic() < deadline:
        if all(_state(docker, name)[2] == "healthy" for name in before):
            return
        broken = next((name for name in before if _ends(_state(docker, name), before[name])), "")
        time.sleep(0.5)
    if not broken:
        broken = proxy if _state(docker, proxy)[0] != "running" or _state(docker, hub)[2] == "healthy" else hub
    last = ([line for line in docker.logs(broken, 20).splitlines() if line.strip()] or ["it said nothing"])[-1]
    which = "proxy" if broken == proxy else "hub"
    raise ToolError(f"the {which} did not start: {last[:200]}; read docker logs {broken} (all work is kept)")


def _ends(state: tuple[str, int, str], before: int) -> bool:
    return state[0] == "exited" or state[1] - before >= TRIES


def _state(docker: Docker, name: str) -> tuple[str, int, str]:
    """Status, how often it was started again, and health, which a container without a check has none of."""
    status, restarts, health = (docker.ask("inspect", "--format", _STATE, name) + "  ").split(" ")[:3]
    return status, int(restarts or 0), health
