"""Starts each user's Jupyter server in a container of its own, in a network that holds nothing else of the class."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from docker.errors import APIError
from dockerspawner import DockerSpawner
from requests import RequestException
from traitlets import Dict, Unicode

from hub.certificate_files import files_in
from hub.certificate_store import issue
from hub.container_names import CERTIFICATES, INTERNAL_TLS, Names, subnet
from hub.disk import TIDYING, OverflowingHomeError, file_bound, outgrown, refusal
from hub.docker_settings import Server
from hub.listening import until_it_listens

__all__ = ["CourseContainer"]

LONGEST_LEAVING = 20
"""Tries, four a second, until a container that was stopped has left its network."""


AT_ONCE = 2 * (os.cpu_count() or 1)
"""Servers that start at the same time. Each is over a second's work for a processor: all at once would all be late."""

LONGEST_TURN = 20
"""Seconds after which the next one's turn comes, whether or not the server answers."""


class CourseContainer(DockerSpawner):
    """One container a user, beside it in one network the hub, the proxy and, for staff, broker and database.

    The network has no way out and no address of the host's. Every step can run again: a hub that was killed between two
    of them finds what is there.
    """

    project = Unicode(help="What every name of this installation begins with.").tag(config=True)
    subnets = Unicode("10.77.0.0/16", help="The addresses that users' networks are cut from.").tag(config=True)
    keys = Unicode("", help="With internal TLS: the folder of servers' keys, as Docker's machine sees it.").tag(
        config=True
    )
    servers = Dict(help="A `Server` by user name: what runs, and how much it may use.").tag(config=True)

    turns: ClassVar[asyncio.Semaphore] = asyncio.Semaphore(AT_ONCE)

    told: ClassVar[set[str]] = set()
    """Whose last start was refused for the size of the home: the next one is to delete in. The hub makes a new spawner
    for each start, so this is not a spawner's own."""

    @property
    def names(self) -> Names:
        return Names(self.project)

    def _object_name_default(self) -> str:
        # Needed before the first start too: a hub that was killed in the middle of one asks for what it left.
        return self.names.server(self.user.name)

    async def start(self) -> tuple[str, int]:
        """Make the network, then the container in it, when it is this server's turn.

        Raises:
            APIError: Docker, or the guard before it, refused a step.
            OverflowingHomeError: the home is too large; the next start is one to delete in.
        """
        async with self.turns:
            address = await self._start()
            self._note(address)
            await until_it_listens(*address, LONGEST_TURN)
        return address

    def _note(self, address: tuple[str, int]) -> None:
        """Let a hub that is killed from here on find the server: the hub itself notes the address after the start."""
        if self.server is not None:
            self.server.ip, self.server.port = address
            self.server.proto = "https" if self.internal_ssl else "http"
            self.db.commit()

    async def create_certs(self) -> dict[str, str]:
        """Make a key and a certificate for whichever address of its network the server gets; the guard keeps them.

        Gives the files' places in the container.
        """
        addresses = subnet(IPv4Network(self.subnets), self.user.orm_user.id).hosts()
        made = await asyncio.to_thread(issue, Path(INTERNAL_TLS), addresses)
        answer = await self.docker("put", f"{self.client.base_url}/keys/{quote(self.user.name)}", json=made, timeout=60)
        answer.raise_for_status()
        return files_in(Path(CERTIFICATES))

    async def move_certs(self, paths: dict[str, str]) -> dict[str, str]:
        """Nothing: DockerSpawner's own needs another image, and a volume that the guard refuses."""
        return paths

    async def _start(self) -> tuple[str, int]:
        server: Server = self.servers[self.user.name]
        file_size = await self._check_home(server.disk)
        self.image, self.mem_limit, self.cpu_limit = server.image, server.memory, server.processors
        self.volumes, self.read_only_volumes = dict(server.volumes), dict(server.read_only_volumes)
        self.extra_host_config = {**server.host_config, "ulimits": file_bound(file_size)}
        self.extra_create_kwargs = {"host_config": dict(server.paths)}
        self.network_name = self.object_name
        self.certs_volume_name = f"{self.keys}/{self.user.name}"  # with internal TLS DockerSpawner mounts it
        await self._make_network()
        address: tuple[str, int] = await super().start()
        return address

    def get_env(self) -> dict[str, str]:
        environment: dict[str, str] = super().get_env()
        server: Server = self.servers[self.user.name]
        return {**environment, **server.environment}

    async def stop(self, now: bool = False) -> None:
        """Stop and remove the container and its network; the volumes stay."""
        await super().stop(now)
        await self._remove_network()

    async def poll(self) -> Any:
        """None while the server runs; joins a proxy or the like that was made anew to its network again.

        A server whose home has far outgrown its bound is stopped here: the disk is everybody's.
        """
        status = await super().poll()
        if status is not None:
            return status
        await self._join()
        server: Server | None = self.servers.get(self.user.name)
        if server is None:
            return None  # they left the roster; their server runs on
        if outgrown(await self._home(), server.disk) and outgrown(await self._home(fresh=True), server.disk):
            self.log.warning("stopped %s's server: their files take more than twice their bound", self.user.name)
            await self.stop()
            return 1
        return None

    async def _check_home(self, allowed: int) -> int:
        """How large a file may become in the server that is about to start.

        Raises:
            OverflowingHomeError: the home is too large, and its owner has not been told yet.
        """
        used = await self._home()
        if used is not None and used > allowed:
            used = await self._home(fresh=True)  # they may have deleted what it took
        if used is None or used <= allowed:
            self.told.discard(self.user.name)
            return allowed
        if self.user.name not in self.told:
            self.told.add(self.user.name)
            raise OverflowingHomeError(refusal(used, allowed))
        return TIDYING

    async def _home(self, fresh: bool = False) -> int | None:
        """Bytes of the user's home as the guard measured them; None where it does not say."""
        url = f"{self.client.base_url}/homes/{quote(self.user.name)}"
        try:
            answer = await self.docker("get", url, params={"fresh": "1"} if fresh else None, timeout=60)
            found = answer.json()["bytes"]
        except (RequestException, ValueError, KeyError):
            return None  # a bound that cannot be checked keeps nobody from working
        return int(found) if found is not None else None

    async def _make_network(self) -> None:
        addresses = subnet(IPv4Network(self.subnets), self.user.orm_user.id)
        await self._unless(
            "already exists",
            "create_network",
            self.names.server(self.user.name),
            driver="bridge",
            internal=True,
            check_duplicate=True,
            ipam={"Driver": "default", "Config": [{"Subnet": str(addresses)}]},
            options={"com.docker.network.bridge.inhibit_ipv4": "true"},
        )
        await self._join()

    async def _join(self) -> None:
        name = self.names.server(self.user.name)
        known: Mapping[str, Any] = (await self.docker("inspect_network", name))["Containers"] or {}
        here = {container["Name"] for container in known.values()}
        server: Server | None = self.servers.get(self.user.name)  # none: they left the roster, their server runs on
        for container, aliases in self.names.aliases(server is not None and server.staff).items():
            if container not in here:
                await self._unless("already exists", "connect_container_to_network", container, name, aliases=aliases)

    async def _remove_network(self) -> None:
        name = self.names.server(self.user.name)
        for container in self.names.aliases(staff=True):  # they may have been staff when it was made
            await self._unless("is not connected", "disconnect_container_from_network", container, name, force=True)
        for _ in range(LONGEST_LEAVING):
            try:
                await self._unless("not found", "remove_network", name)
                return
            except APIError as error:
                if "active endpoints" not in str(error):
                    raise
                await asyncio.sleep(0.25)
        self.log.warning("network %s is still in use; it stays, and the next start uses it", name)

    async def _unless(self, harmless: str, method: str, *arguments: Any, **keywords: Any) -> None:
        """Ask Docker; an error that says `harmless`, or that the network is gone, says that nothing was to be done.

        Statuses do not tell these apart: Docker forbids to join twice, and the guard forbids all that it refuses.
        """
        try:
            await self.docker(method, *arguments, **keywords)
        except APIError as error:
            if harmless not in str(error) and "not found" not in str(error):
                raise
