"""The cell runner: right verdicts, and a caller that always gets an answer, whatever a cell does."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tito.runner import Cell, Runner, RunOptions, RunResult, run_cells


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with Runner(2) as shared:
        yield shared


def run(runner: Runner, *sources: str, **options: object) -> RunResult:
    cells = [Cell(f"c{number}", source) for number, source in enumerate(sources)]
    return runner.run(cells, RunOptions(**options))  # type: ignore[arg-type]


def states(result: RunResult) -> list[str]:
    return [cell.status for cell in result.cells]


def is_alive(pid: int) -> bool:
    """Does the process run? One that has ended but was not waited for does not count."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in {"Z", "X"}


def eventually(condition: object, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.01)
    return False


def sleeper(note: Path) -> str:
    """A cell that writes down its process and its worker's, and stays."""
    write = f"open({str(note)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}')"
    return f"import os, time\n{write}\ntime.sleep(1000)"


# --- verdicts


def test_cells_share_a_namespace_in_order(runner: Runner) -> None:
    result = run(runner, "x = 2", "x = x * 3", "assert x == 6")
    assert states(result) == ["passed"] * 3


def test_runs_do_not_see_each_other(runner: Runner) -> None:
    run(runner, "x = 1; import os; os.environ['LEFT'] = '1'; open('left', 'w').close()")
    source = "import os\nassert 'x' not in globals() and 'LEFT' not in os.environ and not os.path.exists('left')"
    assert states(run(runner, source)) == ["passed"]


def test_a_failing_cell_does_not_stop_the_next(runner: Runner) -> None:
    result = run(runner, "1 / 0", "y = 1", "assert y == 2, 'y was wrong'", "y")
    assert states(result) == ["failed", "passed", "failed", "passed"]
    assert str(result["c0"].error) == "ZeroDivisionError: division by zero"
    assert str(result["c2"].error) == "AssertionError: y was wrong"


def test_points_are_earned_by_graded_cells_that_pass(runner: Runner) -> None:
    cells = [Cell("a", "x = 1", points=5), Cell("b", "x", True, 30), Cell("c", "assert x == 2", True, 70)]
    assert runner.run(cells).earned == 30


def test_an_error_names_its_line_and_the_cells_frames(runner: Runner) -> None:
    result = run(runner, "def f(x):\n    y = 0\n    return x / y", "f(1)\n", "\nimport json\njson.loads('{')")
    error = result["c1"].error
    assert error is not None and error.line == 1
    assert error.traceback == "c1, line 1, in <module>\n    f(1)\nc0, line 3, in f\n    return x / y"
    error = result["c2"].error
    assert error is not None and error.line == 3
    assert "decoder" not in error.traceback  # the standard library's own frames are of no use to a reader


def test_a_cell_that_does_not_parse(runner: Runner) -> None:
    result = run(runner, "x = 1\ny = (", "x = 2")
    assert states(result) == ["failed", "passed"]
    error = result["c0"].error
    assert error is not None and error.type == "SyntaxError" and error.line == 2
    assert "y = (" in error.traceback


@pytest.mark.parametrize("source", ["import sys; sys.exit(0)", "raise KeyboardInterrupt", "input()"])
def test_every_exception_fails_a_cell(runner: Runner, source: str) -> None:
    assert states(run(runner, source, "1")) == ["failed", "passed"]


def test_what_a_cell_writes_to_stderr_does_not_matter(runner: Runner) -> None:
    source = "import warnings, sys\nwarnings.warn('careful')\nprint('oh', file=sys.stderr)"
    result = run(runner, source)
    assert result.passed
    assert "careful" in result["c0"].stderr and "oh" in result["c0"].stderr
    assert states(run(runner, source, warnings_as_errors=True)) == ["failed"]


def test_output_belongs_to_the_cell_that_wrote_it(runner: Runner) -> None:
    result = run(
        runner,
        "print('first')",
        "import os\n_ = os.write(1, b'second')",
        "import subprocess\n_ = subprocess.run(['echo', 'third'])",
        "import sys\nsys.stdout.write('fourth')",
    )
    assert [cell.stdout for cell in result.cells] == ["first\n", "second", "third\n", "fourth"]


