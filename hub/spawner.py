"""Starts each user's Jupyter server as a process of this machine, set up for the user's role."""

from __future__ import annotations

from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner
from traitlets import Dict, Unicode

from hub.listening import until_it_listens

__all__ = ["CourseSpawner"]


class CourseSpawner(SimpleLocalProcessSpawner):
    """One process a user, all as the system user who runs the hub, each with a home, variables and log of its own.

    Nothing keeps one user's code from another's files: this is for trying the course out, and `make serve` says so.
    """

    environments = Dict(Dict(), help="Variables by user name.").tag(config=True)
    log_template = Unicode(help="Where a server's output goes, with {username}.").tag(config=True)
    shell = Unicode("/bin/sh", help="The shell of terminals.").tag(config=True)

    # These would change what numpy computes, how fast, or what time it is.
    more_kept = ("TZ", "TMPDIR", "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OPENBLAS_NUM_THREADS")

    def _env_keep_default(self) -> list[str]:
        return [*super()._env_keep_default(), *self.more_kept]

    def get_env(self) -> dict[str, str]:
        environment: dict[str, str] = super().get_env()
        own: dict[str, str] = self.environments[self.user.name]
        return {**environment, **own, "SHELL": self.shell}

    async def start(self) -> tuple[str, int]:
        """Start the server with its output in its own log: students' servers would fill the hub's."""
        path = Path(self.log_template.format(username=self.user.name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as log:
            self.popen_kwargs = {"stdout": log, "stderr": log}
            address: tuple[str, int] = await super().start()
        await until_it_listens(*address, self.http_timeout, lambda: self.proc.poll() is None)
        return address
