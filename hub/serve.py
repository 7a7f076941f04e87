"""`make serve`: the whole course in the browser, on this machine, for trying it out.

Prepares the data folder, starts JupyterHub, says where it is once it answers, and ends every process when stopped.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

import psutil

from hub.checks import check_port, check_space, free_ports, only_one, writing
from hub.handover import send
from hub.log import HubLog
from hub.prepare import password, prepare, release_first, tools_token, write_access
from hub.processes import end_family, family, recall, remember
from hub.settings import Local, Places, Ports, roster
from tito.course import Course
from tito.errors import TitoError, ToolError
from tito.grading.policy import ROOM

__all__ = ["main"]

LONGEST_START = 90.0
"""Seconds until the hub must answer."""

LONGEST_STOP = 20.0
"""Seconds given to the hub to stop its servers; then they are ended from here."""


class Stopped(Exception):  # noqa: N818 - no error: it is how the course ends
    """Somebody asked the course to stop.

    `asked` remembers it: nbgrader takes whatever ends its work, this too, for a failure of its own.
    """

    asked = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped; gives the process's exit status."""
    options = _parser().parse_args(arguments)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _stop)
    try:
        serve(options)
    except Stopped:
        return 0
    except TitoError as error:
        if Stopped.asked:
            return 0
        print(f"make serve: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hub.serve", description="Serve the course on this machine, for trying it out."
    )
    parser.add_argument("--port", type=int, default=8000, help="port on 127.0.0.1 (default: 8000)")
    parser.add_argument("--course", type=Path, help="folder with course.toml (default: found from here upwards)")
    parser.add_argument("--data", type=Path, help="where everything is kept (default: var/ in the course's folder)")
    parser.add_argument("--open-port-check", action="store_true", help="only see whether the port can be had")
    return parser


def _stop(_signal: int, _frame: FrameType | None) -> None:
    Stopped.asked = True
    raise Stopped


def serve(options: argparse.Namespace) -> None:
    """Check, prepare, start, watch, stop.

    Raises:
        TitoError: the course cannot be served; the line says why.
        Stopped: it was stopped, and every process that it started has ended.
    """
    check_port(options.port)
    if options.open_port_check:
        return
    course = Course.load(options.course.absolute()) if options.course else Course.find()
    places = Places((options.data or course.root / "var").absolute())
    with ExitStack() as stack:
        with writing(places.data):
            places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            places.hub.mkdir(mode=0o700, exist_ok=True)
            check_space(places.data)
            stack.enter_context(only_one(places.hub / "serve.lock"))
            left = end_family(recall(places.hub / "processes.json"), LONGEST_STOP)
            if left:
                say(f"ended {left} processes of a start that was killed")
            secret = password(places.hub / "password")
            prepare(course, places, say)
            ports = Ports(options.port, *free_ports(6))
            local = Local(
                places,
                ports,
                secret,
                tools_token(places.hub / "tools_token"),
                as_root=os.geteuid() == 0,
                internal_tls=os.environ.get("TINYTORCH_INTERNAL_TLS") == "1",
                room=os.environ.get(ROOM, "auto"),
            )
            write_access(places.course, local.exchange_url, local.tools_token)
            log = HubLog(places.log)
        run(course, local, log)


def run(course: Course, local: Local, log: HubLog) -> None:
    """Run the hub until it or somebody stops it."""
    say("starting JupyterHub")
    hub = start_hub(course, local, log)
    known: list[psutil.Process] = []
    try:
        wait_until_up(hub, local, log, known)
        release_first(Course.load(local.places.course), say)
        if Stopped.asked:
            raise Stopped
        say(welcome(course, local))
        while hub.poll() is None:
            note_family(hub, known)
            with suppress(TitoError):  # a disk that fills up must not end anybody's server
                remember(local.places.hub / "processes.json", known)
            for line in log.news():
                say(line)
            time.sleep(1)
        raise ToolError(f"JupyterHub ended by itself: {log.why()}")
    finally:
        stop_hub(hub, known)


def start_hub(course: Course, local: Local, log: HubLog) -> subprocess.Popen[bytes]:
    """JupyterHub in a session of its own: Ctrl-C reaches this process alone, which then stops it in order."""
    configuration = Path(__file__).with_name("jupyterhub_config.py")
    program = "hub.hub_with_tls" if local.internal_tls else "jupyterhub"
    tools = str(Path(sys.executable).parent)
    environment = os.environ | send(course, local)
    environment["PATH"] = os.pathsep.join([tools, os.environ.get("PATH", os.defpath)])
    with log.path.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", program, "--config", str(configuration)],
            cwd=local.places.hub,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def note_family(hub: subprocess.Popen[bytes], known: list[psutil.Process]) -> None:
    """Keep in `known` which processes the hub begot: once it is gone, nobody can tell."""
    found = family(hub.pid)
    if len(found) > 1:  # a hub that ended this moment stands there alone
        known[:] = found


def wait_until_up(
    hub: subprocess.Popen[bytes],
    local: Local,
    log: HubLog,
    known: list[psutil.Process],
    patience: float = LONGEST_START,
) -> None:
    """Wait until all answer: the hub on its own port, then through the proxy as for a browser, then the exchange.

    `known` is kept up to date with the hub's processes.

    Raises:
        ToolError: it ended, or did not answer within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    waiting = [f"{local.url}/hub/health", f"{local.exchange_url}health"]
    if not local.internal_tls:  # else the hub answers those alone who have a certificate
        waiting.insert(0, f"http://127.0.0.1:{local.ports.hub}/hub/health")
    while waiting:
        note_family(hub, known)
        if hub.poll() is not None:
            raise ToolError(f"JupyterHub did not start: {log.why()}")
        if time.monotonic() > deadline:
            raise ToolError(f"JupyterHub did not answer within {patience:.0f} seconds: {log.why()}")
        if answers(waiting[0]):
            waiting.pop(0)
        else:
            time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether what is at `url` says that it is well."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def stop_hub(hub: subprocess.Popen[bytes], known: Sequence[psutil.Process]) -> None:
    """Let the hub stop its servers, then end whatever is left of its family."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them running
    eldest = []
    if hub.poll() is None:
        eldest = [psutil.Process(hub.pid)]  # not seen to have ended, so the number is still its own
        say("stopping every server")
    end_family([*eldest, *known], LONGEST_STOP)
    hub.wait()


def welcome(course: Course, local: Local) -> str:
    """What somebody who starts the course needs to know."""
    people = [
        f"{title:<12} {', '.join(names[:6])}{' ...' if len(names) > 6 else ''}"
        for title, names in (("students", course.students), ("TAs", course.tas), ("instructors", course.instructors))
        if names
    ]
    lines = [
        f"{course.title} is served at  {local.url}",
        "",
        *(f"  {line}" for line in people),
        f"  {'password':<12} {local.password}  (the same for all {len(roster(course))})",
        f"  {'data':<12} {local.places.data}",
        f"  {'log':<12} {local.places.log}",
        "",
        "For trying the course out: every server runs as you, so do not give it to a class.",
        "Ctrl-C stops it; starting again keeps all work.",
    ]
    return "\n".join(["", *lines, ""])


def say(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone, which must not keep the rest from being done
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
