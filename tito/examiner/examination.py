"""One submission, cell by cell: the student's cells in the exam room, the locked tests here."""

from __future__ import annotations

import contextlib
import io
import linecache
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from tito.examiner.link import Link, Raised, RoomEndedError, TimeUpError, raised_by
from tito.examiner.namespace import Namespace, imports_of
from tito.examiner.outcome import CellOutcome
from tito.examiner.overtime import OvertimeError, overtime

__all__ = ["ExamCell", "Examination"]

_OVERTIME = 1.0
_PRINT_LIMIT = 100_000
_TEXT_LIMIT = 4_000_000
_MESSAGE_LIMIT = 5000


@dataclass(frozen=True)
class ExamCell:
    """A code cell of a submission as it is examined.

    `kind` is `room` (runs in the exam room), `given` (locked: there too, and its imports here), `check` (helpers of
    tests: in both places) or `test` (here).
    """

    id: str
    source: str
    kind: str
    released: str = ""
    """The text for the room where it must not be `source`: helpers without their hidden parts."""


class Examination:
    """Runs the cells of one submission against rooms that it asks for.

    A test that ends the room fails, and the tests after it get a new room in which the cells before them have run
    again; a student's cell that ends the room is left out of the next one.

    Args:
        cells: the code cells in their order.
        open_room: gives the link to a fresh room that has the student's library.
        cell_seconds: wall time of one cell.
        seconds: wall time of the whole, without what making rooms takes.
        rooms: how many rooms may be used up.
    """

    def __init__(
        self,
        cells: Sequence[ExamCell],
        open_room: Callable[[], Link],
        *,
        cell_seconds: float = 20.0,
        seconds: float = 180.0,
        rooms: int = 12,
    ) -> None:
        self._cells = cells
        self._open_room = open_room
        self._cell_seconds = cell_seconds
        self._end = time.monotonic() + seconds
        self._rooms_left = rooms
        self._namespace = Namespace()
        self._namespace.follow_seeds()
        self._link: Link | None = None
        self._fatal: set[str] = set()
        self._lost = ""
        self._text_left = _TEXT_LIMIT

    def run(
        self, only: Iterable[str] | None = None, on_outcome: Callable[[CellOutcome], None] | None = None
    ) -> list[CellOutcome]:
        """Run all cells; of the tests only those in `only`, if given. The room is ended afterwards."""
        wanted = None if only is None else set(only)
        outcomes = []
        try:
            for position, cell in enumerate(self._cells):
                if cell.kind == "test" and wanted is not None and cell.id not in wanted:
                    continue
                outcome = self._outcome(cell, position)
                outcomes.append(outcome)
                if on_outcome is not None:
                    on_outcome(outcome)
        finally:
            self._close()
            self._namespace.close()
        return outcomes

    def _outcome(self, cell: ExamCell, position: int) -> CellOutcome:
        if time.monotonic() >= self._end:
            return CellOutcome(cell.id, "not run", message="the time for the whole notebook was up before this cell")
        if self._link is None and not self._new_room(position):
            return CellOutcome(cell.id, "not run", message=f"nothing could run any more: {self._lost}")
        assert self._link is not None
        link, started, printed = self._link, time.monotonic(), _Printed()
        link.deadline = min(started + self._cell_seconds, self._end)
        status, error, lost = "passed", None, False
        try:
            with (
                contextlib.redirect_stdout(printed),
                overtime(link.deadline - started + _OVERTIME, lambda: link.asking),
            ):
                raised = self._examine(cell) if cell.kind == "test" else self._run(cell, link)
            if raised is not None:
                status, error = "failed", raised
        except (TimeUpError, OvertimeError) as late:
            status, error = "timeout", TimeoutError(f"the cell ran longer than {self._cell_seconds:g} s")
            lost = isinstance(late, OvertimeError)  # in the middle of a message, for all we know
        except RoomEndedError as ended:
            self._lost = str(ended)
            status, error = "died", RuntimeError(f"the code ended its process: {ended}")
            if cell.kind != "test":
                self._fatal.add(cell.id)
        seconds = time.monotonic() - started
        stdout, stderr = (link.output[name].take() for name in ("stdout", "stderr"))
        if status == "died" or lost:
            self._close()
        outcome = _described(cell, status, error, seconds, _storable(printed.getvalue()) + stdout, stderr)
        return outcome if cell.kind == "test" else self._shortened(outcome)

    def _shortened(self, outcome: CellOutcome) -> CellOutcome:
        """Of what a student's cells print and raise only so much is kept: there may be thousands of them."""
        texts = {name: getattr(outcome, name) for name in ("stdout", "stderr", "message", "traceback")}
        for name, text in texts.items():
            if len(text) > self._text_left:
                texts[name] = f"{text[: self._text_left]}\n... (cut: the notebook's cells wrote too much)\n"
            self._text_left -= min(len(text), self._text_left)
        return replace(outcome, **texts)

    def _run(self, cell: ExamCell, link: Link) -> BaseException | Raised | None:
        """Run a cell in the room; what is ours of it here too."""
        ours: BaseException | None = None
        if cell.kind == "check":
            ours = self._examine(cell)
        elif cell.kind == "given":
            self._execute(f"{cell.id} (imports)", imports_of(cell.source))
        self._namespace.forget()
        return link.run(cell.id, cell.released or cell.source) or ours

    def _examine(self, cell: ExamCell) -> BaseException | None:
        """Run a locked cell here; gives what it raised."""
        self._namespace.forget()
        try:
            self._execute(cell.id, cell.source)
        except (TimeUpError, RoomEndedError, OvertimeError):
            raise
        except BaseException as error:  # SystemExit fails a cell too
            if isinstance(error, KeyboardInterrupt) and raised_by(error) is None:
                raise  # the grader's own user wants it to stop; a student's code only says so
            return error
        return None

    def _execute(self, name: str, source: str) -> None:
        filename = f"cell {name}"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        exec(compile(source, filename, "exec", dont_inherit=True), self._namespace)

    def _new_room(self, position: int) -> bool:
        """Open a room and run there what came before the cell at `position`."""
        while self._rooms_left > 0:
            self._rooms_left -= 1
            asked = time.monotonic()
            self._link = self._open_room()
            self._end += time.monotonic() - asked  # how long a container takes is not the student's affair
            self._namespace.connect(self._link)
            if self._replay(position):
                return True
            self._close()
        return False

    def _replay(self, position: int) -> bool:
        assert self._link is not None
        for cell in self._cells[:position]:
            if cell.kind == "test" or cell.id in self._fatal:
                continue
            self._link.deadline = min(time.monotonic() + self._cell_seconds, self._end)
            try:
                with contextlib.redirect_stdout(_Printed()):
                    self._run(cell, self._link)
            except TimeUpError:
                continue
            except RoomEndedError as ended:
                self._lost = str(ended)
                self._fatal.add(cell.id)
                return False
        for output in self._link.output.values():
            output.take()
        return True

    def _close(self) -> None:
        if self._link is not None:
            self._link.end()
        self._link = None
        self._namespace.connect(None)


