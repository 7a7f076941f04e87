"""Runs in a student's own server, with that student's token, and tries what is none of theirs; prints JSON.

It is sent as text to a kernel, behind doors.py, whose `opened` and `reach` it uses; it imports nothing of the tests.
"""

import json
import os
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

PROJECT = "tinytorch-e2e"  # the test puts its own here
TOKEN = os.environ["JUPYTERHUB_API_TOKEN"]


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(method, path, data=None, token=TOKEN):
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(
        "http://proxy:8000" + path, body, {"Authorization": "token " + token}, method=method
    )
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def write(path):
    try:
        Path(path, "written-by-a-student").write_text("x")
        return True
    except OSError:
        return False


def run(command):
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False).returncode == 0


gateway = socket.gethostbyname("proxy").rsplit(".", 1)
subnet = [f"{gateway[0]}.{int(gateway[1]) // 8 * 8 + number}" for number in range(1, 7)]
own, proxy = socket.gethostbyname(socket.gethostname()), socket.gethostbyname("proxy")
names = [
    "hub-services",
    "proxy-control",
    "guard",
    "exchange",
    "database",
    "broker",
    "release-services",
    *(f"{PROJECT}-{part}" for part in ("hub", "broker", "database", "workers")),
    f"{PROJECT}-user-alan",
    "example.org",
]
addresses = [address for address in subnet if address not in (own, proxy)]
outside = ["172.17.0.1", "172.18.0.1", "172.19.0.1", "172.20.0.2", "169.254.169.254", "192.0.2.1"]
ports = [22, 80, 2375, 5432, 6379, 8000, 8001, 8010, 8081, 8090, 8888]
status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
everything = [str(path) for path in Path("/").glob("*") if path.name not in {"proc", "sys", "dev"}]
found = subprocess.run(
    [
        "find",
        *everything,
        "-xdev",
        "-name",
        "alans-*",
        "-o",
        "-name",
        "docker.sock",
        "-o",
        "-name",
        "course.toml",
        "-o",
        "-name",
        "gradebook.db",
        "-o",
        "-name",
        "*_hub*secret*",
    ],
    capture_output=True,
    text=True,
    check=False,
).stdout.split()
source = subprocess.run(
    ["grep", "-rlsE", "--exclude-dir=nbgrader", "BEGIN (HIDDEN TESTS|SOLUTION)$", "/opt", "/home", "/srv", "/mnt"],
    capture_output=True,
    text=True,
    check=False,
).stdout.split()

report = {
    "opened": opened([*names, *addresses, *outside], ports),  # noqa: F821 - of doors.py
    "proxy": [port for port in ports if reach("proxy", port)],  # noqa: F821
    "files": found,
    "sources": source,
    "written": [
        path
        for path in ("/", "/etc", "/opt/course", "/opt/course/role", os.environ["TINYTORCH_LIBRARY"])
        if write(path)
    ],
    "home": write(Path.home()),
    "powers": [status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd", "NoNewPrivs")],
    "root": os.getuid() == 0,
    "secrets": [str(path) for path in Path("/run/secrets").glob("*")],
    "mount": run("mount -t tmpfs none /mnt"),
    "namespaces": run("unshare --user --map-root-user true"),
    "formgrader": run("python -c 'import nbgrader.server_extensions.formgrader.handlers'"),
    "hub_code": run("python -c 'import hub'"),
    "pip": run("python -m pip --version"),
    "hub": {
        f"{method} {path}": ask(method, path, data)
        for method, path, data in [
            ("GET", "/hub/api/users", None),
            ("GET", "/hub/api/users/alan", None),
            ("GET", "/hub/api/users/ada/tokens", None),
            ("POST", "/hub/api/users/ada/tokens", {}),
            ("POST", "/hub/api/users/alan/tokens", {}),
            ("POST", "/hub/api/users/alan/server", {}),
            ("DELETE", "/hub/api/users/alan/server", None),
            ("POST", "/hub/api/users/alan/activity", {"last_activity": "2030-01-01T00:00:00Z"}),
            ("PATCH", "/hub/api/users/ada", {"admin": True}),
            ("DELETE", "/hub/api/users/alan", None),
            ("GET", "/hub/api/proxy", None),
            ("GET", "/hub/api/services/culler", None),
            ("GET", "/hub/api/services/libraries", None),
            ("GET", "/hub/api/groups", None),
            ("POST", "/hub/api/groups/staff/users", {"users": ["ada"]}),
            ("GET", "/hub/api/info", None),
            ("POST", "/hub/api/shutdown", {}),
            ("GET", "/hub/metrics", None),
            ("GET", "/hub/admin", None),
            ("GET", "/hub/change-password/alan", None),
            ("GET", "/hub/authorize", None),
            ("POST", "/hub/signup", {}),
            ("GET", "/user/alan/api/contents", None),
            ("GET", "/user/alan/lab", None),
            ("GET", "/user/ta/api/contents", None),
            ("GET", "/api/routes", None),
            ("DELETE", "/services/exchange/courses/tinytorch/assignments/01_setup", None),
            ("GET", "/services/exchange/courses/other/submissions", None),
            ("GET", "/services/exchange/metrics", None),
            ("GET", "/services/release/health", None),
            ("GET", "/services/release/metrics", None),
            ("GET", "/services/release/", None),
            ("GET", "/services/release/schedule.json", None),
            ("POST", "/services/release/", {"verb": "hold", "module": "20"}),
            ("POST", "/services/release/schedule.json", {"verb": "hold", "module": "20"}),
            ("GET", "/services/grading/metrics", None),
            ("GET", "/services/libraries/metrics", None),
        ]
    },
    "own": ask("GET", "/user/ada/api/status"),
}
print(json.dumps(report))
