"""nbgrader's command lines, forked from a process that has it loaded."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tito.demo.commands import Command, interruptible, run_all, undisturbed
from tito.errors import ToolError


def command(folder: Path, *arguments: str, **more: object) -> Command:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": path, "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
    return Command(arguments, folder, environment, folder / f"{arguments[0]}.log", **more)  # type: ignore[arg-type]


def test_a_command_runs_in_its_folder_with_its_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "1")
    (tmp_path / "nbgrader_config.py").write_text(
        "import os\nfrom pathlib import Path\nPath('seen').write_text(' '.join(sorted(os.environ)))\n"
        "get_config().CourseDirectory.course_id = 'x'\n"
    )
    done: list[int] = []
    run_all([command(tmp_path, "db", "student", "list", pieces=3)], 2, done.append)
    assert sum(done) == 3
    seen = (tmp_path / "seen").read_text().split()
    assert "A_SECRET" not in seen
    assert {"HOME", "PATH"} <= set(seen)
    assert (tmp_path / "gradebook.db").is_file()


def test_a_failing_command_is_told_and_the_others_end(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'x'\n")
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "nbgrader_config.py").write_text("import time\ntime.sleep(60)\n")
    start = time.monotonic()
    with pytest.raises(ToolError, match=r"nbgrader autograde 01_setup.*status 1.*No notebooks were matched") as caught:
        run_all([command(tmp_path / "slow", "list"), command(tmp_path, "autograde", "01_setup")], 2, lambda _: None)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - start < 30


def test_a_polite_kill_ends_the_work_but_not_the_tidying_up() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    with undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
