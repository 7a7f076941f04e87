"""The demo as a whole, on module 01 alone: real exchange, real autograde, real feedback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.demo import main
from tito.errors import ToolError

pytestmark = pytest.mark.m01

PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
if __name__ == "__main__":
    from tito.demo import main
    main(None, False, ("01_setup",))
"""


def test_a_folder_in_use_is_refused_and_left_alone(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ToolError, match="not empty"):
        main(tmp_path, keep=False)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.fixture
def work() -> Iterator[Path]:
    """A temporary folder with a short path: the demo binds a unix socket in it, and pytest's own paths are long."""
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


def test_an_interrupted_demo_leaves_nothing_behind(root: Path, tmp_path: Path, work: Path) -> None:
    program, told = tmp_path / "program.py", tmp_path / "stderr"
    program.write_text(PROGRAM)
    with told.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(program)],
            cwd=root,
            env=os.environ | {"TMPDIR": str(work)},
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )

    def grades() -> bool:
        assert process.poll() is None, f"it ended by itself: {told.read_text()[-2000:]}"
        return "] Autograding " in log_of(work) and bool(grading(work))

    try:
        wait_for(grades, 120)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    finally:
        process.kill()
        process.wait()
    assert list(work.iterdir()) == []
    wait_for(lambda: not processes(work), 20)


def log_of(work: Path) -> str:
    return "".join(path.read_text() for path in work.glob("*/logs/instructor-autograde-01_setup.log"))


def grading(work: Path) -> list[str]:
    return [line for line in processes(work) if "tito.grading.worker" in line]


def processes(work: Path) -> list[str]:
    """Command lines of all processes whose environment or arguments name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                texts = [(entry / name).read_bytes().replace(b"\0", b" ").decode() for name in ("cmdline", "environ")]
            except OSError:
                continue  # it ended meanwhile, or is somebody else's
            if any(str(work) in text for text in texts) and texts[0]:
                found.append(texts[0])
    return found


def wait_for(condition: object, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
