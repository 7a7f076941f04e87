"""Stopping ends every process, starting again keeps all work, and a start that was killed is cleaned up after."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import Hub, start_hub

from hub.checks import free_ports
from hub.processes import end, end_family, family, living, recall, remember
from hub.serve import stop_hub

KEEPS_A_CHILD = """
import signal, subprocess, sys, time
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(time.monotonic()))
child = None
while not asked or time.monotonic() < asked[0] + 6:
    if child is None or child.poll() is not None:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=sys.argv[1])
        print(flush=True)
    time.sleep(0.05)
child.terminate()
child.wait()
"""
"""As a hub keeps its proxy: asked to end, it takes six seconds, and what ends in them is started anew."""

STOPPED_BY = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

IGNORES_REQUESTS = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(600)"


def test_three_starts_keep_all_work_and_leave_no_process(checkout: Path, tmp_path: Path):
    data = tmp_path / "var"

    # The first is stopped with Ctrl-C while a student's kernel runs.
    with start_hub(checkout, data) as first:
        ada = first.visitor("ada")
        ada.start_kernel()
        saved = {"type": "file", "format": "text", "content": "my work"}
        assert ada.ask(ada.path("api/contents/notes.txt"), "PUT", data=saved).status == 201
        found, password = first.commands(), first.password
        everyone, commands = list(found), " ".join(found.values())
        for part in ("hub.serve", "jupyterhub --config", "hub.proxy", "tito.server", "ipykernel_launcher"):
            assert part in commands, f"{part} should have been running"
        assert first.stop(signal.SIGINT) == 0
        assert living(everyone) == []

    # The second finds the work, and is killed outright: what it started lives on.
    with start_hub(checkout, data) as second:
        assert second.password == password
        ada = second.visitor("ada")
        assert ada.ask(ada.path("api/contents/notes.txt")).json["content"] == "my work"
        everyone = settled_family(second)
        second.process.kill()
        second.process.wait()
    orphans = living(everyone)
    try:
        assert len(orphans) >= 3, "the hub, its proxy and a server were to outlive the kill"

        # The third ends those first. Then its hub dies, and it says so and leaves nothing.
        with start_hub(checkout, data) as third:
            told = re.search(r"ended (\d+) processes of a start that was killed", third.welcome)
            assert told and int(told[1]) >= 3  # exam rooms came and went meanwhile
            assert living(orphans) == []
            here = {process for process in psutil.process_iter() if working_folder(process).startswith(str(data))}
            everyone = third.family()  # after the others were looked for: what it begets meanwhile is its own
            assert living(here - set(everyone)) == [], "a hub that ends must not leave a new proxy behind"
            time.sleep(1.5)
            everyone[1].kill()
            printed, _ = third.process.communicate(timeout=120)
            assert third.process.returncode == 6
            assert printed.strip().count("\n") == 0
            assert "JupyterHub ended by itself" in printed
            assert str(data / "hub" / "jupyterhub.log") in printed
            assert living(everyone) == []
    finally:
        end_family(orphans, patience=20)


def settled_family(hub: Hub, patience: float = 60) -> list[psutil.Process]:
    """The hub's family once it has stood still, since workers and their rooms come one by one; it is then on record."""
    deadline = time.monotonic() + patience
    before: list[psutil.Process] = []
    while before != (now := hub.family()):
        assert time.monotonic() < deadline, "the hub's family goes on changing"
        before = now
        time.sleep(3)
    return now