class _Printed(io.StringIO):
    """What a test prints, up to a limit."""

    def write(self, text: str) -> int:
        if self.tell() + len(text) <= _PRINT_LIMIT:
            super().write(text)
        return len(text)


def _described(
    cell: ExamCell, status: str, error: BaseException | Raised | None, seconds: float, stdout: str, stderr: str
) -> CellOutcome:
    if error is None:
        return CellOutcome(cell.id, status, seconds, stdout, stderr)
    if isinstance(error, Raised):
        return CellOutcome(cell.id, status, seconds, stdout, stderr, error.name, error.frames, message=error.message)
    raised = raised_by(error)
    name = raised.name if raised else type(error).__name__
    message = (raised.message if raised else _message(error))[:_MESSAGE_LIMIT]
    frames = raised.frames if raised else ""
    line = _line(error.__traceback__, f"cell {cell.id}")
    return CellOutcome(cell.id, status, seconds, stdout, stderr, name, frames, message=message, line=line)


def _message(error: BaseException) -> str:
    try:
        return _storable(str(error))
    except BaseException:  # it may show a student's object, which may refuse or be gone
        return "(its message cannot be shown)"


def _storable(text: str) -> str:
    """The text without the halves of characters that no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _line(trace: TracebackType | None, filename: str) -> int | None:
    """The innermost line of `filename` in a traceback."""
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
