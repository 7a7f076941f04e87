"""What does it cost to run a reference notebook from top to bottom: how many seconds, how much memory?

    python benchmarks/notebook_cost.py
    python benchmarks/notebook_cost.py 09 10

Each notebook of source/ runs with its solutions in a Jupyter kernel of its own, on one core and one BLAS thread, in an
empty folder, its plots drawn inline: what "Run All" does in the browser. The time is wall time from before the kernel
starts to after the last cell; beside it stand the kernel's processor time, which other programs on the machine lengthen
less, and the slowest cell. The memory is the most that the kernel ever held (VmHWM). Needs Linux, whose /proc tells it.

Ends with status 1 if a cell fails or a notebook needs more memory than the target. The time is reported, not judged.

Targets: under 20 s on one core, under 1 GB. The last results stand in RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

import nbformat  # noqa: E402
from mnist_accuracy import machine  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import CellExecutionError  # noqa: E402

from tito.modules import Module  # noqa: E402
from tito.notebooks import authored_modules  # noqa: E402
from tito.percent import read_source, source_path  # noqa: E402

SECONDS, BYTES = 20, 10**9


@dataclass
class Cost:
    """What one notebook took."""

    wall: float
    processor: float
    memory: int
    slowest: float
    where: str
    """Which cell that was: its id and first line."""


def one_core(folder: str) -> None:
    """Keep this process, and the kernels that it starts, on one core, and what Jupyter writes in `folder`."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    os.environ.update({"IPYTHONDIR": folder, "JUPYTER_RUNTIME_DIR": folder, "JUPYTER_CONFIG_DIR": folder})
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The most bytes that a process ever held in memory."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None, "Linux puts VmHWM into every process's status"
    return int(found[1]) * 1024


def run(module: Module, folder: str) -> Cost:
    """Run one notebook in `folder`.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = read_source(source_path(ROOT, module.label))
    client = NotebookClient(
        nbformat.from_dict(notebook),
        kernel_name="python3",
        resources={"metadata": {"path": folder}},
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    slowest, where, start = 0.0, "", time.perf_counter()
    with client.setup_kernel():
        for index, cell in enumerate(client.nb.cells):
            before = time.perf_counter()
            client.execute_cell(cell, index)
            took = time.perf_counter() - before
            if took > slowest:
                slowest, where = took, f"{cell['id']}: {cell['source'].lstrip().splitlines()[0][:50]}"
        wall = time.perf_counter() - start
        pid = client.km.provisioner.pid
        return Cost(wall, processor_seconds(pid), peak_memory(pid), slowest, where)


def chosen(numbers: list[str]) -> list[Module]:
    """The authored modules with these numbers, all of them if none are given."""
    modules = {f"{module.number:02d}": module for module in authored_modules(ROOT)}
    unknown = [number for number in numbers if number.zfill(2) not in modules]
    if unknown:
        raise SystemExit(f"no module {', '.join(unknown)}; there are {', '.join(modules)}")
    return [modules[number.zfill(2)] for number in numbers] or list(modules.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", help="their numbers (default: all)")
    modules = chosen(parser.parse_args().modules)
    if not Path("/proc/self/status").is_file():
        print("this program reads a kernel's memory from Linux's /proc, which is not there", file=sys.stderr)
        return 2
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        one_core(folder)
        print(machine(), "\n")
        print("| notebook | wall (s) | processor (s) | peak memory (MB) | slowest cell (s) | which |")
        print("|---|---|---|---|---|---|")
        for module in modules:
            try:
                cost = run(module, folder)
            except CellExecutionError as error:
                failed += 1
                print(f"| {module.label} | a cell failed: {str(error).strip().splitlines()[-1]} | | | | |", flush=True)
                continue
            failed += cost.memory >= BYTES
            figures = f"{cost.wall:.1f} | {cost.processor:.1f} | {cost.memory / 1e6:.0f} | {cost.slowest:.1f}"
            print(f"| {module.label} | {figures} | {cost.where} |", flush=True)
    print(f"\ntargets: under {SECONDS} s, under {BYTES / 1e6:.0f} MB each")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