def test_what_begets_another_while_it_ends_leaves_none(tmp_path: Path):
    with subprocess.Popen([sys.executable, "-c", KEEPS_A_CHILD, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert end_family([psutil.Process(parent.pid)], patience=20) == 2
        left = [process for process in psutil.process_iter() if working_folder(process) == str(tmp_path)]
        end(left)
    assert left == []


def test_stopping_a_hub_lists_its_family_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listed: list[int] = []

    def note(pid: int) -> list[psutil.Process]:
        listed.append(pid)
        return family(pid)

    monkeypatch.setattr("hub.processes.family", note)
    monkeypatch.setattr("hub.serve.family", note)
    with subprocess.Popen([sys.executable, "-c", KEEPS_A_CHILD, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        everyone, handlers = family(parent.pid), {name: signal.getsignal(name) for name in STOPPED_BY}
        try:
            stop_hub(parent, [])
        finally:
            for name, handler in handlers.items():
                signal.signal(name, handler)
    assert listed == [parent.pid]
    assert len(everyone) == 2 and living(everyone) == []


@pytest.fixture
def stubborn() -> Iterator[psutil.Process]:
    """A process that ignores requests to end."""
    with subprocess.Popen([sys.executable, "-c", IGNORES_REQUESTS], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield psutil.Process(process.pid)
        process.kill()


def test_what_ignores_a_request_to_end_is_killed(stubborn: psutil.Process):
    begun = time.monotonic()
    assert end(family(stubborn.pid), patience=0.3) == 1
    assert family(stubborn.pid) == []
    assert time.monotonic() - begun < 60


def test_what_ends_while_it_is_looked_at_does_not_live(stubborn: psutil.Process, monkeypatch: pytest.MonkeyPatch):
    def status(self: psutil.Process) -> str:
        raise psutil.NoSuchProcess(self.pid)

    assert living([stubborn]) == [stubborn]
    monkeypatch.setattr(psutil.Process, "status", status)
    assert living([stubborn]) == []


def test_a_process_number_that_went_to_somebody_else_is_not_ended(tmp_path: Path, stubborn: psutil.Process):
    record = tmp_path / "processes.json"
    remember(record, [stubborn])
    assert recall(record) == [stubborn]
    record.write_text(f"[[{stubborn.pid}, {stubborn.create_time() - 5}]]")
    assert recall(record) == []
    record.write_text("{half")
    assert recall(record) == []
    assert recall(tmp_path / "none.json") == []


def test_an_exchange_that_cannot_start_is_one_line_and_leaves_no_process(checkout: Path, tmp_path: Path):
    key = tmp_path / "var" / "exchange" / "receipt-key.pem"
    key.parent.mkdir(parents=True)
    key.write_text("damaged")
    arguments = ["--port", str(free_ports(1)[0]), "--course", str(checkout), "--data", str(tmp_path / "var")]
    done = subprocess.run(
        [sys.executable, "-m", "hub.serve", *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 6
    assert done.stderr.count("\n") == 1
    assert f"exchange: {key} cannot be used" in done.stderr
    left = [process for process in psutil.process_iter() if str(tmp_path) in working_folder(process)]
    assert living(left) == []


def working_folder(process: psutil.Process) -> str:
    try:
        return process.cwd()
    except psutil.Error:
        return ""


SLOW = """
import sys, time
from nbgrader.converters import GenerateAssignment
import hub.serve

def start(self):
    print("generating", flush=True)
    time.sleep(60)

GenerateAssignment.start = start
sys.exit(hub.serve.main(sys.argv[1:]))
"""


def test_ctrl_c_during_the_first_release_ends_quietly(checkout: Path, tmp_path: Path):
    arguments = ["--port", str(free_ports(1)[0]), "--course", str(checkout), "--data", str(tmp_path / "var")]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "generating\n":
                break
        everyone = family(process.pid)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=120)
    assert (process.returncode, printed, errors) == (0, "stopping every server\n", "")
    assert living(everyone) == []


def test_a_proxy_that_dies_at_its_start_is_one_line(checkout: Path, tmp_path: Path):
    # Somebody takes the port after it was checked.
    code = "import sys, hub.serve as s; s.check_port = lambda port: None; sys.exit(s.main(sys.argv[1:]))"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        arguments = ["--port", port, "--course", str(checkout), "--data", str(tmp_path / "var")]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300, check=False
        )
    assert done.returncode == 6
    assert done.stderr.count("\n") == 1
    assert "JupyterHub did not start" in done.stderr
    assert "Address already in use" in done.stderr
    left = [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or [])]
    assert living(left) == []
