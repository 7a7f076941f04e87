"""Running cells whatever they do to their kernel: a submission that kills or hangs it is still graded up to there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbgrader.preprocessors import Execute
from traitlets import Bool, Float, Integer

from tito.cells import grade_id

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["SturdyExecute"]

_TIMED_OUT = "CellTimeoutError"
"""The error's name that nbgrader writes below a cell that ran out of time."""


class SturdyExecute(Execute):
    """nbgrader's Execute gives up a notebook whose kernel dies or hangs, and keeps all that a cell prints in memory.

    Here the cells after the fatal one fail at once, each with an error that names the cell at fault, and what a cell
    prints beyond a limit is dropped as it comes.
    """

    raise_on_iopub_timeout = Bool(
        False, help="Give up a notebook when a cell's last output is slow to arrive? Its verdict has come by then."
    ).tag(config=True)

    patience = Float(10.0, help="Seconds that an interrupted kernel has to answer before it counts as hung.").tag(
        config=True
    )

    output_limit = Integer(1_000_000, help="Characters of output that are kept for one cell.").tag(config=True)

    _printed = 0
    """Characters that the running cell has put out."""

    _lost = ""
    """Why there is no kernel any more; empty while there is one."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any], km: Any = None) -> Any:
        self._lost = ""
        return super().preprocess(nb, resources, km)

    def preprocess_cell(self, cell: NotebookNode, resources: dict[str, Any], index: int) -> Any:
        if cell["cell_type"] != "code":
            return cell, resources
        if not self._lost:
            self._printed = 0
            try:
                cell, resources = super().preprocess_cell(cell, resources, index)
            except DeadKernelError:
                self._lost = f"the kernel died in the cell {_name(cell)}"
            else:
                if not _timed_out(cell) or self._answers():
                    return cell, resources
                self._lost = f"the kernel hung in the cell {_name(cell)} and could not be interrupted"
                self._kill()
            self.log.error("%s: the cells after it were not run", self._lost)
        _fail(cell, f"{self._lost}: nothing after that could run")
        return cell, resources

    def output(self, outs: list[Any], msg: dict[str, Any], display_id: str | None, cell_index: int) -> Any:
        size = len(str(msg["content"]))
        within, self._printed = self._printed <= self.output_limit, self._printed + size
        if msg["msg_type"] == "error" or self._printed <= self.output_limit:
            return super().output(outs, msg, display_id, cell_index)
        if within:
            outs.append(_stream(f"\n... all output after the first {self.output_limit} characters was dropped ...\n"))
        return None

    def _answers(self) -> bool:
        async def ask() -> None:
            await self.kc.kernel_info(reply=True, timeout=self.patience)

        try:
            run_sync(ask)()
        except (TimeoutError, RuntimeError):
            return False
        return True

    def _kill(self) -> None:
        async def kill() -> None:
            await self.km.shutdown_kernel(now=True)

        run_sync(kill)()


def _name(cell: Mapping[str, Any]) -> str:
    first = next((line.strip() for line in cell["source"].splitlines() if line.strip()), "")
    return f"`{grade_id(cell)}`" if grade_id(cell) else f"that begins with `{first[:60]}`"


def _timed_out(cell: Mapping[str, Any]) -> bool:
    return any(output["output_type"] == "error" and output["ename"] == _TIMED_OUT for output in cell["outputs"])


def _stream(text: str) -> NotebookNode:
    from nbformat.v4 import new_output

    return new_output("stream", name="stdout", text=text)


def _fail(cell: NotebookNode, reason: str) -> None:
    from nbformat.v4 import new_output

    text = f"KernelLost: {reason}"
    cell["outputs"].append(new_output("error", ename="KernelLost", evalue=reason, traceback=[text]))