def test_future_statements_hold_for_later_cells(runner: Runner) -> None:
    assert run(runner, "from __future__ import annotations", "def f(x: Undefined): ...").passed


def test_a_hostile_exception_is_described(runner: Runner) -> None:
    result = run(runner, "class E(Exception):\n    def __str__(self): raise ValueError", "raise E")
    error = result["c1"].error
    assert error is not None and error.type == "E" and "cannot be shown" in error.message


def test_text_that_is_no_unicode_is_passed_on(runner: Runner) -> None:
    result = run(runner, "import os\nos.write(1, b'\\xff!')\nraise ValueError('\\ud800')", "print('\\ud800')")
    assert result["c0"].stdout == "\ufffd!"
    assert str(result["c0"].error) == "ValueError: ?"
    assert result["c1"].passed


def test_stop_at_the_first_loss(runner: Runner) -> None:
    cells = [Cell("a", "1 / 0"), Cell("b", "1 / 0", True), Cell("c", "1", True)]
    assert states(runner.run(cells, RunOptions(stop_at_loss=True))) == ["failed", "failed", "not run"]


def test_lines_that_a_cell_executes(runner: Runner) -> None:
    cells = [Cell("s", "def f(x):\n    if x:\n        return 1\n    return 2"), Cell("t", "f(1)")]
    assert runner.run(cells, RunOptions(trace=True))["t"].lines["s"] == (2, 3)
    assert not runner.run(cells)["t"].lines


# --- what a run may see


def test_the_library_is_the_one_that_was_named(runner: Runner, tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name / "tinytorch_lib"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(f"name = {name!r}\n", encoding="utf-8")
        source = f"import tinytorch_lib\nassert tinytorch_lib.name == {name!r}"
        child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import tinytorch_lib'], check=True)"
        assert states(run(runner, source, child, library=tmp_path / name)) == ["passed"] * 2


def test_without_a_library_there_is_none(runner: Runner) -> None:
    error = run(runner, "import tinytorch_lib")["c0"].error
    assert error is not None and error.type == "ModuleNotFoundError"


def test_the_environment_is_set_and_the_callers_limit_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYTORCH_BELOW", "02")
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")  # would remove every assert
    source = "import os\nassert os.environ.get('TINYTORCH_BELOW') is None and os.environ['A'] == 'b'"
    result = run_cells([Cell("a", source), Cell("b", "assert False")], env={"A": "b"})
    assert states(result) == ["passed", "failed"]


def test_hash_seed() -> None:
    cells = [Cell("a", "print(hash('tensor'))")]
    seen = []
    for seed in (1, 1, 2):
        with Runner(1, hash_seed=seed, plots=False) as runner:
            seen.append(runner.run(cells)["a"].stdout)
    assert seen[0] == seen[1] != seen[2]


def test_random_states(runner: Runner) -> None:
    source = "import random, numpy\nprint(random.random(), numpy.random.rand())"
    fixed = {run(runner, source, random_seed=7)["c0"].stdout for _ in range(2)}
    fresh = {run(runner, source)["c0"].stdout for _ in range(3)}
    assert len(fixed) == 1 and len(fresh) == 3
    numbers = zip(*(line.split() for line in fresh), strict=True)
    assert all(len(set(column)) == 3 for column in numbers)


def test_figures_are_shown_silently_and_closed(runner: Runner) -> None:
    draw = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nassert not plt.get_fignums()"
    left_open = "from matplotlib.pyplot import plot\nplot([1, 2])"
    result = run(runner, draw, left_open, "assert not plt.get_fignums()", warnings_as_errors=True)
    assert states(result) == ["passed"] * 3
    assert not any(cell.stderr for cell in result.cells)


def test_drawing_finds_what_only_drawing_can_find(runner: Runner) -> None:
    source = "import matplotlib.pyplot as plt\nplt.title('$\\\\frac$')\nplt.show()"
    assert states(run(runner, source)) == ["passed"]
    assert states(run(runner, source, draw=True)) == ["failed"]


# --- isolation


def test_an_endless_cell_is_interrupted_and_the_next_one_runs(runner: Runner) -> None:
    result = run(runner, "print('on')\nwhile True:\n    pass", "print('next')", cell_timeout=0.3)
    assert states(result) == ["timeout", "passed"]
    assert [cell.stdout for cell in result.cells] == ["on\n", "next\n"]
    error = result["c0"].error
    assert error is not None and error.line in {2, 3} and "0.3 s" in error.message


def test_a_cell_that_will_not_be_interrupted_is_killed(runner: Runner) -> None:
    stubborn = (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    )
    started = time.monotonic()
    result = run(runner, stubborn, "1", cell_timeout=0.2)
    assert states(result) == ["timeout", "not run"]
    assert time.monotonic() - started < 10


def test_a_cell_that_swallows_the_interruption_has_timed_out(runner: Runner) -> None:
    result = run(runner, "try:\n    while True: pass\nexcept BaseException: pass", "1", cell_timeout=0.2)
    assert states(result) == ["timeout", "passed"]


def test_the_whole_run_has_a_limit(runner: Runner) -> None:
    result = run(runner, *["import time; time.sleep(0.2)"] * 50, timeout=0.5)
    assert states(result).count("passed") < 4 and "timeout" in states(result) and result.died == "timeout"


def test_processor_time_has_a_limit(runner: Runner) -> None:
    result = run(runner, "while True: pass", "1", cpu_seconds=1)
    assert states(result) == ["timeout", "not run"]


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("import os; os._exit(3)", "left with exit status 3"),
        ("import os; os._exit(0)", "left with exit status 0"),
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
        ("import os; os.abort()", "killed by SIGABRT"),
    ],
)
def test_a_process_that_ends_itself(runner: Runner, source: str, how: str) -> None:
    result = run(runner, "print('before')", f"print('last', flush=True)\n{source}", "1")
    assert states(result) == ["passed", "died", "not run"]
    assert result.died == how
    assert result["c1"].stdout == "last\n"


