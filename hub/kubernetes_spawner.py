"""Starts each user's Jupyter server in a pod whose bounds depend on the user's role alone."""

from __future__ import annotations

import copy
from asyncio import Future
from pathlib import Path
from typing import Any

from kubespawner import KubeSpawner
from traitlets import Dict, Set, Unicode

__all__ = ["CoursePod"]


class CoursePod(KubeSpawner):
    """KubeSpawner, with the traits of `hub.kubernetes_settings.pod_traits` for each role."""

    libraries = Unicode("/srv/libraries", help="The students' libraries, as the hub sees them.").tag(config=True)
    staff = Set(Unicode(), help="Who gets a server for staff; everybody else's is a student's.").tag(config=True)
    roles = Dict(help="The traits of a server by role.").tag(config=True)

    def start(self) -> Future[Any]:
        """Make the student's library folder, then the pod: a kubelet would make a missing folder too, as root's."""
        if self.user.name not in self.staff:
            Path(self.libraries, self.user.name).mkdir(exist_ok=True)
        started: Future[Any] = super().start()
        return started

    async def get_pod_manifest(self) -> Any:
        """The pod, whatever was set before: no pod is made without the bounds of its role."""
        role = "staff" if self.user.name in self.staff else "student"
        for trait, value in self.roles[role].items():
            setattr(self, trait, copy.deepcopy(value))
        return await super().get_pod_manifest()
