"""Runs in the hub's container, as a hub in other hands would, and asks Docker for more than the spawner needs."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

project, image = sys.argv[1:]
docker = "http://guard:2375/v1.41"
name = f"{project}-user-ada2"
bounds = {
    "CapDrop": ["ALL"],
    "SecurityOpt": ["no-new-privileges"],
    "ReadonlyRootfs": True,
    "Memory": 2**30,
    "MemorySwap": 2**30,
    "PidsLimit": 100,
    "CpuQuota": 100000,
    "NetworkMode": name,
}


def ask(method, path, data=None):
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(docker + path, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def create(**changes):
    return ask("POST", f"/containers/create?name={name}", {"Image": image, "HostConfig": bounds | changes})


report = {
    "privileged": create(Privileged=True),
    "host's files": create(Binds=["/:/host"]),
    "socket": create(Binds=["/var/run/docker.sock:/var/run/docker.sock"]),
    "other's home": create(Binds=[f"{project}-home-alan:/home/course:rw"]),
    "host's network": create(NetworkMode="host"),
    "database's network": create(NetworkMode=f"{project}_records"),
    "host's processes": create(PidMode="host"),
    "powers": create(CapAdd=["SYS_ADMIN"]),
    "no bounds": create(CapDrop=[]),
    "lower case": ask(
        "POST",
        f"/containers/create?name={name}",
        {"Image": image, "HostConfig": bounds, "hostconfig": {"privileged": True}},
    ),
    "other name": ask("POST", "/containers/create?name=other", {"Image": image, "HostConfig": bounds}),
    "list": ask("GET", "/containers/json"),
    "database": ask("GET", f"/containers/{project}-database/json"),
    "stop the proxy": ask("POST", f"/containers/{project}-proxy/stop"),
    "look into itself": ask("GET", f"/containers/{project}-hub/json"),
    "exec": ask("POST", f"/containers/{project}-user-ada/exec", {"Cmd": ["id"]}),
    "archive": ask("GET", f"/containers/{project}-user-ada/archive?path=/home"),
    "pull": ask("POST", "/images/create?fromImage=debian"),
    "volumes": ask("GET", "/volumes"),
    "network": ask("POST", "/networks/create", {"Name": "out", "Driver": "bridge"}),
    "up": ask("GET", "/containers/../images/json"),
}


def link(place):
    """Can it put the machine's files where a server's mount begins?"""
    try:
        Path(place).symlink_to("/etc")
    except OSError:
        return False
    return True


links = [place for place in ("/srv/libraries/eve", "/srv/keys/eve", "/srv/internal-tls/eve") if link(place)]
print(json.dumps({"answers": report, "socket": Path("/var/run/docker.sock").exists(), "links": links}))