def test_a_forked_copy_reports_nothing(runner: Runner) -> None:
    result = run(runner, "import os\npid = os.fork()", "print('once')", "assert pid")
    assert states(result) == ["passed"] * 3
    assert result["c1"].stdout == "once\n"


@pytest.mark.parametrize("how", ["pass", "os.setsid()", "os.setsid(); os.fork()"])
def test_processes_left_over_are_ended(runner: Runner, how: str, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    source = (
        "import os, time\n"
        f"if os.fork() == 0:\n    {how}\n"
        f"    with open({str(note)!r}, 'a') as file: file.write(f'{{os.getpid()}} ')\n"
        "    time.sleep(1000)\n"
        f"while not os.path.exists({str(note)!r}) or not os.path.getsize({str(note)!r}): time.sleep(0.01)"
    )
    started = time.monotonic()
    result = run(runner, source, "os._exit(1)")
    assert states(result) == ["passed", "died"]
    assert time.monotonic() - started < 10
    pids = [int(pid) for pid in note.read_text(encoding="utf-8").split()]
    assert pids
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_a_flood_of_output_is_cut(runner: Runner) -> None:
    flood = "for _ in range(20_000): print('x' * 1000)"
    result = run(runner, flood, "print('dry')", "while True: print('y' * 1000)", output_limit=5000, cell_timeout=3)
    assert states(result) == ["passed", "passed", "timeout"]
    assert len(result["c0"].stdout) < 5100 and "20020000 bytes" in result["c0"].stdout
    assert result["c1"].stdout == "dry\n"
    assert len(result["c2"].stdout) < 5100


def test_runaway_recursion(runner: Runner) -> None:
    result = run(runner, "def f():\n    return f()\nf()", "1")
    assert states(result) == ["failed", "passed"]
    error = result["c0"].error
    assert error is not None and error.type == "RecursionError" and error.traceback.count("\n") < 40


def test_memory_has_a_limit(runner: Runner) -> None:
    hungry = "import numpy as np\nx = np.ones(100_000_000)"
    assert states(run(runner, hungry, "1", memory=2**28)) == ["failed", "passed"]
    assert states(run(runner, hungry, memory=2**31)) == ["passed"]
    assert run(runner, hungry).peak_memory > 800_000_000


def test_a_process_that_damages_its_reports(runner: Runner) -> None:
    scribble = (
        "import os\nfor fd in range(3, 200):\n"
        "    try: os.write(fd, b'junk\\n')\n    except OSError: pass\nimport time; time.sleep(100)"
    )
    assert states(run(runner, scribble, "1")) == ["died", "not run"]
    assert states(run(runner, "import os; os.closerange(3, 200)", "1")) == ["died", "not run"]
    assert states(run(runner, "1")) == ["passed"]


def test_a_cell_that_kills_the_worker(runner: Runner) -> None:
    result = run(runner, "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time; time.sleep(100)")
    assert states(result) == ["not run"] and result.died is not None
    assert states(run(runner, "1")) == ["passed"]


# --- branches, several at a time, and the end


def test_branches_start_from_the_same_state(runner: Runner) -> None:
    prefix = [Cell("p", "seen = []\nopen('note', 'w').close()")]
    branches = [[Cell("b", f"seen.append({number})\nopen('own{number}', 'w').close()")] for number in range(3)]
    check = "import os\nprint(seen, sorted(os.listdir()))"
    results = runner.run_branches(prefix, branches, [Cell("s", check)])
    assert [result["s"].stdout for result in results] == [f"[{n}] ['note', 'own{n}']\n" for n in range(3)]


def test_the_beginning_of_branches_runs_once(runner: Runner, tmp_path: Path) -> None:
    note = tmp_path / "note"
    prefix = [Cell("p", f"open({str(note)!r}, 'a').write('x')")]
    results = runner.run_branches(prefix, [[Cell("b", "1")]] * 4)
    assert [result.passed for result in results] == [True] * 4
    assert note.read_text(encoding="utf-8") == "x"


def test_a_branch_that_dies_or_hangs_harms_no_other(runner: Runner) -> None:
    sources = ["import os; os._exit(1)", "x = 1", "while True: pass", "x = 2", "import os; os.kill(os.getpid(), 9)"]
    seen: list[int] = []
    results = runner.run_branches(
        [],
        [[Cell("b", source)] for source in sources],
        [Cell("s", "assert x", True, 1)],
        RunOptions(cpu_seconds=1),
        lambda index, _result: seen.append(index),
    )
    assert [result.earned for result in results] == [0, 1, 0, 1, 0]
    assert [result["b"].status for result in results] == ["died", "passed", "timeout", "passed", "died"]
    assert seen == [0, 1, 2, 3, 4]


def test_branches_after_a_beginning_that_dies(runner: Runner) -> None:
    results = runner.run_branches([Cell("p", "import os; os._exit(1)")], [[Cell("b", "1", True, 1)]] * 2)
    assert [states(result) for result in results] == [["not run"]] * 2


def test_map_keeps_the_order(runner: Runner) -> None:
    notebooks = [[Cell("a", f"import time; time.sleep({0.3 / (n + 1)}); print({n})")] for n in range(6)]
    assert [result["a"].stdout for result in runner.map(notebooks)] == [f"{n}\n" for n in range(6)]


def test_closing_ends_what_still_runs(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    runner = Runner(1, plots=False)
    pending = runner.submit([Cell("a", sleeper(note))])
    assert eventually(lambda: note.exists() and len(note.read_text(encoding="utf-8").split()) == 2, 20)
    threading.Timer(0.1, runner.close).start()
    assert states(pending.result(timeout=20)) == ["not run"]
    pids = [int(pid) for pid in note.read_text(encoding="utf-8").split()]
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


def test_a_caller_that_disappears_leaves_nothing_behind(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"from tito.runner import Cell, run_cells; run_cells([Cell('a', {sleeper(note)!r})])"
    with subprocess.Popen([sys.executable, "-c", program]) as caller:
        assert eventually(lambda: note.exists() and len(note.read_text(encoding="utf-8").split()) == 2, 20)
        caller.kill()
    pids = [int(one) for one in note.read_text(encoding="utf-8").split()]
    assert eventually(lambda: not any(is_alive(one) for one in pids))
