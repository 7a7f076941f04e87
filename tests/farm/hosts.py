"""Several hosts on one machine: a network namespace each, wired to one switch. Root may make them.

What differs from one machine is what matters: an own address, an own name, own process ids, files that the others do
not see, and a link that can be cut. A host behind a cut link is silent: nobody tells its peers that it is gone.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from tests.farm.services import Program
from tests.sandbox.test_as_user import as_user

__all__ = ["Host", "Network", "power_off"]


class Host:
    """One host.

    Attributes:
        name: its host name.
        address: its address in the network.
    """

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.name = name
        self.address = f"10.77.0.{number}"
        self._network = network
        self._port = f"port{number}"

    @property
    def inside(self) -> list[str]:
        """What, put before a command, runs it in the host's network."""
        return ["ip", "netns", "exec", self._network.namespace(self.name)]

    def on_its_own(self, command: Sequence[str], *, hidden: Path | None = None, root: Path | None = None) -> list[str]:
        """`command` with the host's own name, process ids and end: `power_off`.

        Args:
            hidden: a folder of other hosts, which is an empty one here.
            root: the checkout, and `command` runs as an ordinary user.
        """
        lines = [f"hostname {self.name}"]
        if hidden is not None:
            lines += [f"mount -t tmpfs none {shlex.quote(str(hidden))}", "cd /"]
        lines += [f"exec {shlex.join([*(as_user(root) if root else ()), *command])}"]
        own = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return [*self.inside, *own, "sh", "-ec", "\n".join(lines)]

    def cut(self) -> None:
        """Pull its cable at the switch: the host itself goes on and hears nothing."""
        self._network.switch("link", "set", self._port, "down")

    def join(self) -> None:
        """Plug it in again."""
        self._network.switch("link", "set", self._port, "up")


class Network:
    """A switch and the hosts at it; `close` takes all of it away. Nothing of it is in the machine's own network."""

    def __init__(self) -> None:
        self._name = f"tito-{os.getpid()}-{secrets.token_hex(3)}"
        self._hosts: list[Host] = []

    def start(self) -> None:
        """Make the switch."""
        _ip("netns", "add", self.namespace("switch"))
        self.switch("link", "add", "switch", "type", "bridge")
        self.switch("link", "set", "switch", "up")

    def namespace(self, host: str) -> str:
        """The host's network namespace."""
        return f"{self._name}-{host}"

    def switch(self, *arguments: str) -> None:
        """Run `ip` at the switch."""
        _ip("-n", self.namespace("switch"), *arguments)

    def host(self, name: str) -> Host:
        """A new host at the switch."""
        number = len(self._hosts) + 1
        found, there, port = Host(self, name, number), self.namespace(name), f"port{number}"
        self._hosts.append(found)
        _ip("netns", "add", there)
        self.switch("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", there)
        self.switch("link", "set", port, "master", "switch", "up")
        _ip("-n", there, "address", "add", f"{found.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            _ip("-n", there, "link", "set", link, "up")
        return found

    def close(self) -> None:
        """Take away what is there; processes in it must have been ended."""
        for name in [*(host.name for host in self._hosts), "switch"]:
            subprocess.run(["ip", "netns", "delete", self.namespace(name)], check=False, capture_output=True)


def power_off(programs: Sequence[Program]) -> None:
    """End programs that run `on_its_own`, each with all that its host runs.

    Raises:
        AssertionError: something of them lives on.
    """
    children: list[psutil.Process] = []
    for program in programs:
        with suppress(psutil.NoSuchProcess):
            children += psutil.Process(program.process.pid).children(recursive=True)
        program.kill()
    _, left = psutil.wait_procs(children, timeout=60)
    assert not left, f"left running: {left}"


def _ip(*arguments: str) -> None:
    program = shutil.which("ip")
    assert program is not None, "needs iproute2: apt install iproute2"
    subprocess.run([program, *arguments], check=True)
